// How a group of results gets to a Redis server: in scripts that each take the server some milliseconds, large results
// in pieces before. A lock is given back when everything else is there. Knows nothing of who holds it.

import type {TaskHash} from '../../values/task-hash.js';
import type {ReadingHalf} from '../lifecycle.js';
import type {Saving} from '../store.js';
import {LARGE, type LargeValues} from './chunked-values.js';
import type {Word} from './connection.js';
import type {Session} from './generation.js';
import {packHashes, packValues, piecesOf, type Values} from './record-layout.js';
import {SAVE} from './write-scripts.js';

/** What one script is to do. */
interface Part {
  readonly results?: Values;
  readonly failures?: Values;
  readonly references?: Values;
  readonly release?: readonly TaskHash[];
  /** Ids, each with its text. */
  readonly origins?: readonly string[];
}

export function savingTo(
  session: Session,
  reading: ReadingHalf,
  large: LargeValues,
  token: string,
): (saving: Saving) => Promise<void> {
  async function run(parts: readonly Part[]): Promise<void> {
    const answers = await session.run(
      SAVE,
      parts.map(part => wordsOf(part, token)),
    );
    session.saw(answers.at(-1));
  }

  /** One after the other: each is published before its draft could lapse. */
  async function saveLarge(results: Values): Promise<void> {
    const there = await reading.has(results.map(([hash]) => hash));
    for (const [place, [hash, record]] of results.entries()) {
      if (!there[place]) await run([{references: [await large.draft(hash, record)]}]);
    }
  }

  return async ({results, failures, origins, release}) => {
    const isLarge = (value: Values[number]): boolean => value[1].length > LARGE;
    const named = origins.flatMap(([id, origin]) => [id, JSON.stringify(origin)]);
    const small = piecesOf(
      results.filter(value => !isLarge(value)),
      bytesIn,
    );
    const failed = piecesOf(failures, bytesIn);
    const free = piecesOf(release);
    if (!results.some(isLarge) && small.length <= 1 && failed.length <= 1 && free.length <= 1) {
      if (results.length + failures.length + origins.length + release.length === 0) return;
      await run([{results: small[0], failures: failed[0], release: free[0], origins: named}]);
      return;
    }
    const parts: Part[] = [...small.map(results => ({results})), ...failed.map(failures => ({failures}))];
    if (named.length > 0) parts.unshift({origins: named});
    await run(parts);
    await saveLarge(results.filter(isLarge));
    await run(free.map(release => ({release})));
  };
}

function wordsOf(part: Part, token: string): Word[] {
  return [
    token,
    packValues(part.results ?? []),
    packValues(part.failures ?? []),
    packValues(part.references ?? []),
    packHashes(part.release ?? []),
    ...(part.origins ?? []),
  ];
}

function bytesIn([, bytes]: Values[number]): number {
  return bytes.length;
}
