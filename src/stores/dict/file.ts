// The file of a dict_store: everything in one stream with a checksum at its end, written under another name and given
// its own when it is whole and durable. Knows bytes; knows neither locks nor who asks.
//
// A wrong checksum does not condemn the file as long as its entries follow each other: each record has a checksum of its
// own, so what is spoilt in it is found and named when it is read. Where one entry ends within another nothing is sure
// any more, and the file is refused.
//
// little-endian  'JUGDICT' and a byte with the format; then entries:
//   1 byte kind ('R' result, 'F' failure, 'O' origin)  3 bytes 0  u32 bytes of the content  32 bytes hash or id  content
// and at the end 'E', 3 bytes 0, u32 how many entries, u32 CRC-32 of all before this checksum.

import {randomBytes} from 'node:crypto';
import {closeSync, openSync, readSync} from 'node:fs';
import {type FileHandle, mkdir, open, rename, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {JugError, NoRoom, StoreError} from '../../core/errors.js';
import {type Origin, type OriginId, readOrigin} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {freeSpace, isFull, mayPass, reasonOf} from '../folder.js';
import {syncFolder} from '../manifest.js';

/** The newest that this jug knows. */
export const FORMAT = 1;

export interface Content {
  readonly results: Map<TaskHash, Uint8Array>;
  readonly failures: Map<TaskHash, Uint8Array>;
  readonly origins: Map<OriginId, Origin>;
}

const MAGIC = Buffer.from('JUGDICT');
const ENTRY_BYTES = 40;
const END_BYTES = 12;
/** Bytes that are read or written at a time; more in one piece if a record is larger. */
const BLOCK = 1024 * 1024;
const KINDS = {result: 0x52, failure: 0x46, origin: 0x4f, end: 0x45} as const;

export function emptyContent(): Content {
  return {results: new Map(), failures: new Map(), origins: new Map()};
}

/** What is in a file. */
export interface Reading {
  readonly content: Content;
  /** Something in it is not as it was written. */
  readonly isDamaged: boolean;
}

/** Whether a file begins as one of ours does, of whatever format; a file that cannot be read does not. */
export function isDictFile(path: string): boolean {
  const begin = Buffer.alloc(MAGIC.length);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, begin);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return begin.equals(MAGIC);
}

/** Of no file, nothing. Errors: StoreError or JugError with what is wrong with it. */
export async function readContent(path: string): Promise<Reading> {
  const content = emptyContent();
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {content, isDamaged: false};
    throw unreadable(path, error);
  }
  try {
    if ((await file.stat()).isDirectory()) {
      throw new JugError(
        `The dict_store ${path} should be a file, but it is a folder. Choose another with --jugdir`,
      );
    }
    return {content, isDamaged: !(await readEntries(new Reader(file, path), content, path))};
  } catch (error) {
    throw error instanceof JugError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

/** Answers whether the checksum is right. */
async function readEntries(reader: Reader, content: Content, path: string): Promise<boolean> {
  const magic = await reader.take(MAGIC.length + 1, 'not a dict_store');
  if (!magic.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new JugError(
      `${path} is not a file of a dict_store: it begins with other bytes. Choose another with --jugdir`,
    );
  }
  const format = magic[MAGIC.length]!;
  if (format > FORMAT) {
    throw new JugError(
      `${path} was made by a newer jug: its format is ${format}, this jug knows up to ${FORMAT}. Update jug, or choose another --jugdir`,
    );
  }
  for (let entries = 0; ; entries++) {
    const [kind] = await reader.peek();
    if (kind === KINDS.end) {
      const end = await reader.take(END_BYTES - 4);
      const sum = reader.checksum;
      const stored = (await reader.take(4)).readUInt32LE(0);
      if (end.readUInt32LE(4) !== entries)
        throw damaged(path, `it has ${entries} entries, but should have ${end.readUInt32LE(4)}`);
      if (!(await reader.isAtEnd())) throw damaged(path, 'something follows its end');
      return stored === sum;
    }
    const head = await reader.take(ENTRY_BYTES);
    const key = head.toString('hex', 8, ENTRY_BYTES);
    // Memory of its own: a worker may be given it.
    const bytes = new Uint8Array(await reader.take(head.readUInt32LE(4)));
    if (kind === KINDS.result) content.results.set(key as TaskHash, bytes);
    else if (kind === KINDS.failure) content.failures.set(key as TaskHash, bytes);
    else if (kind === KINDS.origin) {
      const origin = readOrigin(bytes);
      if (origin !== undefined) content.origins.set(key.slice(0, 16) as OriginId, origin);
    } else throw damaged(path, `after ${entries} entries comes one of no known kind`);
  }
}

/**
 * When it settles, the file is durable; when it rejects, the file is as it was before. `unsaved`: results that it does not
 * have yet. Errors: a StoreError; NoRoom, or one that may pass, where there may be room, or the right to write, later.
 */
export async function writeContent(
  path: string,
  content: Content,
  unsaved: ReadonlySet<TaskHash> = new Set(),
): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  // Before it is tried: a disk that is filled up for a moment is full for others, too.
  if (freeSpace(path) < bytesOf(content)) throw noRoom(path, content, unsaved, 'its disk is full');
  try {
    await mkdir(dirname(path), {recursive: true});
    const file = await open(draft, 'wx');
    try {
      await writeEntries(new Writer(file), content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    await unlink(draft).catch(() => {});
    if (isFull(error)) throw noRoom(path, content, unsaved, reasonOf(error));
    throw new StoreError(`${cannot('write', path, reasonOf(error))}. ${AS_IT_WAS}`, !mayPass(error), {
      cause: error,
      unsaved: new Set(unsaved),
    });
  }
}

async function writeEntries(writer: Writer, {results, failures, origins}: Content): Promise<void> {
  await writer.put(Buffer.concat([MAGIC, Buffer.from([FORMAT])]));
  for (const [id, origin] of origins)
    await writer.entry(KINDS.origin, id, Buffer.from(JSON.stringify(origin)));
  for (const [hash, bytes] of failures) await writer.entry(KINDS.failure, hash, bytes);
  for (const [hash, bytes] of results) await writer.entry(KINDS.result, hash, bytes);
  const end = Buffer.alloc(END_BYTES - 4);
  end[0] = KINDS.end;
  end.writeUInt32LE(results.size + failures.size + origins.size, 4);
  await writer.put(end);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(writer.checksum);
  await writer.put(checksum);
  await writer.flush();
}

class Writer {
  readonly #file: FileHandle;
  #pending: Uint8Array[] = [];
  #bytes = 0;
  checksum = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async entry(kind: number, key: string, bytes: Uint8Array): Promise<void> {
    const head = Buffer.alloc(ENTRY_BYTES);
    head[0] = kind;
    head.writeUInt32LE(bytes.length, 4);
    head.write(key, 8, 'hex');
    await this.put(head);
    await this.put(bytes);
  }

  async put(bytes: Uint8Array): Promise<void> {
    this.checksum = crc32(bytes, this.checksum);
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= BLOCK) await this.flush();
  }

  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#bytes = 0;
    // Not `write`, which may write a part.
    await this.#file.appendFile(pending.length === 1 ? pending[0]! : Buffer.concat(pending));
  }
}

