// One connection to a Redis server, made when it is needed and made anew when it was lost. Sends, waits no longer than
// it must, and tells failures as StoreErrors. Does not try again by itself for longer than a moment: how long it is worth
// waiting for a server is for others to say. Knows commands; knows nothing of what is stored.
//
// The client's own reconnecting, queueing and sending again are all switched off: they know no limits.

import {createHash} from 'node:crypto';
import type {Socket} from 'node:net';
import type {Redis} from 'ioredis';
import {StoreError} from '../../core/errors.js';
import type {StoreOptions} from '../store.js';
import {answered, hungUp, silent, tooOld, unreachable} from './errors.js';
import type Wire from './resp.cjs';
import {inTurns, type Watch, watchTraffic} from './stall-timeout.js';
import {type Address, greetingOf, serverName, tlsOptions} from './url.js';
import type {Script} from './write-scripts.js';

export type Reply = Buffer | number | null | readonly Reply[];
export type Word = string | number | Uint8Array;
export type Command = readonly [name: string, ...words: Word[]];

/**
 * `connect`: until a connection must be made. `silence`: in which nothing has come or gone, while an answer is awaited;
 * from half of it on it is told.
 */
export type Limits = Wire.Limits;

export interface Connection {
  /** Sends all at once; the answers in order. Errors: StoreError. */
  send(commands: readonly Command[]): Promise<Reply[]>;
  /** One script with each of these lists of arguments, all at once; `key` tells a cluster which node to ask. */
  run(script: Script, key: string, arguments_: readonly (readonly Word[])[]): Promise<Reply[]>;
  /** Of the server that was reached last. */
  readonly version: string;
  readonly isConnected: boolean;
  /** Where the server is, as far as is known, and what opens a connection to it. */
  readonly server: Wire.Server;
  readonly greeting: readonly (readonly (string | number)[])[];
  close(): void;
}

interface Live {
  readonly client: Redis;
  /** Why it ended, once it has. */
  end: StoreError | undefined;
  version: string;
  /** How many exchanges are under way. */
  asked: number;
  readonly watch: Watch;
}

export const LIMITS: Limits = {connect: 5000, silence: 10_000};
/** Milliseconds before it is asked again whether the server has loaded its data. */
const LOADING_REST = 200;
const MOVES = 4;

