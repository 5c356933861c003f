// jug as somebody else than root, who may read and write everything.

import path from 'node:path';
import {PACKAGE, type Result, type Rig} from './rig.js';

/** What a command begins with that is not to run as root; empty if we are not root. */
export const NOBODY =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

export async function asNobody(rig: Rig, command: string): Promise<Result> {
  const words = [...NOBODY, process.execPath, path.join(PACKAGE, 'lib/src/bin.js'), ...command.split(' ')];
  return rig.run(words[0]!, words.slice(1));
}
