// What a person should know of a Redis server before trusting it: does it keep what it is given, or may it forget. A
// user who may not ask is told so.

import type {Description, Note} from '../store.js';
import type {Command, Connection, Reply} from './connection.js';
import {COUNT} from './read-scripts.js';
import {FORMAT, SHARDS} from './write-scripts.js';

/** Of so many shards the size is asked; hashes spread evenly, so the others are alike. */
const SAMPLE = 64;

export async function describe(connection: Connection, prefix: string): Promise<Description> {
  const [bytes, notes] = await Promise.all([bytesIn(connection, prefix), notesOn(connection)]);
  return {format: FORMAT, bytes, notes};
}

async function bytesIn(connection: Connection, prefix: string): Promise<number | undefined> {
  const [counts] = (await connection.run(COUNT, `${prefix}store`, [[]])) as [readonly number[]];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shards = [...counts.keys()].filter(shard => shard % (SHARDS / SAMPLE) === 0 || total < SHARDS);
  const sampled = shards.filter(shard => counts[shard]! > 0);
  const keys = [...sampled.map(shard => `r:${shard.toString(16).padStart(3, '0')}`), 'failures', 'origins'];
  const usages = await attempt(
    connection,
    keys.map((key): Command => ['MEMORY', 'USAGE', prefix + key]),
  );
  if (usages === undefined) return undefined;
  const [large] = await connection.send([['HGET', `${prefix}store`, 'large']]);
  const sizes = usages.map(Number);
  const others = sizes.splice(sampled.length);
  const seen = sampled.reduce((sum, shard) => sum + counts[shard]!, 0);
  const results = seen === 0 ? 0 : (sumOf(sizes) * total) / seen;
  return Math.round(results + sumOf(others) + Number(large ?? 0));
}

async function notesOn(connection: Connection): Promise<Note[]> {
  const [info] = (await attempt(connection, [['INFO']])) ?? [];
  const [saving] = (await attempt(connection, [['CONFIG', 'GET', 'save']])) ?? [];
  if (info === undefined) {
    return [
      fact(
        'This user may not use INFO, so it is not known whether the server keeps its data over a restart, nor whether it evicts some of it (maxmemory-policy).',
      ),
    ];
  }
  const facts = new Map(
    String(info)
      .split('\r\n')
      .map(line => line.split(/:(.*)/s) as [string, string]),
  );
  return [server(facts, connection.version), persistence(facts, saving), ...eviction(facts)];
}

function server(facts: ReadonlyMap<string, string>, version: string): Note {
  const valkey = facts.get('valkey_version');
  const name = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
  return fact(`The server is ${name}, and uses ${facts.get('used_memory_human')} of memory in all.`);
}

function persistence(facts: ReadonlyMap<string, string>, saving: Reply | undefined): Note {
  if (facts.get('aof_enabled') === '1') {
    return fact('The server keeps its data in an append-only file: results stay when it is restarted.');
  }
  const rules = saving === undefined ? undefined : String((saving as Reply[])[1] ?? '');
  if (rules === '') {
    return warning(
      'The server keeps its data in memory only: when it is restarted, every result is lost. Switch on its append-only file: CONFIG SET appendonly yes',
    );
  }
  const how = rules === undefined ? 'at most' : `(save ${rules})`;
  return fact(
    `The server keeps snapshots of its data ${how}: when it crashes, what was saved since the last one is lost. With its append-only file it is kept: CONFIG SET appendonly yes`,
  );
}

function eviction(facts: ReadonlyMap<string, string>): Note[] {
  const policy = facts.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return [];
  const limit = facts.get('maxmemory') === '0' ? 'no limit is set yet' : facts.get('maxmemory_human');
  const what = policy.startsWith('volatile') ? 'the leases of running processes' : 'results';
  return [
    warning(
      `The server's maxmemory-policy is ${policy}: as soon as its memory is full (maxmemory: ${limit}), it removes ${what} without a word. CONFIG SET maxmemory-policy noeviction`,
    ),
  ];
}

/** `undefined`: this user may not, or the server does not know how. */
async function attempt(connection: Connection, commands: readonly Command[]): Promise<Reply[] | undefined> {
  try {
    return await connection.send(commands);
  } catch (error) {
    if (connection.isConnected) return undefined;
    throw error;
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function fact(text: string): Note {
  return {kind: 'fact', text};
}

function warning(text: string): Note {
  return {kind: 'warning', text};
}
