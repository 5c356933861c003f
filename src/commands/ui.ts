// jug ui: the full screen, on a run that goes on in another process, or is over.

import {Option} from 'commander';
import {type ExitCode, JugError, StoreError} from '../core/errors.js';
import {findJugfile} from '../settings/find-jugfile.js';
import {withoutPassword} from '../stores/redact.js';
import type {ColourChoice} from '../ui/paint.js';
import {wantsColours} from '../ui/paint.js';
import {Keyboard} from '../ui/screen/keyboard.js';
import {LEAST_SCREEN, showFullScreen} from '../ui/screen/show.js';
import {canDraw} from '../ui/terminal.js';
import {type Command, type Invocation, type Looked, withLook} from './command.js';
import {screen} from './output.js';
import {actOn} from './screen-acts.js';
import {shortPath} from './views.js';
import {watchedRun} from './watched-run.js';

export const ui: Command = {
  example: 'jug ui primes.ts',
  configure(parser) {
    parser.addOption(
      new Option('--color <when>', 'whether what is drawn has colours').choices(['auto', 'always', 'never']),
    );
  },
  run: invocation => showRun(invocation),
};

/** Errors: a JugError where there is no terminal to draw on. */
export async function showRun(invocation: Invocation): Promise<ExitCode> {
  const keyboard = canDraw(process.stderr, {...process.env, CI: 'false'}, LEAST_SCREEN)
    ? Keyboard.open()
    : undefined;
  if (keyboard === undefined) {
    throw new JugError(
      `Expected a terminal of at least ${LEAST_SCREEN.columns} columns and ${LEAST_SCREEN.rows} rows for the full screen, found none.\n` +
        '`jug status` prints how far each function is, and `jug status --json` the same for programs.',
    );
  }
  try {
    return await withLook({...invocation, note: () => {}}, 'read', looked =>
      show(looked, invocation, keyboard),
    );
  } finally {
    keyboard.close();
  }
}

async function show(
  looked: Looked,
  {jugfile, options, note}: Invocation,
  keyboard: Keyboard,
): Promise<ExitCode> {
  const store = await looked.store();
  const {openDrawing} = await import('../ui/ink-canvas.js');
  const about = {
    jugfile: shortPath(findJugfile(jugfile)),
    jugdir: shortPath(withoutPassword(store.location)),
  };
  const run = watchedRun(looked, about);
  const choice = (options.color as ColourChoice | undefined) ?? 'auto';
  const output = screen();
  const hasColours = wantsColours(choice, process.env, () => process.stderr.getColorDepth());
  const acting = {
    graph: looked.host.graph,
    store: looked.storeNow,
    change: run.change,
  };
  const showing = showFullScreen({
    source: run.source,
    keyboard,
    output,
    open: () => openDrawing({stream: output, hasColours}),
    act: effect =>
      actOn(acting, effect).catch(error => {
        if (error instanceof StoreError) return error.message;
        throw error;
      }),
    onInterrupt: () => false,
  });
  let received: ExitCode = 0;
  const end = (code: ExitCode) => () => {
    received = code;
    showing.leave();
  };
  const onEnd = {SIGTERM: end(143), SIGHUP: end(129), SIGINT: end(130)};
  for (const [signal, handler] of Object.entries(onEnd)) process.on(signal, handler);
  const watching = new AbortController();
  const watch = run.watch(watching.signal);
  try {
    await Promise.race([showing.left, watch]);
  } finally {
    showing.leave();
    watching.abort();
    for (const [signal, handler] of Object.entries(onEnd)) process.off(signal, handler);
  }
  await watch;
  if (looked.barriers().length > 0)
    note(`The jugfile waits at ${looked.barriers()[0]!.site}: what it defines after that is not known yet.`);
  return received;
}
