// A folder of its own in which the real `jug` runs: files written into it, commands run in it, processes that are
// started, watched line by line and killed, and gates at which a task stands until the test lets it go on.

import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

/** The root of the package; compiled, this file is dist/test/helpers/rig.js. */
export const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = path.join(PACKAGE, 'lib/src/bin.js');

/** Milliseconds after which something that a test waits for is taken to never come. */
const PATIENCE = 60_000;
/** Tests of a file that run at a time: each of them starts processes with several threads. */
const AT_ONCE = 2;

export interface Result {
  /** `null`: it was ended by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Beneath the rig's folder. */
  readonly cwd?: string;
  /** In a process group of its own, as a shell starts it: `process.kill(-pid, signal)` reaches what it has started, too. */
  readonly group?: boolean;
}

export interface Started {
  readonly pid: number;
  /** Settles when a line on stdout or stderr matches, or has matched before. Rejects if the process ends without. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): void;
  readonly ended: Promise<Result>;
}

export interface Rig {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): void;
  read(file: string): string;
  exists(file: string): boolean;
  remove(file: string): void;
  /** `rig.jug('execute -j 2')`; an array where a word holds spaces. */
  jug(command: string | readonly string[], options?: Options): Promise<Result>;
  start(command: string | readonly string[], options?: Options): Started;
  startScript(source: string): Started;
  /** Any other program. */
  run(program: string, args: readonly string[], options?: Options): Promise<Result>;
  /** Runs `source` as a module with plain node, `jug` being installed beside it. */
  script(source: string): Promise<Result>;
  /** The results of these exports of the jugfile, read by a script with `init` and `value`. */
  values(names: string, jugfile?: string): Promise<Record<string, unknown>>;
  /** What tasks have noted with `ran(…)` of './rig.mjs': one entry a run. */
  runs(): string[];
  /** How many tasks of jugfile.ts are finished, as `jug status` with these flags tells; to be asked while a run goes on. */
  finished(flags?: string): number;
  /** From now on, tasks that `await gate(name)` of './rig.mjs' stand there. */
  hold(name: string): void;
  release(name: string): void;
  /** Settles when a task stands at the gate. */
  arrived(name: string): Promise<void>;
  until(what: string, condition: () => boolean): Promise<void>;
  /** Keeps the folder and prints where it is, to look at it by hand. */
  eject(): void;
}

/** What tasks import from './rig.mjs'. */
const IN_TASKS = `
import {appendFileSync, existsSync} from 'node:fs';
const here = name => new URL(name, import.meta.url);
const arrive = name => appendFileSync(here('gates/' + name + '.arrived'), process.pid + '\\n');
const isHeld = name => existsSync(here('gates/' + name + '.held'));
export function ran(text) {
  appendFileSync(here('runs.log'), text + '\\n');
}
export async function gate(name) {
  arrive(name);
  while (isHeld(name)) await new Promise(resolve => setTimeout(resolve, 10));
}
export function blockingGate(name) {
  arrive(name);
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (isHeld(name)) Atomics.wait(never, 0, 0, 10);
}
`;

const waiting: (() => void)[] = [];
let open = 0;

