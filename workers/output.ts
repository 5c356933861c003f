// What a thread has printed, on its way to main: node hands it over piece by piece, and keeps the rest until main has
// taken the last. Whatever ends a thread loses what is kept here, so it is waited for, or handed over at once.

import {Writable} from 'node:stream';

// The jugfile may put others in their place.
const streams: readonly Writable[] = [process.stdout, process.stderr];

/** Nothing to wait for, mostly: then `undefined`, at no cost. Else settles when main has been sent all of it. */
export function drained(): Promise<unknown> | undefined {
  const waiting = streams.filter(isWaiting);
  return waiting.length === 0 ? undefined : Promise.all(waiting.map(drain));
}

export function isPrinting(): boolean {
  return streams.some(isWaiting);
}

/** As the thread exits: there is no turn left in which to wait, but node takes whatever is written now. */
export function handOver(): void {
  for (const stream of streams.filter(isWaiting)) answered(stream)?.call(stream);
}

function isWaiting(stream: Writable): boolean {
  return stream.writableLength > 0 && stream.writable && stream.writableCorked === 0;
}

function drain(stream: Writable): Promise<void> {
  return new Promise(resolve => {
    // Not by the stream's own method: programs replace it to see what is printed.
    Writable.prototype.write.call(stream, '', 'utf8', () => resolve());
  });
}

/** The method by which node tells the stream of a thread that main has taken what was sent. It has no public name. */
function answered(stream: Writable): (() => void) | undefined {
  const prototype: object = Object.getPrototypeOf(stream);
  const key = Object.getOwnPropertySymbols(prototype).find(
    ({description}) => description === 'kStdioWantsMoreDataCallback',
  );
  return key === undefined ? undefined : (stream as unknown as Record<symbol, () => void>)[key];
}