export function openConnection(
  address: Address,
  limits: Limits,
  onSilence: StoreOptions['onSilence'] = () => {},
): Connection {
  const {location} = address;
  let place: {readonly host: string; readonly port: number} = address;
  /** What the name of the host stood for when it was reached. To look it up takes a thread of node's pool, and tasks may fill that. */
  let known: string | undefined;
  let byName = false;
  let current: Promise<Live> | undefined;
  let live: Live | undefined;
  let isClosed = false;
  const greeting = greetingOf(address);

  async function connect(): Promise<Live> {
    const deadline = performance.now() + limits.connect;
    for (;;) {
      try {
        return await connectOnce();
      } catch (error) {
        const isLoading = error instanceof StoreError && /LOADING/.test(error.message);
        if (!isLoading || performance.now() + LOADING_REST > deadline || isClosed) throw error;
        await new Promise(resolve => setTimeout(resolve, LOADING_REST));
      }
    }
  }

  async function connectOnce(): Promise<Live> {
    // Named by hand, since the package's own types want a default import.
    const {Redis} = await import('ioredis');
    const {tls} = address;
    const client = new Redis({
      ...{
        host: byName ? place.host : (known ?? place.host),
        port: place.port,
        protocol: 2,
        lazyConnect: true,
        disableClientInfo: true,
      },
      ...{enableReadyCheck: false, enableOfflineQueue: false, autoResendUnfulfilledCommands: false},
      ...{retryStrategy: () => null, maxRetriesPerRequest: null, connectTimeout: 0},
      ...(tls === undefined ? {} : {tls: tlsOptions(tls, place.host)}),
    });
    const made: Live = {
      client,
      end: undefined,
      version: '',
      asked: 0,
      watch: watchTraffic(() => client.stream, limits.silence, {
        quiet: milliseconds => onSilence(silent(location, milliseconds / 1000), milliseconds),
        silent: () => end(made, silent(location, limits.silence / 1000)),
      }),
    };
    // Comes before what it ends, and says why.
    client.on('error', error => end(made, unreachable(location, error)));
    client.on('end', () => end(made, unreachable(location, new Error('it has closed the connection'))));
    const late = inTurns(limits.connect, () =>
      end(made, silent(location, limits.connect / 1000, tls && 'Should it not speak TLS, write redis://')),
    );
    try {
      await client.connect().catch(error => {
        throw made.end ?? unreachable(location, error);
      });
      await greet(made, address);
      if (isClosed) throw unreachable(location, new Error('the store was closed'));
      known = (client.stream as Socket).remoteAddress;
      byName = false;
      return made;
    } catch (error) {
      // It may be elsewhere now; or its name cannot be looked up.
      byName = !byName;
      end(made, error as StoreError);
      throw error;
    } finally {
      clearInterval(late);
    }
  }

  async function greet(made: Live, {tls}: Address): Promise<void> {
    const [first, ...select] = greeting;
    const [hello] = await exchange(made, [first!]).catch((error: StoreError) => {
      throw tls === undefined ? hungUp(error) : error;
    });
    if (hello instanceof Error) {
      if (/unknown command/i.test(hello.message)) throw tooOld(location, 'one that does not know HELLO');
      throw answered(address, hello.message);
    }
    const facts = (hello as Reply[]).map(String);
    made.version = facts[facts.indexOf('version') + 1] ?? '';
    const [major = 0, minor = 0] = made.version.split('.').map(Number);
    if (major < 6 || (major === 6 && minor < 2)) throw tooOld(location, made.version);
    // What a server refuses while it loads, or this user altogether, is told now.
    const answers = await exchange(made, [...select, ['EXISTS', `{${address.prefix}}:store`]]);
    for (const answer of answers) {
      if (answer instanceof Error && !/^MOVED /.test(answer.message)) throw answered(address, answer.message);
    }
  }

  function end(made: Live, why: StoreError): void {
    made.end ??= why;
    if (live === made) {
      live = undefined;
      current = undefined;
    }
    made.client.disconnect();
    // A server that does not answer does not answer to goodbye either.
    made.client.stream?.destroy();
  }

  async function connected(): Promise<Live> {
    if (isClosed) throw unreachable(location, new Error('the store was closed'));
    current ??= connect();
    try {
      const made = await current;
      if (made.end !== undefined) throw made.end;
      live = made;
      return made;
    } catch (error) {
      current = undefined;
      throw error;
    }
  }

  /** An answer of the server that is an error stands in its place; rejects if the connection is lost. */
  async function exchange(made: Live, commands: readonly Command[]): Promise<(Reply | Error)[]> {
    if (made.end !== undefined) throw made.end;
    made.watch.begin();
    // Only while it is asked something does it keep the process alive.
    if (made.asked++ === 0) made.client.stream?.ref?.();
    try {
      const answers = await Promise.allSettled(
        commands.map(([name, ...words]) => made.client.callBuffer(name, ...words.map(asSent))),
      );
      return answers.map(answer => {
        if (answer.status === 'fulfilled') return answer.value as Reply;
        const {reason} = answer as {reason: Error};
        if (reason.name === 'ReplyError') return new Error(reason.message);
        // The client may know of the end before it has said so.
        end(made, unreachable(location, reason));
        throw made.end;
      });
    } finally {
      if (--made.asked === 0) made.client.stream?.unref?.();
      made.watch.end();
    }
  }

  /** `commands` with their answers; follows a cluster to the node that has the keys. */
  async function ask(commands: readonly Command[], repeatable: boolean): Promise<(Reply | Error)[]> {
    for (let moves = 0, isAgain = false; ; ) {
      const made = await connected();
      let answers: (Reply | Error)[];
      try {
        answers = await exchange(made, commands);
      } catch (error) {
        // A connection that was cut, perhaps long ago: one more try, if that cannot make a difference.
        if (isAgain || !repeatable || !(error instanceof StoreError) || error.fatal || made.watch.isSilent)
          throw error;
        isAgain = true;
        continue;
      }
      const moved = answers.find(
        (answer): answer is Error => answer instanceof Error && /^MOVED /.test(answer.message),
      );
      if (moved === undefined || ++moves > MOVES) return answers;
      place = placeIn(moved.message, place);
      known = undefined;
      end(made, unreachable(location, new Error('the cluster has moved the keys')));
    }
  }

  function refuse(answer: Reply | Error): Reply {
    if (answer instanceof Error) throw answered(address, answer.message);
    return answer;
  }

  return {
    async send(commands) {
      return commands.length === 0 ? [] : (await ask(commands, true)).map(refuse);
    },
    async run(script, key, arguments_) {
      if (arguments_.length === 0) return [];
      const {text, repeatable} = script;
      const name = nameOf(text);
      const commands = arguments_.map((words): Command => ['EVALSHA', name, 1, key, ...words]);
      const answers = await ask(commands, repeatable);
      // The server was restarted, or sees this script for the first time: it is sent whole, and known from then on.
      const unknown = [...answers.keys()].filter(i => {
        const answer = answers[i];
        return answer instanceof Error && /^NOSCRIPT/.test(answer.message);
      });
      if (unknown.length > 0) {
        const whole = unknown.map((i): Command => ['EVAL', text, 1, key, ...arguments_[i]!]);
        const again = await ask(whole, repeatable);
        for (const [at, i] of unknown.entries()) answers[i] = again[at]!;
      }
      return answers.map(refuse);
    },
    get version() {
      return live?.version ?? '';
    },
    get isConnected() {
      return live !== undefined;
    },
    get server() {
      const {host, port} = place;
      const {tls} = address;
      return {...{host, port, address: known}, tls: tls && {ca: tls.ca, servername: serverName(host)}};
    },
    greeting,
    close() {
      isClosed = true;
      if (live !== undefined) end(live, unreachable(location, new Error('the store was closed')));
    },
  };
}

/** `MOVED 3999 127.0.0.1:6381`; without a host, it is the same. */
function placeIn(
  moved: string,
  {host}: {readonly host: string},
): {readonly host: string; readonly port: number} {
  const [, to = '', port] = /^MOVED \d+ (.*):(\d+)/.exec(moved) ?? [];
  return {host: to === '' ? host : to, port: Number(port)};
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha1').update(text).digest('hex');
    names.set(text, name);
  }
  return name;
}

/** The client knows no bytes but a Buffer's: of others it would send the text. */
function asSent(word: Word): string | number | Buffer {
  if (typeof word !== 'object' || Buffer.isBuffer(word)) return word;
  return Buffer.from(word.buffer, word.byteOffset, word.byteLength);
}
