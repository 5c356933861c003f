// What the heartbeat of a Redis store runs: it renews the lease of its process, over a connection of its own. What comes of it,
// it tells main, which renews in its stead where that failed, and knows what errors mean.

import threads = require('node:worker_threads');
import Beating = require('../heartbeat-writer.cjs');
import Wire = require('./resp.cjs');

export interface Data {
  readonly server: Wire.Server;
  readonly limits: Wire.Limits;
  readonly greeting: readonly (readonly Wire.Word[])[];
  /** The script, as it is called: in it the number of changes that was seen stands at `seenAt`. */
  readonly renewal: readonly Wire.Word[];
  readonly seenAt: number;
}

/** Where the server was reached by main. */
export interface Found {
  readonly server: Wire.Server;
}

export type News =
  | {readonly kind: 'renewed'; readonly changes: number}
  | {readonly kind: 'failed'; readonly why: string};

/** Nodes of a cluster that send to another, one after the other. */
const MOVES = 4;

const {limits, greeting, renewal, seenAt, ...data} = threads.workerData as Data & Beating.Course;
let {server} = data;
let wire: Wire | undefined;
let byName = false;
let isRenewing = false;
let isOver = false;
let seen = Number(renewal[seenAt]);

async function connected(): Promise<Wire> {
  if (wire?.isOpen) return wire;
  try {
    wire = await Wire.to(server, byName, greeting, limits);
    byName = false;
    return wire;
  } catch (error) {
    // It may have moved; or its name cannot be looked up now.
    byName = !byName;
    throw error;
  }
}

/** `undefined`: the store is being closed, and the lease is not to be renewed. */
async function asked(): Promise<Wire.Reply | undefined> {
  const open = await connected();
  if (!heart.begin()) return undefined;
  try {
    return await open.ask(renewal.with(seenAt, seen), limits.silence);
  } finally {
    heart.finish();
  }
}

/** A connection that was cut while it was idle is made anew at once. */
async function answer(): Promise<Wire.Reply | undefined> {
  const wasOpen = wire?.isOpen;
  for (let moves = 0; ; moves++) {
    const reply = await asked().catch(error => {
      if (wasOpen && moves === 0) return asked();
      throw error;
    });
    const moved = reply instanceof Error ? /^MOVED \d+ (.*):(\d+)/.exec(reply.message) : null;
    if (moved === null || moves === MOVES) return reply;
    const [, host, port] = moved;
    server = {
      ...server,
      ...(host === '' ? {} : {host, address: undefined}),
      port: Number(port),
    } as Wire.Server;
    wire?.end(new Error('the cluster has moved the keys'));
  }
}

async function renew(): Promise<void> {
  // One that is on its way is enough.
  if (isRenewing || isOver) return;
  isRenewing = true;
  let news: News | undefined;
  try {
    const reply = await answer();
    if (reply instanceof Error) throw reply;
    if (reply === undefined) return;
    seen = Math.max(seen, Number(reply));
    news = {kind: 'renewed', changes: seen};
  } catch (error) {
    const {message, code = ''} = error as NodeJS.ErrnoException;
    news = {kind: 'failed', why: message || code};
  } finally {
    isRenewing = false;
  }
  if (!isOver) heart.tell(news);
}

const heart = new Beating(
  data,
  () => void renew(),
  message => {
    server = (message as Found).server;
  },
  () => {
    isOver = true;
    wire?.end(new Error('the store was closed'));
  },
);
void renew();
