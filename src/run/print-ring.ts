// What tasks print, on its way from a worker to main: memory that both share. A worker in a synchronous loop gets it out,
// and it is there when the thread is not any more. Each record says which task of which request has printed it.

/** Of one thread: more than that is under way at no time. */
const RING_BYTES = 2 ** 20;
/** Bytes of text that a record has at most, and of what stands before them. */
const MOST_TEXT = 2 ** 16;
const HEAD = 16;

/** Places in `state`: bytes ever written and read, modulo 2³²; main is told that there are some; the worker waits for room. */
const WRITTEN = 0;
const READ = 1;
const TOLD = 2;
const WAITING = 3;

export interface PrintRing {
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** `over`: the task has ended. */
export const STREAMS = ['over', 'stdout', 'stderr'] as const;
export type PrintStream = (typeof STREAMS)[number];

export interface Print {
  /** -1: of no task. */
  readonly request: number;
  readonly place: number;
  readonly stream: PrintStream;
  readonly bytes: Uint8Array;
}

export function openRing(): PrintRing {
  return {
    state: new Int32Array(new SharedArrayBuffer(16)),
    bytes: new Uint8Array(new SharedArrayBuffer(RING_BYTES)),
  };
}

/** The worker's end. */
export class RingWriter {
  readonly #ring: PrintRing;
  readonly #tell: () => void;

  /** `tell`: tells main that there is something. */
  constructor(ring: PrintRing, tell: () => void) {
    this.#ring = ring;
    this.#tell = tell;
  }

  /** Answers with what there was no room for; `undefined`: with nothing. Then `hasRoom` will be told. */
  put(print: Print): Print | undefined {
    let rest = print.bytes;
    do {
      const piece = rest.subarray(0, MOST_TEXT);
      if (!this.#fits(piece.length)) return {...print, bytes: rest};
      this.#write({...print, bytes: piece});
      rest = rest.subarray(piece.length);
    } while (rest.length > 0);
    return undefined;
  }

  #fits(length: number): boolean {
    const {state} = this.#ring;
    const isFree = (): boolean => {
      const used = (Atomics.load(state, WRITTEN) - Atomics.load(state, READ)) >>> 0;
      return RING_BYTES - used >= HEAD + length;
    };
    if (isFree()) return true;
    Atomics.store(state, WAITING, 1);
    // Main may have made room before it was said that it is waited for.
    return isFree();
  }

  #write({request, place, stream, bytes}: Print): void {
    const {state} = this.#ring;
    const at = Atomics.load(state, WRITTEN);
    const head = new Int32Array([bytes.length, request, place, STREAMS.indexOf(stream)]);
    this.#copy(at, new Uint8Array(head.buffer));
    this.#copy(at + HEAD, bytes);
    Atomics.add(state, WRITTEN, HEAD + bytes.length);
    if (Atomics.exchange(state, TOLD, 1) === 0) this.#tell();
  }

  #copy(place: number, from: Uint8Array): void {
    const {bytes} = this.#ring;
    const at = (place >>> 0) % RING_BYTES;
    const first = from.subarray(0, RING_BYTES - at);
    bytes.set(first, at);
    bytes.set(from.subarray(first.length), 0);
  }
}

/** Main's end. */
export class RingReader {
  readonly #ring: PrintRing;
  #taken = 0;

  constructor(ring: PrintRing) {
    this.#ring = ring;
  }

  /** What is new, in order. Its room is not free before `release` has been told of `position`. */
  take(): {readonly prints: readonly Print[]; readonly position: number} {
    const {state} = this.#ring;
    Atomics.store(state, TOLD, 0);
    const end = Atomics.load(state, WRITTEN);
    const prints: Print[] = [];
    while (this.#taken !== end) {
      const head = new Int32Array(this.#copy(this.#taken, HEAD).buffer);
      const [length, request, place, stream] = head as unknown as readonly [number, number, number, number];
      prints.push({request, place, stream: STREAMS[stream]!, bytes: this.#copy(this.#taken + HEAD, length)});
      this.#taken = (this.#taken + HEAD + length) | 0;
    }
    return {prints, position: end};
  }

  /** Whether the worker has waited for room. */
  release(position: number): boolean {
    const {state} = this.#ring;
    // What nothing had to be shown of may have been done with before what came earlier.
    if (((position - Atomics.load(state, READ)) | 0) > 0) Atomics.store(state, READ, position);
    return Atomics.exchange(state, WAITING, 0) === 1;
  }

  #copy(place: number, length: number): Uint8Array<ArrayBuffer> {
    const {bytes} = this.#ring;
    const copy = new Uint8Array(length);
    const at = (place >>> 0) % RING_BYTES;
    const first = bytes.subarray(at, Math.min(RING_BYTES, at + length));
    copy.set(first);
    copy.set(bytes.subarray(0, length - first.length), first.length);
    return copy;
  }
}
