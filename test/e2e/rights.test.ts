// Whom the files of a store let in.

import {chmodSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {oneMessage} from '../helpers/message.js';
import {asNobody, NOBODY} from '../helpers/nobody.js';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const bytes = TaskGenerator(function bytes(n: number) { return new Uint8Array(n).fill(n); });
export const all = [1, 5_000_000].map(n => bytes(n));
`;

/** With a store that was made under this umask. */
async function made(t: ExecutionContext, umask: string): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const jug = `'${process.execPath}' node_modules/jug/lib/src/bin.js`;
  const {code, stderr} = await rig.run('sh', ['-c', `umask ${umask}; exec ${jug} execute -j 1`]);
  t.is(code, 0, stderr);
  chmodSync(rig.folder, 0o755);
  return rig;
}

/** The files whose name ends so, anywhere in the store. */
function filesOf(rig: Rig, ending = ''): string[] {
  return readdirSync(path.join(rig.folder, 'jugfile.jugdata'), {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && entry.name.endsWith(ending))
    .map(entry => path.join(entry.parentPath, entry.name));
}

function onlyRootMayTest(t: ExecutionContext): boolean {
  if (NOBODY.length > 0) return true;
  t.log('SKIPPED: only root can act as two users');
  t.pass();
  return false;
}

for (const [umask, mode] of [
  ['000', 0o666],
  ['002', 0o664],
  ['077', 0o600],
] as const) {
  test(`every file of a store has the rights that the umask ${umask} leaves`, async t => {
    const rig = await made(t, umask);
    t.is(filesOf(rig, '.mdb').length, 4);
    for (const file of filesOf(rig)) t.is((statSync(file).mode & 0o777).toString(8), mode.toString(8), file);
  });
}

test('a user of another group goes on with a store that was made for everyone', async t => {
  if (!onlyRootMayTest(t)) return;
  const rig = await made(t, '000');
  const {code, stdout, stderr} = await asNobody(rig, 'execute -j 1');
  t.is(code, 0, stderr);
  t.deepEqual(rowsOf(stdout).Total, [0, 2, 0]);
});

test('a file of LMDB that may not be written is named, with whose it is; what looks works', async t => {
  if (!onlyRootMayTest(t)) return;
  const rig = await made(t, '000');
  for (const file of filesOf(rig, '.mdb')) {
    chmodSync(file, 0o644);
    const refused = await asNobody(rig, 'execute -j 1');
    t.is(refused.code, 2, refused.stderr);
    oneMessage(
      t,
      refused,
      /^jug: Expected to be allowed to read and write the store's file \S+, found that it belongs to user 0 and group 0 with the rights 644, and that this process runs as user 65534 and group 65534\. Give this user the right/,
    );
    t.true(refused.stderr.includes(` ${file},`), refused.stderr);
    t.is((await asNobody(rig, 'check')).code, 0);
    chmodSync(file, 0o666);
  }
});

test('a data file that may not be read is named by what looks, too', async t => {
  if (!onlyRootMayTest(t)) return;
  const rig = await made(t, '000');
  const file = path.join(rig.folder, 'jugfile.jugdata/data.mdb');
  chmodSync(file, 0o600);
  for (const command of ['status', 'execute -j 1']) {
    const refused = await asNobody(rig, command);
    t.is(refused.code, 2, refused.stderr);
    oneMessage(
      t,
      refused,
      /^jug: Expected to be allowed to read (and write )?the store's file .*data\.mdb, found/,
    );
  }
});
