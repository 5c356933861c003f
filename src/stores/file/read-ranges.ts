// Reads many pieces of a few files: those that lie close together in one call. Knows offsets and lengths only.

import {open} from 'node:fs/promises';
import {isGone, readFully} from './disk.js';

export interface Range {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** What a file that is not there means: that somebody has packed it, who is to be followed, or that nobody has it. */
export type Gone = 'moved' | 'lost';

/** Bytes between two pieces that are rather read than skipped. */
const GAP = 4096;
/** Bytes of one call, except for a piece that is larger by itself. */
const MOST = 2 ** 20;
/** Bytes; up to this size a piece is copied into node's pool of small buffers: memory of its own costs more than reading it. */
const SMALL = 512;

/**
 * In the order of `ranges`; shorter ones where a file ends too early, empty ones where it is lost. Errors: of the filesystem,
 * also for a file that was moved.
 */
export async function readRanges(
  ranges: readonly (Range | undefined)[],
  gone: Gone = 'moved',
): Promise<(Buffer | undefined)[]> {
  const pieces = new Array<Buffer | undefined>(ranges.length).fill(undefined);
  const files = new Map<string, number[]>();
  for (const [place, range] of ranges.entries()) {
    if (range === undefined) continue;
    const places = files.get(range.path);
    if (places === undefined) files.set(range.path, [place]);
    else places.push(place);
  }
  for (const [path, places] of files) {
    places.sort((a, b) => ranges[a]!.offset - ranges[b]!.offset);
    try {
      await readOne(path, places, ranges as readonly Range[], pieces);
    } catch (error) {
      if (gone === 'moved' || !isGone(error)) throw error;
      for (const place of places) pieces[place] = Buffer.alloc(0);
    }
  }
  return pieces;
}

async function readOne(
  path: string,
  places: readonly number[],
  ranges: readonly Range[],
  pieces: (Buffer | undefined)[],
): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (let first = 0; first < places.length; ) {
      const start = ranges[places[first]!]!.offset;
      let end = start + ranges[places[first]!]!.length;
      let next = first + 1;
      for (; next < places.length; next++) {
        const {offset, length} = ranges[places[next]!]!;
        if (offset - end > GAP || offset + length - start > MOST) break;
        end = Math.max(end, offset + length);
      }
      const whole = Buffer.allocUnsafeSlow(end - start);
      const read = whole.subarray(0, await readFully(file, whole, start));
      if (next === first + 1) pieces[places[first]!] = own(read);
      else {
        for (const place of places.slice(first, next)) {
          const {offset, length} = ranges[place]!;
          pieces[place] = copyOf(read.subarray(offset - start, offset - start + length));
        }
      }
      first = next;
    }
  } finally {
    await file.close();
  }
}

/** Memory that nobody else has, and no more of it than there are bytes. */
function own(bytes: Buffer): Buffer {
  return bytes.length === bytes.buffer.byteLength ? bytes : copyOf(bytes);
}

function copyOf(bytes: Buffer): Buffer {
  const copy = bytes.length > SMALL ? Buffer.allocUnsafeSlow(bytes.length) : Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  return copy;
}
