// What the programs print that a task starts with its own output (`stdio: 'inherit'`): it goes where the task's goes, line by
// line, where it would have been written past jug. Of a program that the thread stands still for, when that has ended.

import childProcess, {ChildProcess, type SpawnSyncReturns, type StdioOptions} from 'node:child_process';
import {running} from './task-context.js';
import {printing} from './task-output.js';
import {type Any, wrap} from './wrap-method.js';

type Stdio = StdioOptions | undefined;
type Place = 1 | 2;
const NAMES = {1: 'stdout', 2: 'stderr'} as const;

interface SpawnOptions {
  readonly stdio?: Stdio;
  readonly detached?: boolean;
  readonly maxBuffer?: number;
}

/** To be called before others look at programs. */
export function takeInherited(): void {
  wrap(ChildProcess.prototype, 'spawn', original => {
    return function spawn(this: ChildProcess, options: SpawnOptions) {
      const {stdio, places} = piped(options.stdio);
      if (places.length === 0) return original.call(this, options);
      // It may outlive this process, and would find nobody at the other end.
      if (options.detached === true)
        return original.call(this, {
          ...options,
          stdio: stdio.with(1, places.includes(1) ? 2 : stdio[1]).with(2, places.includes(2) ? 2 : stdio[2]),
        });
      const answer = original.call(this, {...options, stdio});
      const task = running.getStore();
      for (const place of places) {
        let last = 10;
        this.stdio?.[place]
          ?.on('data', (bytes: Uint8Array) => {
            last = bytes.at(-1)!;
            printing.print(NAMES[place], bytes, task);
          })
          // Its last line is whole.
          .once('end', () => last === 10 || printing.print(NAMES[place], Buffer.from('\n'), task));
      }
      return answer;
    };
  });
  wrap(childProcess, 'spawnSync', original => {
    return function spawnSync(this: unknown, ...args: unknown[]) {
      const {places, rewritten} = pipedArguments(args);
      const result = original.apply(this, rewritten) as SpawnSyncReturns<unknown>;
      for (const place of places) {
        show(NAMES[place], result[NAMES[place]]);
        Object.assign(result, {[NAMES[place]]: null});
        if (result.output !== null) Object.assign(result.output, {[place]: null});
      }
      return result;
    };
  });
  for (const name of ['execSync', 'execFileSync']) wrap(childProcess, name, executing);
}

/** These answer with stdout alone, and write stderr to that of the thread by themselves where nothing is said of `stdio`. */
function executing(original: Any): Any {
  return function execute(this: unknown, ...args: unknown[]) {
    const {places, rewritten, at} = pipedArguments(args);
    if (places.includes(2)) Object.assign(rewritten[at] as object, {stdio: undefined});
    if (!places.includes(1)) return original.apply(this, rewritten);
    try {
      show('stdout', original.apply(this, rewritten));
      return null;
    } catch (error) {
      show('stdout', (error as {readonly stdout?: unknown}).stdout);
      throw error;
    }
  };
}

function show(stream: 'stdout' | 'stderr', what: unknown): void {
  const bytes = typeof what === 'string' ? Buffer.from(what) : what;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) return;
  printing.print(stream, bytes);
  if (bytes.at(-1) !== 10) printing.print(stream, Buffer.from('\n'));
}

/** The same arguments, with pipes for what was to be inherited. */
function pipedArguments(args: readonly unknown[]): {
  places: readonly Place[];
  rewritten: unknown[];
  at: number;
} {
  const at = args.findLastIndex(arg => typeof arg === 'object' && arg !== null && !Array.isArray(arg));
  const options = args[at] as SpawnOptions | undefined;
  const {stdio, places} = piped(options?.stdio);
  if (places.length === 0) return {places, rewritten: [...args], at};
  return {places, rewritten: args.with(at, {...options, stdio, maxBuffer: Number.POSITIVE_INFINITY}), at};
}

function piped(stdio: Stdio): {readonly stdio: readonly unknown[]; readonly places: readonly Place[]} {
  const all: readonly unknown[] = typeof stdio === 'string' ? [stdio, stdio, stdio] : (stdio ?? []);
  const places = ([1, 2] as const).filter(place => isInherited(all[place], place));
  return {stdio: all.map((entry, place) => (places.includes(place as Place) ? 'pipe' : entry)), places};
}

/** Node's own streams mean nothing to a program in a thread. */
function isInherited(entry: unknown, place: Place): boolean {
  return entry === 'inherit' || entry === 1 || entry === 2 || entry === process[NAMES[place]];
}
