// A function of node's, with something around it. Knows nothing of what for.

// biome-ignore lint/suspicious/noExplicitAny: a function of node's, whatever it takes.
export type Any = (...args: any[]) => any;

/** What else there is at the function stays. */
export function wrap(owner: object, name: string, make: (original: Any) => Any): void {
  const original = (owner as Record<string, Any>)[name]!;
  const wrapper = make(original);
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
  (owner as Record<string, Any>)[name] = wrapper;
}
