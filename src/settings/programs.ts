// Whose results a store has: two jugfiles of one name, in two folders, name their functions alike, and one would be given the
// results of the other without a word. So a run leaves its jugfile's path in the store, and who comes with another jugfile
// of that name is refused. Knows no task.

import {existsSync, readFileSync, realpathSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import {digest} from '../checksums.js';
import {JugError} from '../errors.js';
import type {Store} from '../stores/store.js';
import type {Origin, OriginId} from '../values/record.js';
import {VERSION} from '../version.js';

/** Copies of one program, of which each is left its place. */
const MOST_COPIES = 1000;

type Programs = Pick<Store, 'origin' | 'save' | 'location'>;

/**
 * Errors: a JugError, if another jugfile of that name has used the store, is still there, and has another text. One that was
 * moved, or was copied and has not been changed since, is the same program; of other machines nothing is known.
 */
export async function checkProgram(store: Programs, jugfile: string): Promise<void> {
  await placesOf(store, realOf(jugfile));
}

/** The same, and from now on the store knows of this one. */
export async function enterProgram(store: Programs, jugfile: string): Promise<void> {
  const own = realOf(jugfile);
  const {isKnown, free} = await placesOf(store, own);
  if (isKnown) return;
  const origin: Origin = {
    function: nameOf(own),
    fingerprint: digest('sha256', own, 'hex').slice(0, 16),
    host: hostname(),
    pid: process.pid,
    jugVersion: VERSION,
    program: own,
  };
  // Two that come at once may both take the place: the first stays, and the other finds the next one free the next time.
  await store.save({results: [], failures: [], origins: [[idOf(own, free), origin]], release: []});
}

async function placesOf(
  store: Programs,
  own: string,
): Promise<{readonly isKnown: boolean; readonly free: number}> {
  let isKnown = false;
  for (let place = 0; place < MOST_COPIES; place++) {
    const origin = await store.origin(idOf(own, place));
    if (origin === undefined) return {isKnown, free: place};
    const other = origin.host === hostname() ? origin.program : undefined;
    if (origin.host === hostname() && other === own) isKnown = true;
    else if (other !== undefined && existsSync(other) && textOf(other) !== textOf(own))
      throw refusal(own, other, store.location);
  }
  return {isKnown: true, free: MOST_COPIES};
}

function idOf(jugfile: string, place: number): OriginId {
  return digest('sha256', `program\n${nameOf(jugfile)}\n${place}`, 'hex').slice(0, 16) as OriginId;
}

/** As functions are named by it. */
function nameOf(jugfile: string): string {
  return path.parse(jugfile).name;
}

/** With links followed. */
export function realOf(jugfile: string): string {
  try {
    return realpathSync(jugfile);
  } catch {
    return path.resolve(jugfile);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Whether a result was made for another jugfile than this one: of another name, and, if it was of this machine, still there. The
 * same one may have another path elsewhere.
 */
export function isOfOther(jugfile: string, {program, host}: Origin): boolean {
  if (program === undefined || nameOf(program) === nameOf(realOf(jugfile))) return false;
  return host !== hostname() || existsSync(program);
}

function refusal(own: string, other: string, location: string): JugError {
  const name = nameOf(own);
  return new JugError(
    `Expected the results in ${location} to be those of ${own}, found that ${other} has results there, too.\n` +
      `Both name their functions ${name}.…, so that one would be given the results of the other. Use another jugdir for one of ` +
      `them (--jugdir, or jugdir = results/%(jugfile)s in a .jugrc above both), or rename one. If it is meant, because both have the same ` +
      'functions, write share = true under [main] in a .jugrc.',
  );
}
