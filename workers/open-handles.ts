// What tasks have left open in a thread: timers, files that are being written, work in the pool of node, programs. Node
// itself knows when nothing is left: then the event loop ends. So at the end of a run the thread lets go of all that holds
// the loop and is no work (its own ports, idle connections, servers, watchers), and ends by itself. Whose the rest is
// matters only if it does not end in time: that is kept cheaply, and looked through then.

import {AsyncResource, createHook} from 'node:async_hooks';
import {ChildProcess} from 'node:child_process';
import {Socket} from 'node:net';
import v8 from 'node:v8';
import vm from 'node:vm';
import {MessagePort} from 'node:worker_threads';
import {callText} from './call-text.js';
import {pipesOfChildren} from './child-processes.js';
import {type Running, running} from './task-context.js';

/** What holds the event loop, or may: most of node's resources do if they can be asked. */
interface Resource {
  hasRef?(): boolean;
  unref?(): unknown;
  _destroyed?: boolean;
  _repeat?: number | null;
  owner?: unknown;
}

interface Opened {
  readonly type: string;
  readonly resource: WeakRef<Resource>;
  /** `undefined`: of the jugfile itself, or of a module. A text, once its batch is over. */
  owner: Running | string | undefined;
}

/** Never work that is left behind. */
const NOTHING: ReadonlySet<string> = new Set(
  'PROMISE TickObject Microtask Immediate MESSAGEPORT FILEHANDLE DNSCHANNEL TLSWRAP'.split(' '),
);
/** These can be listed, all others have to be remembered. */
const REQUEST = /^FSREQ|REQ$|REQWRAP|^(WRITEWRAP|SHUTDOWNWRAP|[A-Z]+CONNECTWRAP|[A-Z]+SENDWRAP)$/;

/** How many are remembered before those that are over are sought. */
const LEAST = 1024;

/** Of so many tasks of a batch the arguments are told: that takes its time, and the least will ever be asked for. */
const MOST_SPELLED = 16;

let opened: Opened[] = [];
let most = LEAST;

interface Internals {
  _getActiveHandles(): Resource[];
  _getActiveRequests(): object[];
}
const node = process as unknown as Internals;

/** From now on what is opened is remembered. */
export function watchOpened(): void {
  createHook({
    // Ignored by versions of node that do not know it: in those, promises are seen anyway, for AsyncLocalStorage.
    ...({trackPromises: false} as object),
    init(_id, type, _trigger, resource) {
      if (NOTHING.has(type) || resource instanceof AsyncResource) return;
      const owner = running.getStore();
      if (owner === undefined && type !== 'Timeout' && type !== 'WORKER') return;
      if (opened.length >= most) {
        opened = stillOpen();
        most = Math.max(LEAST, 2 * opened.length);
      }
      opened.push({type, resource: new WeakRef(resource as Resource), owner});
    },
  }).enable();
}

/**
 * After a batch: what is over is forgotten, and the batch's arguments are not held by what is not. Whose work is left, if it
 * is surely work and surely not over.
 */
export function batchIsOver(): ReadonlySet<string> {
  if (opened.length === 0) return NOBODY;
  opened = stillOpen();
  const left = new Set<string>();
  let spelled = 0;
  for (const one of opened) {
    if (typeof one.owner === 'object')
      one.owner = spelled++ < MOST_SPELLED ? textOf(one.owner) : `${one.owner.batch.function}(…)`;
    if (one.owner !== undefined && isSure(one)) left.add(one.owner);
  }
  return left;
}

const NOBODY: ReadonlySet<string> = new Set();

function isSure({type, resource}: Opened): boolean {
  if (type === 'Timeout') return resource.deref()?._repeat == null;
  return type === 'PROCESSWRAP' || REQUEST.test(type);
}

const texts = new WeakMap<Running, string>();

function textOf(task: Running): string {
  let text = texts.get(task);
  if (text === undefined) {
    text = callText(task.batch, task.place);
    texts.set(task, text);
  }
  return text;
}

function stillOpen(): Opened[] {
  const requests = new Set(node._getActiveRequests());
  return opened.filter(({type, resource}) => {
    const found = resource.deref();
    if (found === undefined) return false;
    if (type === 'Timeout') return found._destroyed !== true && found.hasRef!();
    if (REQUEST.test(type)) return requests.has(found);
    return found.hasRef?.() ?? true;
  });
}

/**
 * Lets go of what holds the event loop and is no work. To be called again: what goes on may open more.
 */
export function letGo(isPrinting: boolean): void {
  const pipes = pipesOfChildren();
  for (const handle of node._getActiveHandles()) {
    // While main has not taken all that was printed, a port waits for its answer.
    if (handle instanceof MessagePort ? !isPrinting : isIdle(handle, pipes)) handle.unref?.();
  }
  for (const {type, resource, owner} of opened) {
    const found = resource.deref();
    if (found === undefined) continue;
    const isEndless = type === 'Timeout' && (found._repeat != null || owner === undefined);
    if (isEndless || type === 'WORKER') found.unref?.();
  }
}

function isIdle(handle: Resource, pipes: ReadonlySet<unknown>): boolean {
  if (handle instanceof ChildProcess) return false;
  // Below TLS, it is the bare handle that is listed.
  const socket = handle instanceof Socket ? handle : handle.owner;
  if (!(socket instanceof Socket)) return true;
  return !pipes.has(socket) && socket.writableLength === 0 && !socket.connecting && !awaitsAnswer(socket);
}

/** A connection of node's HTTP, or of fetch: those let go by themselves of connections that wait for nothing. */
function awaitsAnswer(socket: Socket): boolean {
  const {_httpMessage: message} = socket as {readonly _httpMessage?: unknown};
  return message != null || Object.getOwnPropertySymbols(socket).some(key => key.description === 'no ref');
}

/** Whose work is still under way, and what it is: `m.f(1): a timer`. Not that of the jugfile itself. */
export function openWork(): string[] {
  if (opened.length === 0) return [];
  collectGarbage();
  const current = running.getStore();
  const found = new Map<string, Set<string>>();
  for (const {type, owner} of stillOpen()) {
    if (owner === undefined || owner === current) continue;
    const text = typeof owner === 'string' ? owner : textOf(owner);
    found.set(text, (found.get(text) ?? new Set()).add(kindOf(type)));
  }
  return [...found].map(([text, kinds]) => `${text}: ${[...kinds].join(', ')}`);
}

function kindOf(type: string): string {
  if (type === 'Timeout') return 'a timer';
  if (type === 'PROCESSWRAP') return 'a program';
  if (type.startsWith('FSREQ')) return 'a file';
  if (/^(TCP|PIPE|UDP|TLS|WRITE|SHUTDOWN)/.test(type)) return 'a connection or pipe';
  return `work of node or of native code (${type})`;
}

/** Work in the pool of node cannot be listed, but what is over can be collected. */
function collectGarbage(): void {
  try {
    v8.setFlagsFromString('--expose-gc');
    (vm.runInNewContext('gc') as () => void)();
  } catch {
    // Then what is over is named as well.
  }
}
