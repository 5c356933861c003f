// The reporter of `jug execute` where nobody draws: plain lines on stderr. Progress seldom, failures at once.

import type {Event, Progress, Reporter} from '../events.js';
import {formatThrown} from '../failure.js';

export interface PlainOptions {
  readonly write: (line: string) => void;
  readonly progress: () => Progress;
  /** When running tasks are ended after an interrupt, in words: whoever interrupts the run knows. */
  readonly ending: () => string;
  readonly now?: () => number;
}

/** Milliseconds, and parts of the whole, between two lines of progress. */
const MOST_SILENCE = 10_000;
const LEAST_SILENCE = 1_000;
const STEP = 0.1;

export function plainReporter({
  write,
  progress,
  ending,
  now = () => performance.now(),
}: PlainOptions): Reporter {
  const begun = now();
  let lastTime = begun;
  let lastShare = 0;
  let lastFinished: number | undefined;

  function tell(): void {
    const {all, finished, failed, running, elsewhere} = progress();
    const share = all === 0 ? 0 : finished / all;
    const time = now();
    lastFinished ??= finished;
    const silence = time - lastTime;
    if (silence < LEAST_SILENCE || (silence < MOST_SILENCE && share - lastShare < STEP)) return;
    // Fewer than before where results were lost, which are computed again.
    const rate = (Math.max(0, finished - lastFinished) / silence) * 1000;
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    const speed = rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
    const others = elsewhere === 0 ? '' : `  held by others ${grouped(elsewhere)}`;
    write(
      `[${clock(time - begun)}] ${percent} ${grouped(finished)}/${grouped(all)}  running ${running}${others}  failed ${failed}  ${speed}/s`,
    );
    lastTime = time;
    lastShare = share;
    lastFinished = finished;
  }

  const timer = setInterval(tell, 500);
  timer.unref();

  return {
    on(event: Event): void {
      switch (event.type) {
        case 'failed': {
          const by = event.elsewhere ? ' in another process' : '';
          const where = `${event.task} ${event.hash.slice(0, 12)}${by}`;
          write(`[${clock(now() - begun)}] FAILED ${where}\n${indented(formatThrown(event.failure.error))}`);
          break;
        }
        case 'stopping':
          write(stoppingText(event.reason, event.running, ending));
          break;
        case 'away':
          write(
            `[${clock(now() - begun)}] waiting for the store, for up to ${clock(event.patience)}; what is computed is kept: ${event.reason}`,
          );
          break;
        case 'back':
          write(`[${clock(now() - begun)}] the store is back after ${(event.away / 1000).toFixed(1)} s`);
          break;
        case 'warning':
          write(`warning: ${event.message}`);
          break;
        case 'loaded':
        case 'started':
        case 'finished':
          break;
      }
    },
    close() {
      clearInterval(timer);
    },
  };
}

function stoppingText(reason: 'failure' | 'interrupt', running: number, ending: () => string): string {
  const rest = running === 0 ? '' : `, ${running} running ${running === 1 ? 'task' : 'tasks'} will finish`;
  return reason === 'interrupt'
    ? `stopping: no task is started any more${rest} (${ending()})`
    : `stopping after a failure: no task is started any more${rest} (--keep-going goes on)`;
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map(part => String(part).padStart(2, '0')).join(':');
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}
