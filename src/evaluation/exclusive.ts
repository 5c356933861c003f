// Whose turn it is: a jugfile's tasks go to the one host of the moment, and its arguments are process.argv, so that
// jugfiles are evaluated one after the other, each until it has ended. Knows no jugfile, and no store.

import {AsyncLocalStorage} from 'node:async_hooks';
import path from 'node:path';
import {userFrame} from '../core/call-site.js';
import {JugError} from '../core/errors.js';
import {currentHost, type Host, isEvaluating, restHost, tellApart} from '../tasks/host.js';

/** The jugfile that this is called from: it would wait for itself, and asks its own host. While in use, each promise costs more. */
const inside = new AsyncLocalStorage<string>();

/** Milliseconds after which one that waits for another's turn to end says so. */
const PATIENCE = 10_000;

/** The jugfile of the `execute` that has its turn, or waits for it. */
let run: string | undefined;
let turns = 0;
let last: Promise<void> = Promise.resolve();
/** Whose turn it is. */
let current: string | undefined;
/** Of each `init`; those that were closed are dropped when the next comes. */
let opened: readonly Host[] = [];
/** Whether nobody else can ask now for what is another host's. */
let isAlone = false;

// Without a script, who calls can be none but the jugfile.
tellApart(() => turns === 0 || isAlone || inside.getStore() !== undefined);

/** After it, what scripts make goes to the host of this jugfile. Those that are called meanwhile come after it. */
export function turnOfInit<T>(jugfile: string, body: () => Promise<T>): Promise<T> {
  refuseBeside('init');
  return inTurn(jugfile, async () => {
    const former = currentHost();
    try {
      const result = await inside.run(jugfile, body);
      opened = [...stillOpen(), currentHost()];
      return result;
    } catch (error) {
      restHost(former);
      throw error;
    } finally {
      inside.disable();
    }
  });
}

/** After it, all is as it was before. Whatever is called meanwhile is refused: a run may take days. */
export function turnOfExecute<T>(jugfile: string, body: () => Promise<T>): Promise<T> {
  refuseBeside('execute');
  run = jugfile;
  return inTurn(jugfile, async () => {
    const former = currentHost();
    isAlone = stillOpen().length === 0;
    try {
      return await (isAlone ? body() : inside.run(jugfile, body));
    } finally {
      run = undefined;
      isAlone = false;
      inside.disable();
      // What the jugfile has not awaited may still ask its own for something.
      if (former.running && !former.isOver) restHost(former);
    }
  });
}

function stillOpen(): readonly Host[] {
  return opened.filter(host => !host.isOver);
}

async function inTurn<T>(jugfile: string, body: () => Promise<T>): Promise<T> {
  const before = last;
  let end: () => void = () => {};
  last = new Promise(resolve => {
    end = resolve;
  });
  turns++;
  const late = setTimeout(() => {
    process.emitWarning(
      `Before ${path.basename(jugfile)} is read, ${path.basename(current ?? '')} has to end.`,
    );
  }, PATIENCE).unref();
  await before;
  clearTimeout(late);
  current = jugfile;
  const {argv} = process;
  try {
    return await body();
  } finally {
    process.argv = argv;
    restHost(currentHost());
    turns--;
    end();
  }
}

/** Errors: a JugError, if there is nothing to be waited for, or too much. */
function refuseBeside(call: string): void {
  const isElsewhere = turns === 0 && isEvaluating();
  const other = inside.getStore() ?? run ?? (isElsewhere ? process.argv[1] : undefined);
  if (other === undefined) return;
  const {file, site} = userFrame();
  const where = file === undefined ? '' : ` (${site})`;
  throw new JugError(
    `Expected ${call} to be called while no other jugfile is run or read, found it called${where} while ${path.basename(other)} is.\n` +
      'In a script, await the execute before it. A jugfile, or a task, can call neither init nor execute.',
  );
}
