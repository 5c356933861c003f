// How a state, a process and a moment are said on the full screen. Pure.

import type {Process} from '../../graph/task-columns.js';
import type {TaskState} from '../../graph/task-states.js';
import {timeText} from '../format.js';
import type {Tone} from '../paint.js';

const STATE_TONES: Readonly<Record<TaskState, Tone>> = {
  failed: 'bad',
  waiting: 'quiet',
  ready: 'plain',
  finished: 'good',
  running: 'busy',
};

export function stateCell(state: TaskState | undefined): {readonly text: string; readonly tone: Tone} {
  return state === undefined ? {text: '·', tone: 'quiet'} : {text: state, tone: STATE_TONES[state]};
}

/** `node7 4711` */
export function processText({host, pid}: Process): string {
  return `${host} ${pid}`;
}

/** By the local clock, without the day where it is today: `13:26:47`. */
export function momentText(milliseconds: number, now: number): string {
  const text = timeText(milliseconds);
  return text.slice(0, 10) === timeText(now).slice(0, 10) ? text.slice(11) : text;
}
