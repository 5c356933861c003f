// Imported before all else by what a program imports of jug: refuses a runtime that could run only parts of it.

import {JugError} from './errors.js';
import {unsuitable} from './runtime.js';

const reason = unsuitable();
if (reason !== undefined) throw new JugError(reason);
