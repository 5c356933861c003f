// One round: a scenario on a store of its own, from the first process to the verdict.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {randomNumbers} from '../helpers/tasks.js';
import {judge} from './history.js';
import {planOf, valuesOf} from './random-graph.js';
import type {Scenario} from './scenarios.js';
import type {StoreKind} from './store-kinds.js';
import {Watcher} from './watcher.js';
import {type End, World} from './world.js';

export interface Outcome {
  readonly tasks: number;
  readonly kills: number;
  readonly executions: number;
  readonly repeated: number;
  readonly bound: number;
  /** Results that were seen in the store while it went on. */
  readonly seen: number;
  readonly violations: readonly string[];
}

/** Milliseconds. What has ended so long before its process was killed is stored, also on a busy machine. */
const STORED_WITHIN = 1000;
/** Milliseconds after which a run that nobody disturbs any more hangs. */
const HANGS = 120_000;

export async function playRound(
  scenario: Scenario,
  kind: StoreKind,
  seed: number,
  {kills, size}: {readonly kills: number; readonly size: number},
): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-chaos-'));
  const random = randomNumbers(seed);
  const place = path.join(folder, 'store');
  const undo = scenario.prepare?.(place);
  const ground = await kind.open(place);
  const world = new World(folder, ground, [String(seed), String(size), String(scenario.pace)], random);
  try {
    const watcher = new Watcher(ground.jugdir);
    const violations: string[] = [];
    await scenario.play(world, {
      kills,
      times: Math.ceil(size / 1000),
      leases: kind.leases,
      complain: text => violations.push(text),
    });
    const hanging = await world.finish(HANGS);
    if (hanging > 0) violations.push(`${hanging} processes did not come to their end`);
    for (const {pid, end, doomed} of world.crew) {
      if (!doomed && end!.code !== 0 && !scenario.codes.includes(end!.code!))
        violations.push(`${pid} ended with ${end!.signal ?? end!.code}: ${end!.stderr.slice(-500)}`);
    }
    violations.push(...(await verdict(world, size)), ...(await watcher.verify()));
    const values = valuesOf(planOf(seed, size));
    const {violations: told, ...judgement} = judge(world.history, values, STORED_WITHIN);
    violations.push(...told);
    const read = await world.read();
    if (read.code !== 0) violations.push(`the results cannot be read: ${read.stderr.slice(-500)}`);
    else violations.push(...differences(JSON.parse(read.stdout) as number[], values));
    if (judgement.repeated > judgement.bound)
      violations.push(`${judgement.repeated} were run again, and at most ${judgement.bound} were under way`);
    return {tasks: size, kills: world.kills, seen: watcher.size, ...judgement, violations};
  } finally {
    await world.finish(0);
    await ground.stop();
    undo?.();
    rmSync(folder, {recursive: true, force: true, maxRetries: 5});
  }
}

/** Whoever comes after it all finds nothing that needs a hand. */
async function verdict(world: World, size: number): Promise<string[]> {
  const violations: string[] = [];
  const says = (what: string, {code, stdout, stderr}: End): string =>
    `${what} ended with ${code}: ${stdout.slice(-500)}${stderr.slice(-500)}`;
  const execute = await world.jug('execute', ['-j', '2']);
  if (execute.code !== 0) violations.push(says('the last `jug execute`', execute));
  const status = await world.jug('status', ['--json']);
  if (status.code !== 0) return [...violations, says('`jug status`', status)];
  const {total} = JSON.parse(status.stdout) as {total: Record<string, number>};
  const expected = {failed: 0, waiting: 0, ready: 0, finished: size, running: 0};
  if (Object.entries(expected).some(([state, count]) => total[state] !== count))
    violations.push(`the tasks stand at ${JSON.stringify(total)}`);
  return violations;
}

function differences(found: readonly number[], expected: readonly number[]): string[] {
  const wrong = [...expected.keys()].filter(n => found[n] !== expected[n]);
  return wrong.length === 0
    ? []
    : [`${wrong.length} results are wrong, the first of them of task ${wrong[0]}`];
}
