// Whether this thread has a second copy of jug: tasks made with one are nobody's to the other, so that a run would find
// nothing to do. All copies, of whatever version, enter themselves in one list. Knows no task.

import {fileURLToPath} from 'node:url';
import {JugError} from '../core/errors.js';
import {entryUrl, isCommonJS} from '../core/package-files.js';
import {VERSION} from '../core/version.js';
import {isEvaluating} from './host.js';

/** Of the error: it is by the way that the program is started, and not by the jugfile's text. */
export const SECOND_COPY = 'ERR_JUG_SECOND_COPY';

interface Instance {
  /** A path, or whatever else it is known by. */
  readonly place: string;
  readonly version: string;
  readonly isCommonJS: boolean;
  isEvaluating(): boolean;
}

const KEY = Symbol.for('jug.instance');
const shared = globalThis as {[KEY]?: Instance[]};
if (shared[KEY] === undefined) Object.defineProperty(shared, KEY, {value: []});
const instances = shared[KEY]!;

const self: Instance = {
  place: placeOf(entryUrl('src/index.js')),
  version: VERSION,
  isCommonJS,
  isEvaluating,
};
instances.push(self);

function placeOf(url: URL): string {
  return url.protocol === 'file:' ? fileURLToPath(url) : url.href;
}

/** Errors: a JugError, if a jugfile is being evaluated, and by another copy than this one. */
export function refuseSecondCopy(): void {
  const other = instances.find(instance => instance !== self && instance.isEvaluating());
  if (other === undefined) return;
  const isMixed = other.isCommonJS !== self.isCommonJS;
  const remedy = isMixed
    ? 'A loader, such as tsx, makes CommonJS of a file here, which then has a jug of its own. Write "type": "module" into ' +
      'the package.json beside the jugfile, and the script that reads it, or give both the extension .mts.'
    : 'Have the jugfile, its modules, and the program that reads it use the same one.';
  const error = new JugError(
    'Expected one copy of jug in this process, found two, and neither knows the tasks that are made with the other.\n' +
      `The jugfile is read by\n  ${described(other)}\nand it, or a module of it, has loaded\n  ${described(self)}\n${remedy}`,
  );
  throw Object.assign(error, {code: SECOND_COPY});
}

function described({place, version, isCommonJS}: Instance): string {
  return `${place} (${version}, ${isCommonJS ? 'as CommonJS' : 'as an ES module'})`;
}
