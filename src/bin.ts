#!/usr/bin/env node
// What `jug` on the command line starts. An older Node.js, or another runtime, could not even link the command line:
// so that is imported only where it can be run.

import {unsuitable} from './core/runtime.js';

const reason = unsuitable();
if (reason === undefined) {
  void import('./cli.js');
} else {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 2;
}
