// Puts together again what flatten.ts took apart.

import {JugError} from '../core/errors.js';
import {classNamed, type StoredClass} from './class-registry.js';
import * as flat from './flatten.js';

/** The value that `rows` describe. Takes over the objects in them. */
export function unflatten(rows: readonly unknown[]): unknown {
  // All objects are there before any is filled: a cycle leads to one that is not finished, and that is enough.
  const objects: unknown[] = rows.map(born);
  const resolve = (slot: unknown): unknown =>
    typeof slot === 'object' && slot !== null ? objects[(slot as flat.Mention)[0]] : slot;
  rows.forEach((row, i) => {
    if (!Array.isArray(row)) return;
    if (row[0] === flat.CUSTOM) objects[i] = decoded(row[1], resolve(row[2]));
    else fill(objects[i] as object, row, resolve);
  });
  return objects[objects.length - 1];
}

function born(row: unknown): unknown {
  if (!Array.isArray(row)) return row;
  switch (row[0]) {
    case flat.PLAIN:
    case flat.ARRAY:
      return row[1];
    case flat.NULL_PROTOTYPE:
      return Object.create(null);
    case flat.MAP:
      return new Map();
    case flat.SET:
      return new Set();
    case flat.INSTANCE:
      return Object.create(classNamed(row[1]).prototype);
    case flat.ERROR:
      return bornError(classNamed(row[1]));
    case flat.CUSTOM:
      return undefined;
    default:
      throw new JugError(
        `The stored value was written by a newer jug (row of kind ${row[0]}): update this one.`,
      );
  }
}

function bornError({prototype}: StoredClass): Error {
  const error = new Error();
  // A real error, for whoever asks V8; its own stack is that of this function.
  delete error.stack;
  return Object.setPrototypeOf(error, prototype);
}

function decoded(name: string, encoded: unknown): unknown {
  const stored = classNamed(name);
  if (stored.kind !== 'custom') {
    throw new JugError(
      `The stored instance of ${name} was written by its encode(), but ${name} is registered here without decode().\n` +
        'Register it with both, as it was.',
    );
  }
  try {
    return stored.decode(encoded);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new JugError(`A stored instance of ${name} could not be read: its decode() threw: ${message}`, 4, {
      cause,
    });
  }
}

function fill(object: object, row: readonly unknown[], resolve: (slot: unknown) => unknown): void {
  switch (row[0]) {
    case flat.MAP:
      for (let i = 1; i < row.length; i += 2)
        (object as Map<unknown, unknown>).set(resolve(row[i]), resolve(row[i + 1]));
      return;
    case flat.SET:
      for (let i = 1; i < row.length; i++) (object as Set<unknown>).add(resolve(row[i]));
      return;
    case flat.ARRAY:
      if (row[2] === true) fillByKeys(object, object, resolve);
      else fillArray(object as unknown[], resolve);
      return;
    case flat.INSTANCE:
      fillByKeys(object, row[2] as object, resolve);
      return;
    case flat.ERROR:
      fillByKeys(object, row[2] as object, resolve);
      for (const key of row[3] as string[]) Object.defineProperty(object, key, {enumerable: false});
      return;
    default:
      fillByKeys(object, row[1] as object, resolve);
  }
}

function fillArray(array: unknown[], resolve: (slot: unknown) => unknown): void {
  for (let i = 0; i < array.length; i++) array[i] = resolve(array[i]);
}

function fillByKeys(target: object, properties: object, resolve: (slot: unknown) => unknown): void {
  for (const key of Object.keys(properties)) {
    flat.put(target, key, resolve((properties as flat.Properties)[key]));
  }
}
