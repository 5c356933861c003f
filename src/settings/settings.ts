// The user's settings in files: found where Python's jug looks for them, and beside the jugfile. What counts more
// stands later: the user's own file, those of the project from its root down to the jugfile's folder. Flags of the
// command line count more than any. Knows the key `jugdir`; of other keys the command that has the flag knows.

import {existsSync, readFileSync, statSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import {JugError} from '../core/errors.js';
import {jugdirFrom} from '../stores/registry.js';
import {type Entry, readIni} from './ini.js';

/** In the home directory; the first that is there counts. */
const OF_USER = ['.config/jug/jugrc', '.config/jugrc', '.jug/configrc'];
/** In a folder; the first that is there counts. */
const OF_PROJECT = ['.jugrc', 'jugrc'];

export interface SetJugdir {
  readonly jugdir: string;
  /** `/home/ann/.jugrc:3` */
  readonly site: string;
}

export interface Settings {
  /** With its path, if it is a relative one, taken from the file's folder; of the user's own file, from the jugfile's. */
  readonly jugdir: SetJugdir | undefined;
  /** Whether jugfiles of one name may have one store. */
  readonly share: boolean;
  /** What `[command]` sections say; of several with one key the last counts. */
  of(command: string): readonly Entry[];
}

const read = new Map<string, Settings>();

/** Of the folder that the jugfile is in. Errors: a JugError with file and line. */
export function settingsFor(folder: string): Settings {
  let settings = read.get(folder);
  if (settings === undefined) {
    settings = readSettings(folder, homedir());
    read.set(folder, settings);
  }
  return settings;
}

export function readSettings(folder: string, home: string): Settings {
  const own = firstIn(home, OF_USER);
  const files = projectFiles(folder).filter(file => file !== own);
  const entries = [...(own === undefined ? [] : [own]), ...files].flatMap(file =>
    readIni(file, textOf(file)),
  );
  const jugdir = entries.findLast(({section, key}) => section === 'main' && key === 'jugdir');
  if (jugdir?.value === '') {
    throw new JugError(
      `${jugdir.file}:${jugdir.line}: expected jugdir to name a folder, or another jugdir, found nothing`,
    );
  }
  const share = entries.findLast(({section, key}) => section === 'main' && key === 'share');
  if (share !== undefined && !/^(true|false)$/.test(share.value)) {
    throw new JugError(
      `${share.file}:${share.line}: expected share to be true or false, found ${share.value}`,
    );
  }
  const from = jugdir === undefined || jugdir.file === own ? folder : path.dirname(jugdir.file);
  const way = path.relative(from, folder).split(path.sep).join('/');
  return {
    jugdir: jugdir && {
      jugdir: jugdirFrom(from, apart(jugdir.value, way)),
      site: `${jugdir.file}:${jugdir.line}`,
    },
    share: share?.value === 'true',
    of: command => entries.filter(({section}) => section === command),
  };
}

/** Jugfiles of one name in several folders, for which one file of settings speaks, have several stores. */
function apart(jugdir: string, way: string): string {
  return way === '' ? jugdir : jugdir.replaceAll('%(jugfile)s', `${way}/%(jugfile)s`);
}

/** From the root of the git repository down; without one, those of `folder` alone. */
function projectFiles(folder: string): string[] {
  const files: string[] = [];
  for (let here = folder; ; here = path.dirname(here)) {
    const file = firstIn(here, OF_PROJECT);
    if (file !== undefined) files.unshift(file);
    if (existsSync(path.join(here, '.git'))) return files;
    if (here === path.dirname(here)) {
      const near = firstIn(folder, OF_PROJECT);
      return near === undefined ? [] : [near];
    }
  }
}

function firstIn(folder: string, names: readonly string[]): string | undefined {
  return names.map(name => path.join(folder, name)).find(isFile);
}

/** Not in a folder that may not be looked into, either: with `sudo -u`, the home directory is often somebody else's. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new JugError(`Cannot read the settings in ${file}: ${(error as Error).message}`, 2, {cause: error});
  }
}

/** As Python's jug writes them, and a few more ways. */
export function readBoolean({file, line, key, value}: Entry): boolean {
  const text = value.toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(text)) return true;
  if (['false', 'no', 'off', '0', ''].includes(text)) return false;
  throw new JugError(`${file}:${line}: expected ${key} to be true or false, found ${JSON.stringify(value)}`);
}
