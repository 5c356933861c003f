// What the heartbeat of a file store runs: it appends a byte to the file of its process, with calls that wait for the
// filesystem and for nothing else. Beats out of turn when it is asked to, and says when that is done.

import fs = require('node:fs');
import threads = require('node:worker_threads');
import Beating = require('../heartbeat-writer.cjs');

export interface Data {
  readonly path: string;
  /** What the file begins with, should somebody have removed it. */
  readonly head: string;
}

/** Asks for a beat. */
export type Question = 'beat';
/** There was one: the filesystem answers. */
export type Answer = 'beaten';

const {path, head, ...course} = threads.workerData as Data & Beating.Course;

function append(): void {
  const [file, text] = opened();
  try {
    fs.writeSync(file, text);
  } finally {
    fs.closeSync(file);
  }
}

function opened(): readonly [file: number, text: string] {
  try {
    return [fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_APPEND), '.'];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [fs.openSync(path, 'a'), `${head}.`];
  }
}

/** A beat that fails is made up for by the next; one that cannot be made for a whole lease is what leases are for. */
function beat(): boolean {
  if (!heart.begin()) return false;
  try {
    append();
    return true;
  } catch {
    return false;
  } finally {
    heart.finish();
  }
}

const heart = new Beating(
  course,
  beat,
  () => {
    if (beat()) heart.tell('beaten' satisfies Answer);
  },
  () => {},
);
