// What is said where a jugfile defines no task: there is nothing to do, which is hardly what was meant.

import path from 'node:path';
import {findJugfile} from '../settings/find-jugfile.js';

/** `given`: the jugfile as the command line has it. */
export function noTasks(given: string | undefined): string {
  const name = path.relative(process.cwd(), findJugfile(given));
  return `The jugfile ${name} defines no task: a function that TaskGenerator has wrapped makes one when it is called.`;
}
