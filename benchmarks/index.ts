// `npm run bench`: every number that is promised, measured in one run, with its ratio to what it is held against.
// `npm run bench -- start-up no-op`: only these. The figures of a machine that does something else meanwhile mean nothing; the ratios mean a little more.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {bareLoop} from './bare.js';
import {bareFiles} from './file.js';
import {JUGFILES} from './jugfiles.js';
import {
  fastest,
  hasTerminals,
  jug,
  jugOnTerminal,
  keysOnTerminal,
  leastCpu,
  type Measured,
  measure,
  together,
} from './measure.js';
import {redisServer} from './redis.js';
import {ARGUMENTS, argumentTimes, sharingTime} from './values.js';

const folder = mkdtempSync(path.join(tmpdir(), 'jug-bench-'));
for (const [name, source] of Object.entries(JUGFILES)) writeFileSync(path.join(folder, name), source);

const TIMES = 3;
const TASKS = 100_000;
const MILLION = 1_000_000;
const PAIRS = 7;

function line(what: string, figure: string, promise: string, ratio: number): void {
  console.log(
    `${ratio <= 1 ? 'ok  ' : 'OVER'} ${what.padEnd(58)} ${figure.padStart(12)}  promised ${promise} (ratio ${ratio.toFixed(2)})`,
  );
}

/** Fresh each time: nothing of an earlier run may be there. */
function fresh(words: string): ReturnType<typeof jug> {
  rmSync(path.join(folder, 'bench.jugdata'), {recursive: true, force: true});
  return jug(`${words.replace('execute', 'execute --jugdir bench.jugdata')}`, folder);
}

const micro = (milliseconds: number): string => `${milliseconds.toFixed(2)} µs`;

async function noops(): Promise<void> {
  const one = fastest(TIMES, () => fresh('execute -j 2 noop.mjs 1')).wall;
  const all = fastest(TIMES, () => fresh(`execute -j 2 noop.mjs ${TASKS}`)).wall;
  const again = fastest(TIMES, () =>
    jug(`execute --jugdir bench.jugdata -j 2 noop.mjs ${TASKS}`, folder),
  ).wall;
  const status = fastest(TIMES, () => jug(`status --jugdir bench.jugdata noop.mjs ${TASKS}`, folder)).wall;
  const idle = fastest(TIMES, () => fresh('count noop.mjs 1')).wall;
  const bare = Math.min(await bareLoop(TASKS, 2), await bareLoop(TASKS, 2)) * 1000;
  const task = ((all - one) / TASKS) * 1000;
  console.log(
    `     whole command: 1 task ${one.toFixed(0)} ms, ${TASKS} tasks ${all.toFixed(0)} ms; count of 1 task ${idle.toFixed(0)} ms`,
  );
  line(`no-op, ${TASKS} and a sum, beyond the run of one task`, micro(task), '10 µs', task / 10);
  line('  the same with start-up and all', micro((all / TASKS) * 1000), '10 µs', all / TASKS / 0.01);
  line(
    `  against a bare piscina loop (${micro(bare)})`,
    `${(task / bare).toFixed(2)} ×`,
    '0.5 ×',
    task / bare / 0.5,
  );
  const rerun = ((again - idle) / TASKS) * 1000;
  line('the same again, all finished, beyond start-up', micro(rerun), '3 µs', rerun / 3);
  const told = ((status - idle) / TASKS) * 1000;
  line('status of it, beyond start-up', micro(told), '3 µs', told / 3);
}

function tasks(): void {
  const busy = fastest(1, () => fresh('execute -j 2 busy.mjs 2000 10')).wall;
  const begin = fastest(TIMES, () => fresh('execute -j 2 busy.mjs 2 0')).wall;
  const ideal = (2000 * 10) / 2;
  line(
    '2,000 tasks of 10 ms, beyond start-up, against ideal',
    `${((busy - begin) / ideal).toFixed(3)} ×`,
    '1.05 ×',
    (busy - begin) / ideal / 1.05,
  );
  const chain = fastest(TIMES, () => fresh('execute -j 2 chain.mjs 2000')).wall;
  const link = ((chain - begin) / 2000) * 1000;
  line('chain of 2,000, a link', micro(link), '400 µs', link / 400);
  const barriers = fastest(TIMES, () => fresh('execute -j 2 barriers.mjs 10 50')).wall;
  line(
    'ten barriers between 50 no-ops each, beyond start-up',
    `${(barriers - begin).toFixed(0)} ms`,
    '500 ms',
    (barriers - begin) / 500,
  );
}

/** Two processes of one worker each against one of two, on one LMDB store. */
async function shared(): Promise<void> {
  for (const [what, words] of [
    ['5,000 tasks of 2 ms', 'busy.mjs 5000 2'],
    [`${TASKS} no-ops`, `noop.mjs ${TASKS}`],
  ] as const) {
    const one = fastest(TIMES, () => fresh(`execute -j 2 ${words}`)).wall;
    let two = Infinity;
    for (let time = 0; time < TIMES; time++) {
      rmSync(path.join(folder, 'bench.jugdata'), {recursive: true, force: true});
      const command = `execute --jugdir bench.jugdata -j 1 ${words}`;
      two = Math.min(two, await together([command, command], folder));
    }
    line(
      `two processes on one store against one, ${what}`,
      `${(two / one).toFixed(2)} ×`,
      '1.2 ×',
      two / one / 1.2,
    );
  }
}

