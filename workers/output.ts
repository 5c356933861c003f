// What a thread has printed, on its way to main: node hands it over piece by piece, and keeps the rest until main has
// taken the last. A thread that exits hands it all over; one that is ended from outside, or runs out of memory, loses it.

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

function isWaiting(stream: Writable): boolean {
  return stream.writableLength > 0 && stream.writable && stream.writableCorked === 0;
}

function drain(stream: Writable): Promise<void> {
  return new Promise(resolve => {
    // Not by the stream's own method: programs replace it to see what is printed.
    Writable.prototype.write.call(stream, '', 'utf8', () => resolve());
  });
}
