// What a file store does to a shared filesystem, call by call, and what is said when it fails. Nothing here asks
// whether a path is there by looking at the path: on NFS "it is not" may be half a minute old. A listing is not.

import {randomBytes} from 'node:crypto';
import {link, mkdir, open, readdir, readFile, stat, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {StoreError} from '../../core/errors.js';
import {freeSpace} from '../folder.js';
import {syncFolder} from '../manifest.js';

/** Bytes that are put together before they are written. */
const CHUNK = 8 * 2 ** 20;
/** How often a path is tried again whose file was exchanged under us (ESTALE); by the next time it is looked up anew. */
const STALE_TRIES = 5;

/** Milliseconds without an answer after which a call is given up: the server is away, and may come back. */
const MOST_SILENCE = 60_000;
const LOOK_EVERY = 5000;

/** How many calls the filesystem has answered. */
let answers = 0;

/** It has answered a call that was not made here. */
export function heardFrom(): void {
  answers++;
}

/**
 * Gives up waiting when the filesystem answers nothing any more; however long it takes while it does. Calls from here may
 * wait for a thread of node's pool and not for the filesystem: where nothing is heard, `ask` has it asked otherwise.
 */
export async function whileAnswering<T>(call: Promise<T>, folder: string, ask: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    let known = answers;
    let since = performance.now();
    timer = setInterval(() => {
      const now = performance.now();
      if (answers !== known) {
        known = answers;
        since = now;
      } else if (now - since > MOST_SILENCE) {
        const text = `The filesystem of ${folder} has not answered for ${MOST_SILENCE / 1000} s`;
        reject(new StoreError(text, false));
      } else ask();
    }, LOOK_EVERY);
  });
  try {
    return await Promise.race([call, silence]);
  } finally {
    clearInterval(timer);
  }
}

export function codeOf(error: unknown): string | undefined {
  const {code, errno} = error as NodeJS.ErrnoException;
  // node has no name for it.
  return errno === -116 ? 'ESTALE' : code;
}

/** The file, or its folder, was removed: by whoever packs, or by whoever clears away old locks. */
export function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ESTALE' || code === 'ENOTDIR';
}

/** Runs `fn` again if a file was exchanged meanwhile. */
async function retried<T>(fn: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fn();
      answers++;
      return answer;
    } catch (error) {
      if (codeOf(error) !== 'ESTALE' || tries === STALE_TRIES) throw error;
      await sleep(10);
    }
  }
}

/** `undefined`: there is no such folder. */
export async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await retried(() => readdir(folder));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch(error => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

/** A new file. `durable`: synced. On NFS its bytes are with the server either way once this settles. */
export async function writeNew(path: string, parts: readonly Uint8Array[], durable: boolean): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const chunk of together(parts)) {
      await file.writeFile(chunk);
      answers++;
    }
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file that is to get its name by `linkNew`; answers with its path. Where the folder for drafts is gone it is made
 * anew, since nothing in it counts, unless `stillOurs` says by an error that the whole store is.
 */
export async function writeDraft(
  drafts: string,
  parts: readonly Uint8Array[],
  {durable, stillOurs}: {readonly durable: boolean; readonly stillOurs: () => Promise<unknown>},
): Promise<string> {
  const write = async (): Promise<string> => {
    const path = join(drafts, randomBytes(12).toString('hex'));
    try {
      await writeNew(path, parts, durable);
    } catch (error) {
      await removeFile(path).catch(() => {});
      throw error;
    }
    return path;
  };
  try {
    return await write();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  await stillOurs();
  const store = join(drafts, '..');
  try {
    await makeFolder(drafts);
    return await write();
  } catch (error) {
    // Not one of those that are gone because something else has taken their place.
    throw diskError(error, store);
  }
}

function* together(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (bytes + part.length > CHUNK && bytes > 0) {
      yield chunk.length === 1 ? chunk[0]! : Buffer.concat(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(part);
    bytes += part.length;
  }
  if (bytes > 0) yield chunk.length === 1 ? chunk[0]! : Buffer.concat(chunk);
}

/**
 * Gives the file `draft` the name `path` too, if nobody has it: exactly one of any number of processes on any number
 * of hosts is answered `true`.
 */
export async function linkNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    // The answer to a first try may have been lost, and this is the answer to the second: then there are two names.
    if (codeOf(error) === 'EEXIST') return (await linksOf(draft)) > 1;
    throw error;
  }
}

/** Opened to be asked, since the answer to a mere look may be an old one. */
async function linksOf(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    return (await file.stat()).nlink;
  } finally {
    await file.close();
  }
}

export async function readWhole(path: string): Promise<Buffer> {
  return retried(() => readFile(path));
}

/** Its first `most` bytes, or as many as there are. */
export async function readStart(path: string, most: number): Promise<Buffer> {
  return retried(async () => {
    const file = await open(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(most);
      return bytes.subarray(0, await readFully(file, bytes, 0));
    } finally {
      await file.close();
    }
  });
}

/** Answers how many bytes there were. */
export async function readFully(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const {bytesRead} = await file.read(bytes, at, bytes.length - at, position + at);
    answers++;
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(error => {
    if (!isGone(error)) throw error;
  });
}

export async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

export const syncNames = syncFolder;

/** What the user is told when a call of the filesystem failed. */
export function diskError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const {syscall} = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  const code = codeOf(error);
  if (syscall === 'link' && ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) {
    return new StoreError(
      `The filesystem of ${folder} has no hard links (${error.message}), by which processes agree there on who does what. Use a folder on another filesystem, or --jugdir redis://…`,
      true,
      {cause: error},
    );
  }
  const space = code === 'ENOSPC' || code === 'EDQUOT' ? `. ${spaceIn(folder)} kB are free there` : '';
  return new StoreError(`The store ${folder} cannot be used now: ${error.message}${space}`, false, {
    cause: error,
  });
}

function spaceIn(folder: string): string {
  try {
    return String(Math.floor(freeSpace(folder) / 1024));
  } catch {
    return 'An unknown number of';
  }
}
