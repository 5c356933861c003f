// A message was encrypted by XOR with a password of five small letters, repeated. Which password? We try all
// 26 to the power of 5, one task for each first letter.

import {readFileSync} from 'node:fs';
import {TaskGenerator} from 'jug';

export interface Decryption {
  readonly password: string;
  readonly text: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Whether every byte becomes a printable character or the end of a line. */
function isPlausible(message: Uint8Array, password: Uint8Array): boolean {
  for (let i = message.length - 1; i >= 0; i--) {
    const byte = message[i]! ^ password[i % 5]!;
    if ((byte < 32 || byte > 126) && byte !== 10) return false;
  }
  return true;
}

function apply(message: Uint8Array, password: Uint8Array): string {
  return Buffer.from(message.map((byte, i) => byte ^ password[i % 5]!)).toString('latin1');
}

const decrypt = TaskGenerator(function decrypt(message: Uint8Array, first: string) {
  const found: Decryption[] = [];
  const codes = Uint8Array.from(LETTERS, letter => letter.charCodeAt(0));
  const password = new Uint8Array(5);
  password[0] = first.charCodeAt(0);
  for (password[1] of codes)
    for (password[2] of codes)
      for (password[3] of codes)
        for (password[4] of codes)
          if (isPlausible(message, password))
            found.push({password: Buffer.from(password).toString(), text: apply(message, password)});
  return found;
});

const join = TaskGenerator(function join(parts: Decryption[][]) {
  return parts.flat().sort((a, b) => words(b.text) - words(a.text));
});

/** How many of the commonest English words a text has. */
function words(text: string): number {
  return text.match(/\b(the|and|of|to|a|in|that|it|was|for)\b/gi)?.length ?? 0;
}

const message = new Uint8Array(readFileSync(new URL('secret.msg', import.meta.url)));
const parts = [...LETTERS].map(first => decrypt(message, first));
export const decryptions = join(parts);
