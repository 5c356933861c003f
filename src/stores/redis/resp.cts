// As much of a client of a Redis server as the renewal of a lease needs: one connection, one command at a time. It connects to
// an address that is known, so that nothing has to be looked up in libuv's pool. Limits are counted in turns of this thread:
// what a process spent stopped counts as one.

import net = require('node:net');
import tls = require('node:tls');

/** Looks within the time that a server is given. */
const LOOKS = 10;

namespace Wire {
  export interface Server {
    readonly host: string;
    readonly port: number;
    /** What `host` stood for when it was reached last. */
    readonly address: string | undefined;
    /** `servername` is undefined where the host has no name. */
    readonly tls: {readonly ca: string | undefined; readonly servername: string | undefined} | undefined;
  }

  /** Milliseconds. */
  export interface Limits {
    readonly connect: number;
    readonly silence: number;
  }

  export type Word = string | number;
  export type Reply = string | number | null | readonly Reply[] | Error;
}

interface Waiter {
  readonly resolve: (reply: Wire.Reply) => void;
  readonly reject: (error: Error) => void;
}

class Wire {
  readonly #socket: net.Socket;
  #received = Buffer.alloc(0);
  #waiter: Waiter | undefined;
  #end: Error | undefined;
  #late: NodeJS.Timeout | undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', data => this.#take(data));
    socket.on('error', error => this.end(error));
    socket.on('close', () => this.end(new Error('it has closed the connection')));
  }

  /** `greeting`: commands that no error may answer. `byName`: not to the address where it was reached last. */
  static async to(
    server: Wire.Server,
    byName: boolean,
    greeting: readonly (readonly Wire.Word[])[],
    limits: Wire.Limits,
  ): Promise<Wire> {
    const where = {host: byName ? server.host : (server.address ?? server.host), port: server.port};
    const {ca, servername} = server.tls ?? {};
    const socket =
      server.tls === undefined
        ? net.connect(where)
        : tls.connect({...where, ...(ca && {ca}), ...(servername && {servername})});
    const wire = new Wire(socket);
    await wire.#answered(limits.connect, waiter => {
      socket.once(server.tls === undefined ? 'connect' : 'secureConnect', () => waiter.resolve(null));
    });
    for (const command of greeting) {
      const reply = await wire.ask(command, limits.connect);
      if (reply instanceof Error) {
        wire.end(reply);
        throw reply;
      }
    }
    return wire;
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Rejects if the connection is lost, or no answer has come for so long. */
  ask(words: readonly Wire.Word[], milliseconds: number): Promise<Wire.Reply> {
    return this.#answered(milliseconds, () => this.#socket.write(encoded(words)));
  }

  end(why: Error): void {
    this.#end ??= why;
    this.#socket.destroy();
    this.#settle()?.reject(this.#end);
  }

  #answered(milliseconds: number, begin: (waiter: Waiter) => void): Promise<Wire.Reply> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      let looks = 0;
      this.#late = setInterval(() => {
        if (++looks === LOOKS) this.end(new Error(`it has not answered for ${milliseconds / 1000} s`));
      }, milliseconds / LOOKS);
      this.#waiter = {
        resolve: reply => {
          this.#settle();
          resolve(reply);
        },
        reject,
      };
      begin(this.#waiter);
    });
  }

  #settle(): Waiter | undefined {
    clearInterval(this.#late);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    const parsed = replyIn(this.#received, 0);
    if (parsed === undefined) return;
    this.#received = this.#received.subarray(parsed.next);
    this.#waiter?.resolve(parsed.reply);
  }
}

function encoded(words: readonly Wire.Word[]): string {
  const parts = words.map(word => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** `undefined`: more of it is to come. */
function replyIn(bytes: Buffer, at: number): {readonly reply: Wire.Reply; readonly next: number} | undefined {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const line = bytes.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(bytes[at]!)) {
    case '+':
      return {reply: line, next};
    case '-':
      return {reply: new Error(line), next};
    case ':':
      return {reply: Number(line), next};
    case '$': {
      const length = Number(line);
      if (length < 0) return {reply: null, next};
      if (bytes.length < next + length + 2) return undefined;
      return {reply: bytes.toString('utf8', next, next + length), next: next + length + 2};
    }
    case '*':
      return repliesIn(bytes, next, Number(line));
    default:
      return {reply: new Error('it answers in another language'), next: bytes.length};
  }
}

function repliesIn(bytes: Buffer, at: number, count: number): ReturnType<typeof replyIn> {
  if (count < 0) return {reply: null, next: at};
  const replies: Wire.Reply[] = [];
  let next = at;
  while (replies.length < count) {
    const parsed = replyIn(bytes, next);
    if (parsed === undefined) return undefined;
    replies.push(parsed.reply);
    next = parsed.next;
  }
  return {reply: replies, next};
}

export = Wire;