/** By how many bytes the main thread's own memory grew at the most: its heap and what that keeps outside. */
function growth(stderr: string): number {
  return Number(/grew by (\d+) MB/.exec(stderr)?.[1]) * 2 ** 20;
}

function memory(): void {
  const grown = growth(fresh('execute -j 2 watched.mjs 1000000').stderr) / 1e6;
  line('a million tasks, memory of main a task', `${grown.toFixed(0)} B`, '700 B', grown / 700);
  const small = jug('count noop.mjs 1', folder).resident;
  const large = jug('count noop.mjs 1000000', folder).resident;
  if (small === undefined || large === undefined) return;
  const counted = (large - small) / 1e6;
  line('  the same as resident memory of `jug count`', `${counted.toFixed(0)} B`, '700 B', counted / 700);
}

function largeResult(): void {
  const grew = growth(fresh('execute -j 2 large.mjs 100').stderr) / 2 ** 20;
  line('100 MB result passed to 8 tasks: main grows by', `${grew.toFixed(0)} MB`, '200 MB', grew / 200);
}

/**
 * What hashing alone took when arguments were hashed one way and sent another, as a multiple of the bare time. Hashing and
 * encoding together are promised within 1.2 times that.
 */
const HASH_ALONE: Readonly<Record<string, number>> = {
  'a row of 6 fields': 3.3,
  'a nested configuration': 4.5,
  'a Float64Array of 1 kB': 4.5,
};

function values(): void {
  for (const [what, make] of Object.entries(ARGUMENTS)) {
    const {both, bare} = argumentTimes(make);
    const promised = 1.2 * HASH_ALONE[what]!;
    line(
      `hash and encoding of ${what} against bare (${micro(bare)})`,
      `${(both / bare).toFixed(2)} ×`,
      `${promised.toFixed(1)} ×`,
      both / bare / promised,
    );
  }
  const sharing = sharingTime(22);
  line('hash of 22 levels of sharing', `${sharing.toFixed(1)} ms`, '10 ms', sharing / 10);
  const plain = fastest(TIMES, () => jug('count list.mjs plain', folder)).wall;
  const once = fastest(TIMES, () => jug('count list.mjs identity', folder)).wall;
  line(
    'count of 40 tasks given 200,000 numbers, against identity()',
    `${(plain / once).toFixed(2)} ×`,
    '1.5 ×',
    plain / once / 1.5,
  );
}

/** A task of it by itself takes some microseconds. */
function readers(): void {
  for (const [kind, promised] of [
    ['rows', 10],
    ['map', 10],
    ['copies', 3000],
  ] as const) {
    const [few, many] = [5, 105].map(n =>
      leastCpu(TIMES, () => fresh(`execute -j 1 readers.mjs ${kind} ${n}`)),
    );
    const further = many! - few!;
    line(
      `100 further readers of a table of 100,000 rows (${kind})`,
      `${further.toFixed(0)} ms CPU`,
      `${promised} ms`,
      further / promised,
    );
  }
}

/** A million results stand in a store that is filled once. */
const MANY = 1_000_000;

async function redis(): Promise<void> {
  const server = await redisServer(path.join(folder, 'redis'));
  if (server === undefined) {
    console.log('     Redis is left out: there is no redis-server on the PATH');
    return;
  }
  try {
    const run = (tasks: number) => () =>
      jug(`execute --jugdir ${server.fresh()} -j 2 noop.mjs ${tasks}`, folder);
    const one = fastest(TIMES, run(1)).wall;
    const task = ((fastest(TIMES, run(TASKS)).wall - one) / TASKS) * 1000;
    line(`Redis: no-op, ${TASKS}, beyond the run of one task`, micro(task), '25 µs', task / 25);
    const full = server.fresh();
    jug(`execute --jugdir ${full} -j 2 noop.mjs ${MANY}`, folder);
    const status = fastest(1, () => jug(`status --jugdir ${full} noop.mjs ${MANY}`, folder)).wall / 1000;
    line(`Redis: status of ${MANY} finished results`, `${status.toFixed(2)} s`, '5 s', status / 5);
  } finally {
    server.close();
  }
}

/** So many of the bare loop's results tell how long all of them would take. */
const BARE_FILES = 2000;

