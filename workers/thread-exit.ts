// How a thread ends: by itself, when nothing that tasks have left is open any more; or at once, when main says so, after
// what it has printed and what `process.on('exit')` asked for. Main speaks to it by a port of its own, which the jugfile
// never sees.

import {MessageChannel, type MessagePort, parentPort, threadId} from 'node:worker_threads';
import type {Ending, Greeting, Word} from '../src/run/worker-threads.js';
import {endChildren, watchChildren} from './child-processes.js';
import {takeInherited} from './inherited-stdio.js';
import {batchIsOver, letGo, openWork, watchOpened} from './open-handles.js';
import {printing, sendPrints} from './task-output.js';

/** Milliseconds after which is looked again for what may be let go. */
const LOOK_EVERY = 50;

const {exit} = process;
const begun = new Int32Array(new SharedArrayBuffer(4));
const {port1: control, port2} = new MessageChannel();
let isEnding = false;
/** Whose work was left after the last batch. */
let lastLeft: ReadonlySet<string> = new Set();

/** Greets main. `port`: by which main's services are called. */
export function greet(port: MessagePort): void {
  sendPrints();
  takeInherited();
  watchChildren();
  watchOpened();
  control.on('message', (ending: Ending) => {
    if (ending === 'finish') finish();
    else leave();
  });
  process.on('exit', () => {
    if (!isEnding) tell(openWork());
  });
  const prints = {port: printing.mainPort, ring: printing.ring};
  const greeting: Greeting = {from: 'jug', thread: threadId, port, control: port2, prints, begun};
  parentPort!.postMessage(greeting, [port, port2, prints.port]);
}

/** Around each batch. */
export function batchBegins(): void {
  begun[0] = 1;
}

/** What it has printed is main's before its results are. */
export function batchEnds(): Promise<unknown> | undefined {
  const left = batchIsOver();
  if (left.size + lastLeft.size > 0) control.postMessage({left: [...left]} satisfies Word);
  lastLeft = left;
  return printing.sent();
}

function finish(): void {
  isEnding = true;
  // It has run nothing: what is open is the jugfile's own.
  if (begun[0] === 0) {
    leave();
    return;
  }
  const look = (): void => letGo(printing.isWaiting);
  setInterval(look, LOOK_EVERY).unref();
  look();
}

/** Also where tasks run: then they end here. Node hands over what is printed. */
function leave(): void {
  if (isEnding) tell(openWork());
  isEnding = true;
  endChildren();
  exit(0);
}

function tell(open: readonly string[]): void {
  if (open.length > 0) control.postMessage({open} satisfies Word);
}
