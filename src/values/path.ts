// Where in a value something is: `.rows[3].get("k")`. Found by looking for each object in the one that led to it, so that nobody
// keeps account of the way until there is something to say.

import {inspect, types} from 'node:util';

/** The path along `chain`: each object after the first, or what it stands for, is found somewhere in the one before it. */
export function pathAlong(
  chain: readonly unknown[],
  originalOf: (member: unknown) => unknown = member => member,
): string {
  let path = '';
  for (let i = 1; i < chain.length; i++) {
    path += stepTo(originalOf(chain[i]), chain[i - 1] as object);
    if (path.length > LONGEST_PATH)
      return `${path.slice(0, LONGEST_PATH)}… (${chain.length - 1} levels deep)`;
  }
  return path;
}
const LONGEST_PATH = 300;

function stepTo(member: unknown, object: object): string {
  if (types.isMap(object)) {
    for (const [key, value] of object) {
      if (value === member) return `.get(${short(key)})`;
      if (key === member) return '<key>';
    }
  }
  if (types.isSet(object) && object.has(member)) return '<member>';
  for (const key of Reflect.ownKeys(object)) {
    let found: unknown;
    try {
      found = (object as Record<string | symbol, unknown>)[key];
    } catch {
      continue;
    }
    if (found === member && typeof key === 'string') return propertyStep(key, Array.isArray(object));
  }
  return '<encoded>';
}

export function propertyStep(key: string, inArray = false): string {
  if (inArray && /^\d+$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function short(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
  try {
    return inspect(key, {depth: 0, breakLength: Number.POSITIVE_INFINITY}).slice(0, 60);
  } catch {
    return '…';
  }
}
