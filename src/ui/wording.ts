// Sentences and parts of them that every view of a run says in the same words. Pure.

import {formatThrown, type Thrown} from '../core/failure.js';
import {countText, durationText, grouped} from './format.js';
import type {Shown} from './model.js';
import type {TimeLeft} from './time-left.js';

/** `primes.ts: 101 tasks, 29 finished before; 2 workers; primes.jugdata` */
export function headerText({about, all, loaded, isOpen}: Shown): string {
  const tasks =
    all === 0 && isOpen
      ? 'no tasks yet, the jugfile is being evaluated'
      : `${grouped(all)}${isOpen ? ' tasks so far' : all === 1 ? ' task' : ' tasks'}`;
  const before = loaded === 0 ? '' : `, ${grouped(loaded)} finished before`;
  return `${about.jugfile}: ${tasks}${before}; ${countText(about.workers, 'worker')}; ${about.jugdir}`;
}

/** `28%`: never all of it before all is finished. */
export function percentText(finished: number, all: number): string {
  return `${all === 0 ? 0 : Math.floor((finished / all) * 100)}%`;
}

/** `38 s left`, `at least 38 s left` */
export function leftText({milliseconds, isLeast}: TimeLeft): string {
  return `${isLeast ? 'at least ' : ''}${durationText(Math.max(1000, milliseconds))} left`;
}

export function stoppingText(reason: 'failure' | 'interrupt', running: number, ending: () => string): string {
  const rest = running === 0 ? '' : `, ${running} running ${running === 1 ? 'task' : 'tasks'} will finish`;
  return reason === 'interrupt'
    ? `stopping: no task is started any more${rest} (${ending()})`
    : `stopping after a failure: no task is started any more${rest} (--keep-going goes on)`;
}

export function failureText(thrown: Thrown): string {
  return formatThrown(thrown).replace(/^/gm, '    ');
}
