// v8's structured clone, as bytes. Differs from v8.serialize in one thing: typed arrays are written and read here, so
// that each comes back with a buffer of exactly its own bytes (node's is a window on shared memory: `array.buffer`, which
// programs use freely, would be something else after a round trip). Knows nothing of what v8 would silently lose.

import {DefaultDeserializer, DefaultSerializer} from 'node:v8';
import {JugError} from '../core/errors.js';

type ViewClass = {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ArrayBufferView;
};

/** Position in this list is stored: only ever append. `Float16Array` is not in every node. */
const VIEW_NAMES = [
  ...['Buffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
  'Float16Array',
] as const;
const BUFFER = 0;
const VIEW_CLASSES = VIEW_NAMES.map(name => (globalThis as unknown as Record<string, ViewClass>)[name]);
const VIEWS = new Map(VIEW_CLASSES.flatMap((view, i) => (view === undefined ? [] : [[view.prototype, i]])));

/** Which of the views this is exactly; undefined for subclasses and whatever else. */
export function viewIndex(prototype: object): number | undefined {
  return VIEWS.get(prototype);
}

export function viewPrototypes(): object[] {
  return [...VIEWS.keys()];
}

export function viewBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * The view of that index on a copy of `bytes`, or on their memory where that holds nothing else. A Buffer always has memory of
 * its own: what is done to it must not be done to the record it was read from.
 */
export function viewOn(index: number, bytes: Uint8Array): ArrayBufferView {
  if (index === BUFFER) return Buffer.from(new Uint8Array(bytes).buffer);
  const View = VIEW_CLASSES[index];
  if (View === undefined) {
    throw new JugError(
      `The stored value holds a ${VIEW_NAMES[index] ?? `typed array of unknown kind ${index}`}, which node ${process.version} does not have.\n` +
        'Read it with the newer node that wrote it.',
    );
  }
  return new View(exactBuffer(bytes));
}

/** A buffer of these bytes and no others: the one they are in, if so; else a copy. */
export function exactBuffer(bytes: Uint8Array): ArrayBufferLike {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer;
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

export function serialize(value: unknown): Uint8Array {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

export function deserialize(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

// The underscored methods are how node documents this to be done; its type definitions leave them out.

class Serializer extends DefaultSerializer {
  _writeHostObject(object: object): void {
    const index = viewIndex(Object.getPrototypeOf(object));
    if (index === undefined) throw new TypeError('is an object of the platform');
    const bytes = viewBytes(object as ArrayBufferView);
    this.writeUint32(index);
    this.writeUint32(bytes.byteLength);
    this.writeRawBytes(bytes);
  }
}

class Deserializer extends DefaultDeserializer {
  _readHostObject(): ArrayBufferView {
    const index = this.readUint32();
    return viewOn(index, this.readRawBytes(this.readUint32()));
  }
}