/** Its folder and all its processes are gone when the test ends. */
export async function openRig(t: ExecutionContext): Promise<Rig> {
  if (open >= AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve));
  else open++;
  t.timeout(PATIENCE * 1.5, 'the whole test took too long');
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-rig-'));
  const processes = new Set<ChildProcess>();
  let ejected = false;
  t.teardown(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all([...processes].map(child => new Promise(resolve => child.once('close', resolve))));
    if (!ejected) rmSync(folder, {recursive: true, force: true, maxRetries: 5});
    const next = waiting.shift();
    if (next === undefined) open--;
    else next();
  });

  const at = (file: string): string => path.join(folder, file);
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(at(file)), {recursive: true});
      writeFileSync(at(file), text);
    }
  };
  mkdirSync(at('gates'));
  mkdirSync(at('node_modules'));
  symlinkSync(PACKAGE, at('node_modules/jug'));
  write({'rig.mjs': IN_TASKS});

  function launch(
    program: string,
    args: readonly string[],
    {env, input, cwd = '', group = false}: Options = {},
  ): Started {
    const child = spawn(program, args, {
      cwd: at(cwd),
      detached: group,
      // Colours, and the tests' own settings, are no business of what is tested.
      env: {...withoutOurs(process.env), ...env},
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    processes.add(child);
    child.once('close', () => processes.delete(child));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return watch(child, `${path.basename(program)} ${args.join(' ')}`);
  }
  const jug = (command: string | readonly string[], options?: Options): Started =>
    launch(process.execPath, [CLI, ...words(command)], options);
  const run: Rig['run'] = (program, args, options) => launch(program, args, options).ended;

  let scripts = 0;
  const startScript: Rig['startScript'] = source => {
    const name = `script-${scripts++}.mjs`;
    write({[name]: source});
    return launch(process.execPath, [name]);
  };
  const script: Rig['script'] = source => startScript(source).ended;

  return {
    folder,
    write,
    read: file => readFileSync(at(file), 'utf8'),
    exists: file => existsSync(at(file)),
    remove: file => rmSync(at(file), {recursive: true, force: true}),
    jug: (command, options) => jug(command, options).ended,
    start: jug,
    startScript,
    run,
    script,
    async values(names, jugfile = 'jugfile.ts') {
      const {code, stdout, stderr} = await script(`
import {init, value} from 'jug';
const {store, jugspace} = await init(${JSON.stringify(jugfile)});
const values = {};
for (const name of ${JSON.stringify(words(names))}) values[name] = await value(jugspace[name]);
console.log(JSON.stringify(values));
await store.close();
`);
      if (code !== 0) throw new Error(`the script that reads ${names} ended with ${code}:\n${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    runs: () =>
      existsSync(at('runs.log')) ? readFileSync(at('runs.log'), 'utf8').trimEnd().split('\n') : [],
    finished(flags = '') {
      const command = [CLI, 'status', '--json', ...words(flags)];
      const told = execFileSync(process.execPath, command, {cwd: folder, env: withoutOurs(process.env)});
      return (JSON.parse(told.toString()) as {total: {finished: number}}).total.finished;
    },
    hold: name => writeFileSync(at(`gates/${name}.held`), ''),
    release: name => rmSync(at(`gates/${name}.held`), {force: true}),
    arrived: name => until(`a task at the gate ${name}`, () => existsSync(at(`gates/${name}.arrived`))),
    until,
    eject() {
      ejected = true;
      t.log(folder);
      appendFileSync(at('EJECTED'), `${t.title}\n${readdirSync(folder).join('\n')}\n`);
    },
  };
}

/** The rows of a printed table: name → numbers, in their order. */
export function rowsOf(table: string): Record<string, number[]> {
  const rows: Record<string, number[]> = {};
  for (const line of table.split('\n')) {
    const [, numbers, name] = /^\s*((?:\d+\s+)+)(\S.*)$/.exec(line) ?? [];
    if (numbers !== undefined) rows[name!] = numbers.trim().split(/\s+/).map(Number);
  }
  return rows;
}

/** What a run says, without the lines that tell how far it is: a slow machine has more of them. */
export function withoutProgress(text: string): string {
  return text.replace(/^\[[\d:]+\] +(?:jug execute |done |\d+% ).*\n/gm, '');
}

function words(text: string | readonly string[]): readonly string[] {
  return typeof text === 'string' ? text.split(/\s+/).filter(word => word !== '') : text;
}

function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !/^(AVA_|JUG_|npm_lifecycle_event$|NODE_OPTIONS$|NODE_CHANNEL|FORCE_COLOR$|GITHUB_)/.test(name),
    ),
  );
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited ${PATIENCE / 1000} s in vain for ${what}`);
    await sleep(5);
  }
}

function watch(child: ChildProcess, name: string): Started {
  const texts = {stdout: '', stderr: ''};
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
      for (const look of watchers) look();
    });
  }
  let result: Result | undefined;
  const ended = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      result = {code, signal, ...texts};
      resolve(result);
      for (const look of watchers) look();
    });
  });

  function line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (fn: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        fn();
      };
      const said = (): string => `of ${name}, which wrote:\n${texts.stdout}\n${texts.stderr}`;
      const look = (): void => {
        const match = [texts.stdout, texts.stderr]
          .flatMap(text => text.split('\n'))
          .map(text => pattern.exec(text))
          .find(found => found !== null);
        if (match) settle(() => resolve(match));
        else if (result) settle(() => reject(new Error(`No line ${pattern} ${said()}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`Waited ${PATIENCE / 1000} s for a line ${pattern} ${said()}`))),
        PATIENCE,
      );
      watchers.add(look);
      look();
    });
  }

  return {pid: child.pid!, line, kill: signal => void child.kill(signal), ended};
}
