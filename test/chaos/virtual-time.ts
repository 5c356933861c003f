// A clock that jumps from one event to the next: what waits for seconds takes microseconds, and happens in the same
// order whenever it is run. Replaces the timers and clocks of this process while it is installed.

/** Whose events these are: those of the dead do not happen, those of the stopped happen when they are woken. */
export interface Owner {
  dead: boolean;
  /** In virtual milliseconds. */
  stoppedUntil: number;
}

interface Event {
  readonly at: number;
  /** Events of the same time happen in the order in which they were planned. */
  readonly order: number;
  readonly owner: Owner | undefined;
  readonly happen: () => void;
  cancelled: boolean;
}

export class VirtualTime {
  now = 0;
  /** Who is at work: the timers it sets are its own. */
  #current: Owner | undefined;
  #order = 0;
  readonly #events: Event[] = [];

  plan(delay: number, happen: () => void, owner: Owner | undefined | 'nobody' = this.#current): Event {
    const event = {
      at: this.now + delay,
      order: this.#order++,
      owner: owner === 'nobody' ? undefined : owner,
      happen,
      cancelled: false,
    };
    // From the end, where nearly all of them belong.
    let place = this.#events.length;
    while (place > 0 && isBefore(event, this.#events[place - 1]!)) place--;
    this.#events.splice(place, 0, event);
    return event;
  }

  /** Settles after so many virtual milliseconds. */
  sleep(delay: number, owner?: Owner): Promise<void> {
    return new Promise(resolve => void this.plan(delay, resolve, owner));
  }

  /** Lets `most` events happen, at most, until `isOver`. `false`: it did not get over. */
  async run(isOver: () => boolean, most: number): Promise<boolean> {
    const uninstall = this.#install();
    try {
      for (let count = 0; count < most; count++) {
        if (isOver()) return true;
        const event = this.#events.shift();
        if (event === undefined) return false;
        this.now = Math.max(this.now, event.at);
        if (event.cancelled || event.owner?.dead) continue;
        if (event.owner !== undefined && event.owner.stoppedUntil > this.now) {
          this.plan(event.owner.stoppedUntil - this.now, event.happen, event.owner);
          continue;
        }
        this.#current = event.owner;
        event.happen();
        // All that follows from it, before the next.
        await new Promise(resolve => realImmediate(resolve));
        this.#current = undefined;
      }
      return false;
    } finally {
      uninstall();
    }
  }

  #install(): () => void {
    const {setTimeout, clearTimeout, setImmediate} = globalThis;
    const now = performance.now;
    const {cpuUsage} = process;
    const replacement = {
      setTimeout: (happen: () => void, delay = 0) => this.plan(delay, happen),
      clearTimeout: (event: Event | undefined) => {
        if (event !== undefined) event.cancelled = true;
      },
      setImmediate: (happen: () => void) => this.plan(0, happen),
    };
    Object.assign(globalThis, replacement);
    performance.now = () => this.now;
    // Work takes no time here.
    process.cpuUsage = () => ({user: 0, system: 0});
    return () => {
      Object.assign(globalThis, {setTimeout, clearTimeout, setImmediate});
      performance.now = now;
      process.cpuUsage = cpuUsage;
    };
  }
}

const realImmediate = setImmediate;

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
