// Whether a server from which something is awaited still moves, told by the bytes that come and go: a long answer may
// take its time, silence may not. Knows streams; knows nothing of what is said on them.

import type {Socket} from 'node:net';

/** Of the socket, what tells whether it moves. */
type Traffic = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'writableLength'>;

export interface Watch {
  /** One more answer is awaited. */
  begin(): void;
  /** It has come, or will not come. */
  end(): void;
  /** Nothing has moved for all the time that is given to a server. */
  readonly isSilent: boolean;
}

export interface Ears {
  /** From half of the time on, at every look: milliseconds of silence so far. */
  readonly quiet: (milliseconds: number) => void;
  /** Once the time is over. */
  readonly silent: () => void;
}

/** Looks for news within the time of silence. Time in which this process was stopped counts as one look. */
const LOOKS = 10;

export function watchTraffic(stream: () => Traffic, milliseconds: number, {quiet, silent}: Ears): Watch {
  let awaited = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Looks in a row that found nothing new. */
  let quietFor = 0;
  let last: ReturnType<typeof trafficOf>;

  function look(): void {
    const now = trafficOf(stream());
    // What the system takes at once goes to a server that stands still, too: only what had to wait tells that it reads.
    const moves = now.received !== last.received || (last.unsent > 0 && now.sent !== last.sent);
    quietFor = moves ? 0 : quietFor + 1;
    last = now;
    if (quietFor >= LOOKS) silent();
    else if (quietFor >= LOOKS / 2) quiet((milliseconds / LOOKS) * quietFor);
  }

  return {
    begin() {
      if (awaited++ > 0) return;
      quietFor = 0;
      last = trafficOf(stream());
      timer = setInterval(look, milliseconds / LOOKS).unref();
    },
    end() {
      if (--awaited === 0) clearInterval(timer);
    },
    get isSilent() {
      return quietFor >= LOOKS;
    },
  };
}

/** Calls `late` after this time; what this process spent stopped or busy counts as one turn only. */
export function inTurns(milliseconds: number, late: () => void): NodeJS.Timeout {
  let turns = 0;
  return setInterval(() => ++turns === LOOKS && late(), milliseconds / LOOKS);
}

function trafficOf({bytesRead, bytesWritten, writableLength}: Traffic) {
  return {received: bytesRead, sent: bytesWritten - writableLength, unsent: writableLength};
}
