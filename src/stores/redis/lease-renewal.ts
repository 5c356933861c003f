// The lease of this process on a Redis server, which a thread of its own renews over a connection of its own: main may be busy
// for longer than a lease. Whenever that has failed, main renews it too, as soon as it comes to it; so what an error
// means is known in one place. Knows nothing of locks.

import {entryUrl} from '../../core/package-files.js';
import {Heartbeat} from '../heartbeat.js';
import {thisOwner, thisPlace} from '../owner.js';
import type {Owner, StoreOptions} from '../store.js';
import type {Connection, Limits} from './connection.js';
import type {Session} from './generation.js';
import type {Data, Found, News} from './lease-thread.cjs';
import {RENEW} from './write-scripts.js';

/** As it stands on the server: a process id means something only beside its namespace. */
export interface StoredOwner extends Owner {
  readonly pidNamespace: string;
}

export interface RenewalOptions extends Pick<StoreOptions, 'lease' | 'note'> {
  readonly limits: Limits;
}

/** How often a lease is renewed within its time. */
const RENEWALS = 3;
/** So many times in a row main could, and the thread could not: that is not the server's fault. */
const TELLING = 2;

export class Renewal {
  /** What the scripts are told of this process. */
  readonly me: readonly [token: string, lease: number, stored: string];
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #location: string;
  readonly #options: RenewalOptions;
  readonly #failed: (error: unknown) => void;
  readonly #heartbeat: Heartbeat;
  #hasStarted = false;
  #isRenewing = false;
  #inMain = 0;

  /** `failed` is told what main's own tries end with. */
  constructor(
    connection: Connection,
    session: Session,
    key: string,
    location: string,
    options: RenewalOptions,
    failed: (error: unknown) => void,
  ) {
    const stored: StoredOwner = {...thisOwner(), pidNamespace: thisPlace().pidNamespace};
    this.me = [stored.token, options.lease, JSON.stringify(stored)];
    this.#connection = connection;
    this.#session = session;
    this.#location = location;
    this.#options = options;
    this.#failed = failed;
    this.#heartbeat = new Heartbeat({
      file: entryUrl('src/stores/redis/lease-thread.cjs'),
      rest: options.lease / RENEWALS,
      data: () => this.#data(key),
      heard: news => this.#hear(news as News),
      note: options.note,
    });
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Before the first lock. Does not wait for anything. */
  start(): void {
    this.#heartbeat.start();
    this.#hasStarted = true;
  }

  /** Once it settles, nothing is renewed any more. */
  async stop(): Promise<void> {
    await this.#heartbeat.stop();
  }

  #data(key: string): Data {
    const {server, greeting} = this.#connection;
    const before = ['EVAL', RENEW.text, 1, key];
    const renewal = [...before, ...this.#session.known, ...this.me];
    return {server, greeting, limits: this.#options.limits, renewal, seenAt: before.length + 1};
  }

  #hear(news: News): void {
    if (news.kind === 'renewed') {
      this.#inMain = 0;
      this.#session.saw(news.changes);
    } else void this.#renew(news.why);
  }

  async #renew(why: string): Promise<void> {
    // One that is on its way is enough: more of them would be traffic where a server is silent, and hide that it is.
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const [changes] = await this.#session.run(RENEW, [this.me]);
      this.#session.saw(changes);
      this.#heartbeat.tell({server: this.#connection.server} satisfies Found);
      if (++this.#inMain === TELLING) this.#tell(why);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  #tell(why: string): void {
    const {note, lease} = this.#options;
    note?.(
      `The lease at ${this.#location} cannot be renewed over a connection of its own (${why.split('\n', 1)[0]}), only beside the jugfile. While the jugfile computes for ${lease / 1000} s or longer in one go, other processes take over what this one runs.`,
    );
  }
}
