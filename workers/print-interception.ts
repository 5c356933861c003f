// What the jugfile prints at its top level in a worker: main has printed it already, so it is dropped, by whichever way it
// was to go. To the jugfile it has been written. What tasks print by node:fs goes where all goes that they print.

import fs from 'node:fs';
import {printing} from './task-output.js';
import {type Any, wrap} from './wrap-method.js';

/** `isDropped`: whether what is printed now is. */
export function dropPrints(isDropped: () => boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    wrap(stream, 'write', original => {
      return function write(this: unknown, ...args: unknown[]) {
        if (!isDropped()) return original.apply(this, args);
        const done = args.at(-1);
        if (typeof done === 'function') process.nextTick(done as () => void);
        return true;
      };
    });
  }
  for (const [name, answer] of Object.entries(ANSWERS)) instead(fs, name, isDropped, answer);
  for (const name of ['writeFile', 'appendFile']) instead(fs.promises, name, isDropped, async () => {});
}

function instead(owner: object, name: string, isDropped: () => boolean, answer: Any): void {
  wrap(owner, name, original => {
    return function print(this: unknown, ...args: unknown[]) {
      const [file, what, ...how] = args;
      if (!meansOutput(file)) return original.apply(this, args);
      if (isDropped()) return answer(...args);
      const bytes = bytesOf(what, how);
      if (bytes === undefined) return original.apply(this, args);
      printing.print(meansStderr(file) ? 'stderr' : 'stdout', bytes);
      return answer(...args);
    };
  });
}

/** What is to be written, by the arguments of each of them; `undefined`: what none of them writes, or a stream. */
function bytesOf(what: unknown, how: readonly unknown[]): Uint8Array | undefined {
  if (typeof what === 'string') {
    const encoding = how.find(word => Buffer.isEncoding(word as string) || isOptions(word));
    const name = isOptions(encoding) ? encoding.encoding : encoding;
    return Buffer.from(what, (name ?? 'utf8') as BufferEncoding);
  }
  if (Array.isArray(what) && what.every(ArrayBuffer.isView)) return Buffer.concat(what.map(bytesIn));
  if (!ArrayBuffer.isView(what)) return undefined;
  const offset = offsetOf(how[0]);
  return bytesIn(what).subarray(offset, offset + sizeOf([what, ...how]));
}

function isOptions(word: unknown): word is {readonly encoding?: unknown} {
  return typeof word === 'object' && word !== null;
}

function offsetOf(place: unknown): number {
  const offset = isOptions(place) ? (place as {offset?: number}).offset : place;
  return typeof offset === 'number' ? offset : 0;
}

function bytesIn({buffer, byteOffset, byteLength}: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Whether this is a way to say stdout or stderr to a function of node:fs. */
function meansOutput(file: unknown): boolean {
  return (
    file === 1 ||
    file === 2 ||
    (typeof file === 'string' && /^\/(?:dev\/std(?:out|err)|(?:dev|proc\/self)\/fd\/[12])$/.test(file))
  );
}

function meansStderr(file: unknown): boolean {
  return file === 2 || (typeof file === 'string' && /stderr$|2$/.test(file));
}

/** What they answer, had it been written. */
const ANSWERS: Readonly<Record<string, Any>> = {
  writeSync: (_, ...what: unknown[]) => sizeOf(what),
  write(_, ...what: unknown[]) {
    const done = what.pop() as Any;
    process.nextTick(done, null, sizeOf(what), what[0]);
  },
  writevSync: (_, pieces: readonly ArrayBufferView[]) => sizeOfAll(pieces),
  writev(_, pieces: readonly ArrayBufferView[], ...rest: unknown[]) {
    process.nextTick(rest.at(-1) as Any, null, sizeOfAll(pieces), pieces);
  },
  writeFileSync() {},
  appendFileSync() {},
  writeFile: (...args: unknown[]) => process.nextTick(args.at(-1) as Any, null),
  appendFile: (...args: unknown[]) => process.nextTick(args.at(-1) as Any, null),
};

/** Bytes, by the arguments of writeSync: a string, a position and an encoding; or bytes, an offset and a length. */
function sizeOf([what, place, third]: readonly unknown[]): number {
  if (typeof what === 'string') return Buffer.byteLength(what, third as BufferEncoding | undefined);
  const {offset, length} =
    typeof place === 'object' && place !== null
      ? (place as {offset?: number; length?: number})
      : {offset: place as number | undefined, length: third as number | undefined};
  // In their place there may be a callback, or the encoding that bytes do not have.
  return typeof length === 'number' ? length : (what as ArrayBufferView).byteLength - offsetOf(offset);
}

function sizeOfAll(pieces: readonly ArrayBufferView[]): number {
  return pieces.reduce((size, {byteLength}) => size + byteLength, 0);
}
