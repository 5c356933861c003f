// What an LMDB store does the same way whether it was opened to be read or to be written: look.

import type {Guard, ReadingHalf} from '../lifecycle.js';
import type {Results} from './results.js';

/** `current` answers `undefined` for as long as there is no store. */
export function readingHalf(current: () => Results | undefined, state: Guard): ReadingHalf {
  async function* each<T>(
    list: (results: Results) => AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[]> {
    const results = await state.run(current);
    if (results === undefined) return;
    for await (const chunk of list(results)) {
      yield chunk;
      state.check();
    }
  }

  return {
    has: hashes => state.run(() => current()?.has(hashes) ?? hashes.map(() => false)),
    load: hashes => state.run(() => current()?.load(hashes) ?? hashes.map(() => undefined)),
    hashes: () => each(results => results.hashes()),
    heads: () => each(results => results.heads()),
    failures: () => each(results => results.failures()),
    origin: id => state.run(() => current()?.origin(id)),
  };
}
