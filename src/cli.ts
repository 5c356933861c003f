#!/usr/bin/env node
// argv → command → exit code. The only place that ends the process.

import {CommanderError, Option, Command as Parser} from 'commander';
import type {Command, Invocation} from './commands/command.js';
import {isSignalled, noteSignals} from './commands/deferred-exits.js';
import {COMMANDS} from './commands/index.js';
import {leaveThreads} from './commands/leaving.js';
import {allWritten, keepStdout, note, print, printText} from './commands/output.js';
import {applySettings} from './commands/settings.js';
import {userFrame} from './core/call-site.js';
import {type ExitCode, JugError} from './core/errors.js';
import {tooManyFiles} from './core/fd-limit.js';
import {noteIntervals} from './core/open-handles.js';
import {whatNeverCame} from './core/pending-awaits.js';
import {VERSION} from './core/version.js';

const HELP: ReadonlySet<string> = new Set(['help', '--help', '-h']);

async function main(argv: readonly string[]): Promise<ExitCode> {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end + 1);
  const parser = new Parser('jug')
    .description('Runs the tasks of a jugfile on all cores, and keeps every result.')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({writeOut: printText, outputError: text => note(text.trimEnd())})
    .addHelpText('beforeAll', '')
    .showHelpAfterError('(jug COMMAND --help shows what there is)');
  const words = own.filter(word => !word.startsWith('-'));
  const [called] = words;
  let code: ExitCode = 0;
  for (const [name, {summary, load}] of Object.entries(COMMANDS)) {
    const subparser = parser.command(name).description(summary);
    if (name !== called && called !== 'help') continue;
    const command = await load();
    configure(subparser, command);
    subparser.action(async () => {
      const {jugfile, args} = wordsOf(command, subparser.args);
      if (command.words === undefined) applySettings(subparser, jugfile);
      const options: Invocation['options'] = subparser.opts();
      code = await command.run({jugfile, args: [...args, ...rest], afterDashes: rest, options, print, note});
    });
  }
  const [asked] = called === 'help' ? words.slice(1) : words;
  const isKnown = asked === undefined || asked === 'help' || Object.hasOwn(COMMANDS, asked);
  // The help of a command that does not exist would be the help of all: it is called instead, and refused.
  const parsed = isKnown ? own : own.filter(word => !HELP.has(word));
  await parser.parseAsync(parsed, {from: 'user'});
  return code;
}

/** A command with words of its own has no jugfile. */
function wordsOf(
  {words}: Command,
  given: readonly string[],
): {readonly jugfile: string | undefined; readonly args: readonly string[]} {
  return words === undefined ? {jugfile: given[0], args: given.slice(1)} : {jugfile: undefined, args: given};
}

function configure(parser: Parser, command: Command): void {
  if (command.words !== undefined) {
    for (const [word, meaning] of command.words) parser.argument(word, meaning);
    parser.addHelpText('before', `  ${command.example}\n`);
    command.configure(parser);
    return;
  }
  parser
    .argument('[jugfile]', 'jugfile.ts, .mts, .js or .mjs if not given')
    .argument('[args...]', "the jugfile's own arguments; those that begin with - go after --")
    .addHelpText('before', `  ${command.example}\n`)
    .addOption(new Option('--jugdir <path>', 'where results are kept (default: <jugfile>.jugdata)'));
  command.configure(parser);
}

/** What the user is told of an error that ended the command. */
function exitCodeOf(error: unknown): ExitCode {
  // commander has printed its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const files = tooManyFiles(error);
  if (files !== undefined) {
    note(`jug: ${files.message}`);
    return files.exitCode;
  }
  if (error instanceof JugError) {
    note(`jug: ${error.message}`);
    return error.exitCode;
  }
  note(`This is a bug in jug ${VERSION}, please report it:`);
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 4;
}

/** The exit code of a process that SIGHUP ends. */
const HUNG_UP = 129;

let ended = false;
let isIdle = false;
let hasThrown = false;
// Node ends by itself when nothing is left that could go on. Without that, or an error that nobody handles, somebody
// ended the process: in its thread, none but the jugfile or a store's module can.
process.on('beforeExit', () => {
  isIdle = true;
  // Others may have it go on.
  setImmediate(() => {
    isIdle = false;
  }).unref();
});
process.on('uncaughtExceptionMonitor', () => {
  hasThrown = process.listenerCount('uncaughtException') === 0;
});
process.on('exit', code => {
  // Who handles a signal says how the process ends.
  if (ended || hasThrown || isSignalled()) return;
  process.exitCode = exitCodeOf(isIdle ? (whatNeverCame() ?? JUGFILE_NEVER_ENDS) : calledExit(code));
});

const JUGFILE_NEVER_ENDS = new JugError(
  'Expected the jugfile to run to its end, found that it awaits something that never comes.',
  3,
);

/** While it is called, its caller still stands on the stack. */
function calledExit(code: number): JugError {
  return new JugError(
    `Expected the jugfile to run to its end, found that ${userFrame().site} called process.exit(${code}), which ends jug too. A jugfile ends by reaching its last line, or by throwing`,
    3,
  );
}

/** At an exit, node would look after the terminal, and crash where that is gone: then the signal itself ends the process. */
function leave(code: ExitCode): void {
  leaveThreads(code);
  if (code === HUNG_UP) process.kill(process.pid, 'SIGHUP');
  process.exit(code);
}

/** The command's own code, if it is a failure, says more than that nobody could read of it. */
async function writtenCode(code: ExitCode): Promise<ExitCode> {
  const lost = await allWritten();
  if (lost === undefined) return code;
  note(`jug: ${lost}`);
  return code === 0 ? 4 : code;
}

keepStdout();
noteSignals();
noteIntervals();
void main(process.argv.slice(2))
  .catch(exitCodeOf)
  .then(code => {
    ended = true;
    // What is still in the pipe is written first; a jugfile's timers and sockets do not keep the command alive.
    return writtenCode(code);
  })
  .then(leave);
