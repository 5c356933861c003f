// The copy of a value that the function of a tasklet is given, so that what it does to it nobody else sees. Functions, which
// stand beside a result to say what is to be done with it, go along as they are; what else cannot be copied is refused. Knows
// no task.

import {JugError, shown} from '../core/errors.js';
import {put} from '../values/flatten.js';
import {copyOfValue} from '../values/plain-copy.js';
import {UnstorableError} from '../values/unstorable.js';
import {isMap, isPlain, isPrimitive, isSet} from './traverse.js';

/** Of a value that the codec does not know as a whole, its members are copied. `tasklet`: for messages. Errors: a JugError, where something in it cannot be copied. */
export function ownValue(value: unknown, tasklet: object): unknown {
  try {
    return copyOfValue(value);
  } catch (error) {
    if (error instanceof UnstorableError) return new Copies(tasklet).of(value);
    throw error;
  }
}

class Copies {
  readonly #tasklet: object;
  /** Of what is met again, be it inside itself. */
  readonly #made = new Map<object, unknown>();

  constructor(tasklet: object) {
    this.#tasklet = tasklet;
  }

  of(value: unknown): unknown {
    if (isPrimitive(value) || typeof value === 'function') return value;
    const object = value as object;
    if (this.#made.has(object)) return this.#made.get(object);
    const copy = this.#byMembers(object) ?? this.#whole(object);
    this.#made.set(object, copy);
    return copy;
  }

  #whole(object: object): unknown {
    try {
      return copyOfValue(object);
    } catch (error) {
      throw error instanceof UnstorableError ? this.#refusal(object, error) : error;
    }
  }

  /** Of what is made of members, of which some may be the same. */
  #byMembers(object: object): object | undefined {
    if (isMap(object)) {
      const copy = this.#begun(object, new Map<unknown, unknown>());
      for (const [key, member] of object) copy.set(this.of(key), this.of(member));
      return copy;
    }
    if (isSet(object)) {
      const copy = this.#begun(object, new Set<unknown>());
      for (const member of object) copy.add(this.of(member));
      return copy;
    }
    const isArray = Array.isArray(object) && Object.getPrototypeOf(object) === Array.prototype;
    if (!isArray && !isPlain(object)) return undefined;
    const empty = isArray ? new Array<unknown>(object.length) : Object.create(Object.getPrototypeOf(object));
    const copy = this.#begun(object, empty as object);
    for (const [key, member] of Object.entries(object)) put(copy, key, this.of(member));
    return copy;
  }

  #begun<T extends object>(object: object, copy: T): T {
    this.#made.set(object, copy);
    return copy;
  }

  #refusal(object: object, {path, reason}: UnstorableError): JugError {
    const what = path === '' ? shown(object) : `${shown(object)}, in which ${path}`;
    return new JugError(
      `Expected a value that can be copied for the function of the tasklet ${String(this.#tasklet)}, found ${what} ${reason}.\n` +
        'Others are given the same value, and would see what the function does to it. Return plain data, or make a tasklet of its ' +
        'own for each that needs it.',
    );
  }
}
