// Gives the options of a command the values that the user's settings have for them, where the command line has none.
// Each option reads its value itself, so that a setting means what the flag does, and is refused where the flag is.

import path from 'node:path';
import type {Option, Command as Parser} from 'commander';
import {JugError} from '../core/errors.js';
import type {Entry} from '../settings/ini.js';
import {readBoolean, settingsFor} from '../settings/settings.js';

/** Called when the command line is parsed. Keys that the command has no flag for are left alone. */
export function applySettings(parser: Parser, jugfile: string | undefined): void {
  for (const entry of settingsFor(path.dirname(path.resolve(jugfile ?? 'jugfile'))).of(parser.name())) {
    const option = parser.options.find(({long}) => long === `--${entry.key}`);
    // Where results are kept is one setting for all commands, in [main].
    if (option === undefined || entry.key === 'jugdir') continue;
    const name = option.attributeName();
    if (parser.getOptionValueSource(name) === 'cli') continue;
    parser.setOptionValueWithSource(name, valueFor(option, entry), 'config');
  }
}

function valueFor(option: Option, entry: Entry): unknown {
  if (option.isBoolean()) return readBoolean(entry);
  const {file, line, key, value} = entry;
  try {
    return option.parseArg === undefined ? value : option.parseArg(value, undefined);
  } catch (error) {
    throw new JugError(`${file}:${line}: ${key} = ${value} is invalid. ${(error as Error).message}`, 2, {
      cause: error,
    });
  }
}
