// What `jug submit` is told about the jobs, read and refused: names, times, amounts and folders in the form that every
// batch system can be told.

import {existsSync, mkdirSync, realpathSync, statSync} from 'node:fs';
import path from 'node:path';
import {InvalidArgumentError} from 'commander';
import {JugError} from '../core/errors.js';

/** As the user sees it: what links and automounters make of it on this machine need not exist on another. */
export function currentFolder(): string {
  const {PWD} = process.env;
  const isSame =
    PWD !== undefined && path.isAbsolute(PWD) && existsSync(PWD) && realpathSync(PWD) === process.cwd();
  return isSame ? PWD : process.cwd();
}

/** Errors: a JugError if the path cannot be told to a batch system, or can be no folder's. */
export function logFolder(output: string | undefined): string {
  const folder = path.resolve(currentFolder(), output ?? '.');
  // Directives have quotes for spaces, but no way to say these that all batch systems would understand.
  const [odd] = /["'\\%$:,^]|\p{Cc}/u.exec(folder) ?? [];
  if (odd !== undefined) {
    throw new JugError(
      `Expected a folder for the output without ${JSON.stringify(odd)} in its path, which batch systems take for something else, found ${folder}. Choose another with --output`,
    );
  }
  const there = nearestThere(folder);
  if (statSync(there).isDirectory()) return folder;
  const found = there === folder ? 'a file' : `that ${there} is a file`;
  throw new JugError(
    `Expected a folder for the output at ${folder}, found ${found}. Choose another with --output`,
  );
}

/** Of a path, as much as there is. */
function nearestThere(place: string): string {
  return existsSync(place) ? place : nearestThere(path.dirname(place));
}

/** Errors: a JugError. */
export function makeLogFolder(folder: string): void {
  try {
    mkdirSync(folder, {recursive: true});
  } catch (error) {
    throw new JugError(
      `Cannot make the folder ${folder} for the output: ${(error as Error).message}. Choose another with --output`,
      2,
      {cause: error},
    );
  }
}

export function nameAfter(jugfile: string): string {
  const name = path.parse(jugfile).name.replace(/[^A-Za-z0-9_-]+/g, '-');
  return /^[A-Za-z]/.test(name) ? name : `jug-${name}`;
}

export function readName(text: string): string {
  if (/^[A-Za-z][\w.-]*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a letter, and then letters, digits and any of . _ -');
}

export function readQueue(text: string): string {
  if (/^[\w.@,-]+$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits and any of . _ - @ ,');
}

export function readMinutes(text: string): number {
  const [, amount, unit, hours, minutes, seconds] = /^(?:(\d+)([mhd])|(\d+):(\d\d):(\d\d))$/.exec(text) ?? [];
  const total =
    unit === undefined
      ? Number(hours) * 60 + Number(minutes) + Math.ceil(Number(seconds) / 60)
      : Number(amount) * {m: 1, h: 60, d: 24 * 60}[unit as 'm' | 'h' | 'd'];
  if (total >= 1) return total;
  throw new InvalidArgumentError('Expected a time like 90m, 12h, 2d or 1:30:00.');
}

export function readMegabytes(text: string): number {
  const [, amount, unit] = /^(\d+)([MGT])$/i.exec(text) ?? [];
  const total =
    Number(amount) * {M: 1, G: 1024, T: 1024 ** 2}[(unit ?? 'M').toUpperCase() as 'M' | 'G' | 'T'];
  if (total >= 1) return total;
  throw new InvalidArgumentError('Expected an amount like 500M or 4G.');
}