function files(): void {
  const bare = bareFiles(path.join(folder, 'bare'), BARE_FILES) * 1000;
  const all = fastest(TIMES, () => {
    rmSync(path.join(folder, 'files'), {recursive: true, force: true});
    return jug(`execute --jugdir file:files -j 2 noop.mjs ${TASKS}`, folder);
  }).wall;
  const task = (all / TASKS) * 1000;
  line(
    `file store, no-op, start-up and all, against bare files (${micro(bare)})`,
    `${(task / bare).toFixed(3)} ×`,
    '0.5 ×',
    task / bare / 0.5,
  );
  jug('execute --jugdir file:million -j 2 noop.mjs 1000000', folder);
  jug('pack --jugdir million', folder);
  const status = fastest(TIMES, () => jug('status --jugdir million noop.mjs 1000000', folder)).wall;
  line('file store, status of a million packed results', `${status.toFixed(0)} ms`, '5 s', status / 5000);
  rmSync(path.join(folder, 'million'), {recursive: true, force: true});
}

function startUp(): void {
  const node = fastest(10, () => measure(['-e', '0'], folder)).wall;
  const count = fastest(10, () => jug('count three-lines.ts', folder)).wall;
  const promised = Number(process.versions.node.split('.')[0]) >= 22 ? 2.5 : 3.5;
  line(
    `jug count of three lines against node -e 0 (${node.toFixed(0)} ms)`,
    `${(count / node).toFixed(2)} ×`,
    `${promised} ×`,
    count / node / promised,
  );
}

/** What is drawn of a run, against the same run in silence, in the same kind of terminal. */
function view(): void {
  if (!hasTerminals) {
    console.log('     the live view is left out: there is no `script` of util-linux');
    return;
  }
  type Times = Pick<Measured, 'cpu' | 'wall'>;
  /** In turn, and the medians: what the machine does meanwhile is more than what is looked for. */
  const pair = (words: string): readonly [drawn: Times, quiet: Times] => {
    const runs = Array.from({length: PAIRS}, () =>
      [`execute ${words}`, `execute -q ${words}`].map(command => {
        rmSync(path.join(folder, 'bench.jugdata'), {recursive: true, force: true});
        return jugOnTerminal(command.replace('execute', 'execute --jugdir bench.jugdata'), folder);
      }),
    );
    const median = (at: number, of: (run: Measured) => number): number =>
      runs.map(run => of(run[at]!)).sort((a, b) => a - b)[PAIRS >> 1]!;
    const times = (at: number): Times => ({
      cpu: median(at, ({cpu}) => cpu),
      wall: median(at, ({wall}) => wall),
    });
    return [times(0), times(1)];
  };
  const [drawn, quiet] = pair('-j 2 busy.mjs 50000 0.35');
  const rate = 50_000 / (drawn.wall / 1000);
  const share = (drawn.cpu - quiet.cpu) / drawn.wall;
  line(
    `live view at ${rate.toFixed(0)} tasks/s, of one core, loading it and all`,
    `${(100 * share).toFixed(1)} %`,
    '5 %',
    share / 0.05,
  );
  const [shown, silent] = pair(`-j 2 noop.mjs ${TASKS}`);
  const ratio = shown.wall / silent.wall;
  line(`live view of ${TASKS} no-ops against -q, wall`, `${ratio.toFixed(3)} ×`, '1.03 ×', ratio / 1.03);
}

/** The full screen over a million tasks: how soon it stands, beside a command that only loads them, and how soon keys are answered. */
async function screen(): Promise<void> {
  if (!hasTerminals) {
    console.log('     the full screen is left out: there is no `script` of util-linux');
    return;
  }
  const words = `noop.mjs ${MILLION}`;
  jug(`execute -q -j 2 --jugdir screen.jugdata ${words}`, folder);
  const count = fastest(TIMES, () => jug(`count ${words}`, folder)).wall;
  // Each of them makes another picture.
  const keys = [...'3GgGkks', ...'SsSs/9999', '\r', ...'264135?', '?', ...'3ss?', '?'];
  const {first, answers} = await keysOnTerminal(`ui --jugdir screen.jugdata ${words}`, folder, {
    keys,
    pause: 400,
    picture: /noop/,
  });
  const beyond = (first - count) / 1000;
  line('full screen of a million tasks, beyond jug count', `${beyond.toFixed(2)} s`, '1 s', beyond);
  const [median, most] = [answers.toSorted((a, b) => a - b)[keys.length >> 1]!, Math.max(...answers)];
  line(
    `a key there, the slowest of ${keys.length} (median ${median.toFixed(0)} ms)`,
    `${most.toFixed(0)} ms`,
    '50 ms',
    most / 50,
  );
}

const SECTIONS: Readonly<Record<string, () => void | Promise<void>>> = {
  'start-up': startUp,
  'no-op': noops,
  redis,
  files,
  tasks,
  shared,
  values,
  readers,
  view,
  screen,
  'large-result': largeResult,
  memory,
};

const asked = process.argv.slice(2);
const unknown = asked.find(name => !(name in SECTIONS));
if (unknown !== undefined) {
  console.error(`Expected names of ${Object.keys(SECTIONS).join(', ')}; found ${unknown}.`);
  process.exit(2);
}

console.log(`node ${process.version}, fastest of ${TIMES} runs unless said otherwise`);
try {
  for (const [name, section] of Object.entries(SECTIONS))
    if (asked.length === 0 || asked.includes(name)) await section();
} finally {
  rmSync(folder, {recursive: true, force: true});
}
