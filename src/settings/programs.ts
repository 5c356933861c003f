// Whose results a store has. Functions are known by module and name, so that two programs in two folders, `a/jugfile.ts` and
// `b/jugfile.ts`, or with an `a/lib.ts` and a `b/lib.ts`, would be given each other's results without a word. So a run leaves in
// the store, for each function, which jugfile has it from which file; and who comes with another file is refused. By the same
// entries `cleanup` knows what other jugfiles need. Knows no task.

import {existsSync, readFileSync, realpathSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import {digest} from '../core/checksums.js';
import {JugError} from '../core/errors.js';
import {VERSION} from '../core/version.js';
import type {Store} from '../stores/store.js';
import type {TaskFunction} from '../tasks/functions.js';
import type {Program} from '../tasks/provenance.js';
import type {Origin, OriginId} from '../values/record.js';

/** Programs, or copies of one, of which each is left its entry; those that come later are checked all the same. */
const MOST_ENTRIES = 50;
/** So many entries are asked for at once: mostly there is one, or none. */
const AT_ONCE = 2;

type Entries = Pick<Store, 'origin' | 'save' | 'location'>;
/** What is entered for one function: an origin of no result. */
type Entry = Origin & Program;
/** A function that others may define otherwise. */
type Checked = TaskFunction & {readonly file: string};

/** `jugdir`: the path of the store, if it has one. */
export function programOf(jugfile: string, jugdir: string | undefined): Program {
  return {program: realOf(jugfile), ...(jugdir !== undefined && {jugdir: realOf(jugdir)})};
}

export interface Functions {
  readonly met: ReadonlySet<TaskFunction>;
}

export interface Checking {
  readonly program: Program;
  /** Whether other programs may define the same functions. */
  readonly isShared: boolean;
  /** Whether the store is to know of this program: it is told what the user should know. */
  readonly enter: ((note: string) => void) | undefined;
}

/** Looks at each function before anything is asked of the store. */
export class ProgramCheck {
  readonly #checking: Checking;
  readonly #store: Entries;
  readonly #texts = new Map<string, string | undefined>();
  readonly #checked = new Set<string>();
  /** Functions that were looked at, of those that were met. */
  #done = 0;
  #turn: Promise<void> = Promise.resolve();
  #refusal: JugError | undefined;
  #hasNoted = false;

  constructor(store: Entries, checking: Checking) {
    this.#store = store;
    this.#checking = checking;
  }

  /**
   * `functions`: that results may be of; there may be more each time. `undefined`: nothing is to be looked at. Errors: a
   * JugError, if another file that is still there, and has another text, defines a function of this name for this store; it
   * stays. Those of the store pass.
   */
  check(functions: Functions): Promise<void> | undefined {
    if (this.#refusal === undefined && this.#done === functions.met.size) return undefined;
    this.#turn = this.#turn.catch(() => {}).then(() => this.#checkNew([...functions.met]));
    return this.#turn;
  }

  async #checkNew(met: readonly TaskFunction[]): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const fresh = met.slice(this.#done).filter(({name}) => !this.#checked.has(name));
    const looks = await Promise.all(fresh.map(fn => this.#look(fn)));
    const entered = looks.filter(entry => entry !== undefined);
    if (entered.length > 0)
      await this.#store.save({results: [], failures: [], origins: entered, release: []});
    for (const {name} of fresh) this.#checked.add(name);
    this.#done = met.length;
  }

  /** What is to be entered for it, if the store does not know of it. */
  async #look(fn: TaskFunction): Promise<readonly [OriginId, Entry] | undefined> {
    const {enter, isShared, program} = this.#checking;
    if (enter === undefined && (isShared || !isChecked(fn))) return undefined;
    const entries = await entriesOf(this.#store, fn.name);
    const isKnown = entries.some(
      entry => entry.program === program.program && entry.jugdir === program.jugdir && entry.file === fn.file,
    );
    if (!isShared && isChecked(fn)) {
      for (const entry of entries) if (entry.file !== fn.file) this.#compare(fn, entry, isKnown);
    }
    if (enter === undefined || isKnown || entries.length >= MOST_ENTRIES) return undefined;
    // Two that come at once may both take the place: the first stays, and the other finds the next one free the next time.
    return [idOf(fn.name, entries.length), this.#entryFor(fn)];
  }

  #compare(fn: Checked, entry: Entry, isKnown: boolean): void {
    const {file} = entry;
    if (file === undefined || this.#cameAlong(fn.file, entry)) return;
    if (existsSync(file)) {
      if (this.#textOf(file) === this.#textOf(fn.file)) return;
      this.#refusal = refusal(fn, entry, this.#store.location);
      throw this.#refusal;
    }
    const isElsewhere = entry.host !== hostname();
    if (isElsewhere && !isKnown && entry.fingerprint !== this.#fingerprintOf(fn.file)) this.#note(fn, entry);
  }

  /** Whether it is this program's own, from where it stood before it was copied together with its store. */
  #cameAlong(own: string, {file, jugdir}: Entry): boolean {
    const here = this.#checking.program.jugdir;
    if (here === undefined || jugdir === undefined || jugdir === here) return false;
    return path.relative(jugdir, file!) === path.relative(here, own);
  }

  /** Of another machine it cannot be told whether it is this program, edited, or another. */
  #note({name}: TaskFunction, {program, host}: Entry): void {
    if (this.#hasNoted) return;
    this.#hasNoted = true;
    this.#checking.enter?.(
      `${program} on ${host} has results of ${name} in ${this.#store.location}, too, by another text. If that is another program, use another jugdir for one of them.`,
    );
  }

  #entryFor(fn: TaskFunction): Entry {
    return {
      function: fn.name,
      fingerprint: fn.file === undefined ? fn.fingerprint : this.#fingerprintOf(fn.file),
      host: hostname(),
      pid: process.pid,
      jugVersion: VERSION,
      ...this.#checking.program,
      ...(fn.file !== undefined && {file: fn.file}),
    };
  }

  #fingerprintOf(file: string): string {
    return digest('sha256', this.#textOf(file) ?? '', 'hex').slice(0, 16);
  }

  #textOf(file: string): string | undefined {
    if (!this.#texts.has(file)) this.#texts.set(file, textOf(file));
    return this.#texts.get(file);
  }
}

/** What a package defines is the same wherever it is installed; and what is known by its source, wherever that stands. */
function isChecked(fn: TaskFunction): fn is Checked {
  return fn.file !== undefined && !fn.file.split(path.sep).includes('node_modules') && !fn.isKnownBySource;
}

/** For a function of this name, in the order in which they were made. */
export async function entriesOf(store: Pick<Store, 'origin'>, name: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  while (entries.length < MOST_ENTRIES) {
    const places = Array.from({length: AT_ONCE}, (_, index) => entries.length + index);
    const found = await Promise.all(places.map(place => store.origin(idOf(name, place))));
    const end = found.indexOf(undefined);
    entries.push(...(found.slice(0, end < 0 ? AT_ONCE : end) as Entry[]));
    if (end >= 0) break;
  }
  return entries;
}

function idOf(name: string, place: number): OriginId {
  return digest('sha256', `program\n${name}\n${place}`, 'hex').slice(0, 16) as OriginId;
}

/** With links followed; of what is not there yet, those of the way to it. */
function realOf(file: string): string {
  const whole = path.resolve(file);
  try {
    return realpathSync(whole);
  } catch {
    const folder = path.dirname(whole);
    return folder === whole ? whole : path.join(realOf(folder), path.basename(whole));
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether what an origin, or an entry, is of is another program than this one, and still there as far as that can be told. */
export function isOfOther(own: Program, {program, host, jugdir}: Origin): boolean {
  if (program === undefined || program === own.program) return false;
  const isCopied = jugdir !== undefined && own.jugdir !== undefined && jugdir !== own.jugdir;
  if (isCopied && path.relative(jugdir, program) === path.relative(own.jugdir, own.program)) return false;
  if (existsSync(program)) return true;
  // It was moved, or is this one by the path that it has on another machine.
  return host !== hostname() && path.basename(program) !== path.basename(own.program);
}

function refusal(fn: Checked, {file, program}: Entry, location: string): JugError {
  const whose = program === file ? '' : `, for ${program},`;
  return new JugError(
    `Expected ${fn.name} in ${location} to be the function of ${fn.file}, found that results of the one in ${file}${whose} are there.\n` +
      'Both have that name, and one would be given the results of the other. Use another jugdir for one of the programs ' +
      '(--jugdir, or jugdir = results/%(jugfile)s in a .jugrc above both), or give the function another name. If it is one program, in ' +
      'two copies of which each is edited, write share = true under [main] in a .jugrc.',
  );
}
