// jug submit: an array of jobs on a cluster, each of which is a `jug execute` in the current folder. What a batch
// system wants to read is batch-systems.ts; what follows -- is for `jug execute`, and is looked at here first, because
// a slip of the pen should be told now and not by twenty logs tomorrow.

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {Command as Parser} from 'commander';
import {JugError} from '../core/errors.js';
import {entryPath} from '../core/package-files.js';
import {findJugfile} from '../settings/find-jugfile.js';
import {chosenJugdir} from '../settings/jugdir.js';
import {withoutPassword} from '../stores/redact.js';
import {checkJugdir, normalJugdir, schemeOf} from '../stores/registry.js';
import {type ArrayJob, arrayScript, BATCH_SYSTEMS, type BatchSystem} from './batch-systems.js';
import {type Command, type Invocation, type Options, wholeNumber} from './command.js';
import {execute} from './execute.js';
import {
  currentFolder,
  logFolder,
  makeLogFolder,
  nameAfter,
  readMegabytes,
  readMinutes,
  readName,
  readQueue,
} from './submit-options.js';

const CLI = entryPath('src/bin.js');
const FLAGS = Object.keys(BATCH_SYSTEMS).map(flag => `--${flag}`);

export const submit: Command = {
  example: 'jug submit primes.ts --slurm -n 20 -- -j 8   (what follows -- is for jug execute)',
  configure(parser) {
    for (const [flag, {title, command}] of Object.entries(BATCH_SYSTEMS))
      parser.option(`--${flag}`, `for ${title} (${command})`);
    parser
      .option('-n, --number <n>', 'how many jobs (must be given)', wholeNumber(1))
      .option('--name <name>', 'of the jobs (default: the name of the jugfile)', readName)
      .option('--time <time>', 'limit for each job: 90m, 12h, 2d or 1:30:00', readMinutes)
      .option('--memory <amount>', 'for each job: 500M, 4G', readMegabytes)
      .option('--queue <name>', 'queue, or partition', readQueue)
      .option('--output <folder>', 'for what the jobs print (default: the current folder)')
      .option('--print', 'only print the script');
  },
  async run(invocation) {
    const {jugfile, args, afterDashes, options, print, note} = invocation;
    const system = systemOf(options);
    if (options.number === undefined) throw new JugError('Expected -n N, how many jobs there should be.');
    const file = findJugfile(jugfile);
    const {jobs, jugdir} = readExecuteFlags(invocation);
    const chosen = chosenJugdir(file, jugdir ?? options.jugdir);
    // Of others the jugfile has the last word, by setJugdir.
    if (chosen.isGiven) await checkJugdir(chosen.current);
    await mindStore(chosen.isGiven ? chosen.current : path.relative('', chosen.current), note);
    const job: ArrayJob = {
      name: (options.name as string | undefined) ?? nameAfter(file),
      count: options.number as number,
      cores: jobs ?? 1,
      minutes: options.time as number | undefined,
      megabytes: options.memory as number | undefined,
      queue: options.queue as string | undefined,
      logs: logFolder(options.output as string | undefined),
    };
    const argv = [process.execPath, CLI, 'execute', jugfile ?? path.basename(file)];
    argv.push(...args.slice(0, args.length - afterDashes.length));
    if (options.jugdir !== undefined) argv.push('--jugdir', normalJugdir(options.jugdir));
    if (jobs === undefined) argv.push('-j', '1');
    const script = arrayScript(system, job, currentFolder(), [...argv, ...afterDashes]);
    if (options.print) {
      print(script.trimEnd());
      if (!existsSync(job.logs)) note(`Before the script is submitted, make the folder ${job.logs}`);
      return 0;
    }
    makeLogFolder(job.logs);
    hand(script, system, invocation);
    return 0;
  },
};

function systemOf(options: Options): BatchSystem {
  const chosen = Object.keys(BATCH_SYSTEMS).filter(flag => options[flag]);
  if (chosen.length === 1) return BATCH_SYSTEMS[chosen[0]!]!;
  const found = chosen.length === 0 ? 'none' : chosen.map(flag => `--${flag}`).join(' and ');
  throw new JugError(
    `Expected one of ${FLAGS.join(', ')}, the batch system of your cluster, found ${found}.`,
  );
}

interface ExecuteFlags {
  /** `undefined`: not given. On a cluster, all cores would be those of others. */
  readonly jobs: number | undefined;
  readonly jugdir: string | undefined;
}

/** Errors: commander's, as `jug execute` itself would tell them. */
function readExecuteFlags({afterDashes, note}: Invocation): ExecuteFlags {
  const parser = new Parser('jug execute')
    .exitOverride()
    .configureOutput({outputError: text => note(`After --, for jug execute: ${text.trimEnd()}`)})
    .helpOption(false)
    .argument('[args...]')
    .option('--jugdir <path>');
  execute.configure(parser);
  const end = afterDashes.indexOf('--');
  parser.parse(end === -1 ? afterDashes : afterDashes.slice(0, end), {from: 'user'});
  const {jobs, jugdir} = parser.opts<{jobs: number; jugdir?: string}>();
  return {jobs: parser.getOptionValueSource('jobs') === 'cli' ? jobs : undefined, jugdir};
}

/** Jobs that cannot see each other's results all do the whole work. */
async function mindStore(jugdir: string, note: Invocation['note']): Promise<void> {
  const scheme = await schemeOf(jugdir);
  const instead = 'take --jugdir file:FOLDER with a folder that all machines see, or --jugdir redis://HOST';
  if (scheme === 'dict_store') {
    throw new JugError(
      `Expected a jugdir that all jobs share, found ${jugdir}, the memory of one process: ${instead}`,
    );
  }
  if (scheme === 'lmdb') {
    note(
      `The jugdir ${jugdir} is an LMDB store, which works on one machine only. If jobs run on several, ${instead}.`,
    );
  }
  if (/^(redis|valkey)s?$/.test(scheme) && /\/\/(.*@)?(localhost|127\.|\[::1\])/.test(jugdir)) {
    note(
      `The jugdir ${withoutPassword(jugdir)} is reached by a name that means another machine elsewhere. Name it as the other machines do.`,
    );
  }
}

function hand(script: string, {title, command}: BatchSystem, {print, note}: Invocation): void {
  const {error, status, signal, stdout, stderr} = spawnSync(command, [], {input: script, encoding: 'utf8'});
  if (error !== undefined) {
    const found = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : error.message;
    throw new JugError(
      `Expected ${title}'s ${command} on the PATH, found ${found}. Looked in ${process.env.PATH}.\nSubmit from a machine of the cluster that has it, or write the script with --print.`,
      2,
      {cause: error},
    );
  }
  if (stderr !== '') note(stderr.trimEnd());
  if (stdout !== '') print(stdout.trimEnd());
  if (status !== 0)
    throw new JugError(`${command} did not take the script (${signal ?? `exit code ${status}`}).`, 4);
}
