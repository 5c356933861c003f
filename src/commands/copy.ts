// jug copy: moves what one store holds to another, of whatever kinds.

import {realpathSync} from 'node:fs';
import {JugError} from '../core/errors.js';
import {type Copied, copyAll} from '../stores/copy.js';
import {withoutPassword} from '../stores/redact.js';
import {isNew, missingAt, normalJugdir, openStore, pathOf} from '../stores/registry.js';
import {bytesText, countText} from '../ui/format.js';
import type {Command, Invocation} from './command.js';

/** Milliseconds between two lines of progress. */
const TELL_EVERY = 5000;

export const copy: Command = {
  example: 'jug copy primes.jugdata redis://localhost/0',
  words: [
    ['<from>', 'a jugdir: what is in it is copied'],
    ['<to>', 'another, of any kind: made, if it is not there'],
  ],
  configure(parser) {
    parser.option('--dry-run', 'read and check everything, and copy nothing');
  },
  async run({args, options, print, note}) {
    const [from, to, ...more] = args.map(normalJugdir) as [string, string, ...string[]];
    if (more.length > 0)
      throw new JugError(
        `Expected two jugdirs, found ${more.length} more: ${more.map(withoutPassword).join(' ')}.`,
      );
    const dryRun = Boolean(options.dryRun);
    refuseSenseless(from, to);
    const missing = await missingAt(from);
    if (missing !== undefined)
      throw new JugError(`Expected a store at ${missing}, to copy from; found nothing there.`);
    const copied = await copyBetween(from, to, dryRun, note);
    // Only now: some stores write what they were given when they are closed.
    print(said(copied, dryRun));
    return copied.damaged.length > 0 ? 1 : 0;
  },
};

async function copyBetween(
  from: string,
  to: string,
  dryRun: boolean,
  note: Invocation['note'],
): Promise<Copied> {
  const source = await openStore(from, 'read');
  try {
    const target = await openStore(to, dryRun ? 'read' : 'write');
    try {
      if (source.kind === target.kind && source.location === target.location) throw same(from, to);
      let told = performance.now();
      return await copyAll({
        from: source,
        to: target,
        dryRun,
        onDamage: what => note(`damaged, left out: ${what}`),
        onProgress(results, bytes) {
          if (performance.now() - told < TELL_EVERY) return;
          told = performance.now();
          note(`${countText(results, 'result')} copied so far (${bytesText(bytes)})`);
        },
      });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Told before a store is made. */
function refuseSenseless(from: string, to: string): void {
  if (from === to || (pathOf(from) !== undefined && realPath(from) === realPath(to))) throw same(from, to);
  for (const jugdir of [from, to]) {
    if (pathOf(jugdir) === undefined && isNew(jugdir)) {
      throw new JugError(
        `Expected two stores that last, found ${jugdir}, which is empty at the start and gone at the end. With a file it lasts: ${jugdir}:results.dict`,
      );
    }
  }
}

function same(from: string, to: string): JugError {
  const [one, other] = [from, to].map(withoutPassword);
  return new JugError(`Expected two stores, found that ${one} and ${other} are one and the same.`);
}

function realPath(jugdir: string): string | undefined {
  const path = pathOf(jugdir);
  try {
    return path && realpathSync(path);
  } catch {
    return path;
  }
}

function said({results, bytes, failures, there, damaged}: Copied, dryRun: boolean): string {
  const copied = `${countText(results, 'result')} (${bytesText(bytes)}) and ${countText(failures, 'failure')}`;
  return [
    `${dryRun ? 'Would copy' : 'Copied'} ${copied}.`,
    ...(there > 0 ? [`Skipped ${there}, which ${there === 1 ? 'was' : 'were'} there already.`] : []),
    ...(damaged.length > 0
      ? [`Left out ${damaged.length}, which ${damaged.length === 1 ? 'is' : 'are'} damaged.`]
      : []),
  ].join('\n');
}
