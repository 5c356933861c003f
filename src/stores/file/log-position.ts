// Where an entry is in a log; and the last place at which a process knows one, by which it notices that an older copy was
// put where the log was: an entry stays for as long as its folder counts. Knows listings; knows nothing of what entries say.

import {join} from 'node:path';
import {isGone, namesIn, readStart} from './disk.js';

export interface Place {
  readonly folder: number;
  readonly slot: number;
}

export class LastKnown {
  #last: Place | undefined;
  #isShown = false;

  /** An entry was read or written there. */
  note(place: Place): void {
    const last = this.#last;
    const isLater =
      last === undefined ||
      place.folder > last.folder ||
      (place.folder === last.folder && place.slot > last.slot);
    if (isLater) this.#last = place;
  }

  /** The names in a folder, as they were listed anyway. */
  listed(folder: number, names: readonly string[]): void {
    this.#isShown = folder === this.#last?.folder && names.includes(String(this.#last.slot));
  }

  /** Folders before `base` do not count any more, and may be gone. */
  counts(base: number): void {
    if (this.#last !== undefined && this.#last.folder < base) this.#last = undefined;
  }

  get folder(): number | undefined {
    return this.#last?.folder;
  }

  /** Neither listed nor to be opened. Each may be wrong by itself where a client of NFS answers from its cache. */
  async isLacking(log: string): Promise<boolean> {
    const last = this.#last;
    const isShown = this.#isShown;
    // True of one listing only.
    this.#isShown = false;
    if (last === undefined || isShown) return false;
    const names = await namesIn(join(log, String(last.folder)));
    if (names?.includes(String(last.slot))) return false;
    try {
      await readStart(join(log, String(last.folder), String(last.slot)), 0);
      return false;
    } catch (error) {
      if (isGone(error)) return true;
      throw error;
    }
  }
}

/** The folders among the names in a log's folder. */
export function foldersOf(names: readonly string[]): number[] {
  return names.filter(name => /^\d+$/.test(name)).map(Number);
}