class Reader {
  readonly #file: FileHandle;
  readonly #path: string;
  #block: Buffer = Buffer.alloc(0);
  #place = 0;
  checksum = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async peek(): Promise<Buffer> {
    await this.#fill(1, undefined);
    return this.#block.subarray(this.#place, this.#place + 1);
  }

  async isAtEnd(): Promise<boolean> {
    if (this.#place < this.#block.length) return false;
    return (await this.#file.read(Buffer.alloc(1))).bytesRead === 0;
  }

  /** A view on what was read, good until the next call. */
  async take(bytes: number, otherwise?: string): Promise<Buffer> {
    await this.#fill(bytes, otherwise);
    const taken = this.#block.subarray(this.#place, this.#place + bytes);
    this.#place += bytes;
    this.checksum = crc32(taken, this.checksum);
    return taken;
  }

  async #fill(bytes: number, otherwise: string | undefined): Promise<void> {
    const left = this.#block.length - this.#place;
    if (left >= bytes) return;
    const {size} = await this.#file.stat();
    // Before memory is asked for: a damaged length may be anything.
    if (bytes - left > size) throw damaged(this.#path, otherwise ?? 'it is cut off');
    const block = Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK));
    this.#block.copy(block, 0, this.#place);
    let filled = left;
    while (filled < bytes) {
      const {bytesRead} = await this.#file.read(block, filled, block.length - filled);
      if (bytesRead === 0) throw damaged(this.#path, otherwise ?? 'it is cut off');
      filled += bytesRead;
    }
    this.#block = block.subarray(0, filled);
    this.#place = 0;
  }
}

/** What the results and failures take up, here and in the file. */
export function bytesOf({results, failures}: Content): number {
  let bytes = 0;
  for (const map of [results, failures])
    for (const content of map.values()) bytes += ENTRY_BYTES + content.length;
  return bytes;
}

function damaged(path: string, how: string): StoreError {
  return new StoreError(
    `The dict_store ${path} is damaged: ${how}. Restore it from a copy, or remove it to compute everything again`,
    true,
  );
}

function unreadable(path: string, error: unknown): StoreError {
  return new StoreError(cannot('read', path, (error as Error).message), true, {cause: error});
}

const AS_IT_WAS = 'Nothing that was in it before is lost';

function cannot(what: 'read' | 'write', path: string, why: string): string {
  return `Cannot ${what} the dict_store ${path}: ${why}`;
}

function noRoom(path: string, content: Content, unsaved: ReadonlySet<TaskHash>, why: string): NoRoom {
  const [free, needed] = [freeSpace(path), bytesOf(content)].map(bytes => Math.floor(bytes / 1024));
  return new NoRoom(
    `${cannot('write', path, why)}. ${free} kB are free there, ${needed} kB are needed. ${AS_IT_WAS}`,
    new Set(unsaved),
  );
}
