// Keeps passwords out of what is shown of a jugdir, be it one that cannot be understood. Knows no kind of store.

/**
 * Without what lies between the first ':' after the '//' and the last '@': a password may be written with any characters,
 * also with those that an address takes for the end of it.
 */
export function withoutPassword(jugdir: string): string {
  return jugdir.replace(/^([\w+.-]+:\/\/[^:]*):.*@/s, '$1:…@');
}
