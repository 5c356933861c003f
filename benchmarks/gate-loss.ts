// Shows what the gate of the LMDB store is for: commits until so many keys are acknowledged, while other
// processes open the database, and counts those that are gone afterwards.
//   node dist/benchmarks/gate-loss.js [--acks 200000] [--without-gate]

import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {add, Crew, NONE, openWhileWriting, type Setting, startTogether} from '../test/stores/loss.js';

const {values} = parseArgs({
  options: {acks: {type: 'string', default: '200000'}, 'without-gate': {type: 'boolean', default: false}},
});
const gate = !values['without-gate'];
const share = Number(values.acks) / 3;
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'jug-gate-'));

const rows = [
  ['3 processes start together, not synced', {gate, sync: false}, startTogether, 100],
  ['2 write, 2 open, not synced', {gate, sync: false}, openWhileWriting, 5000],
  ['2 write, 2 open, synced', {gate, sync: true}, openWhileWriting, 5000],
] as const satisfies readonly (readonly [string, Setting, typeof startTogether, number])[];

console.log(`${gate ? 'with' : 'WITHOUT'} the gate, in ${base}`);
try {
  let total = NONE;
  for (const [what, setting, run, commits] of rows) {
    const crew = new Crew(setting);
    let sum = NONE;
    // A database that is damaged acknowledges nothing more; so many tries are enough to see it.
    for (let turn = 0; sum.acknowledged < share && (gate || turn < 300); turn++) {
      sum = add(sum, await run(crew, join(base, `turn-${turn}`), commits));
    }
    await crew.end();
    print(what, sum);
    total = add(total, sum);
  }
  print('all', total);
  process.exitCode = gate && total.lost + total.crashes.length > 0 ? 1 : 0;
} finally {
  rmSync(base, {recursive: true, force: true});
}

function print(what: string, {acknowledged, lost, opens, crashes}: typeof NONE): void {
  console.log(
    `${what.padEnd(40)} acknowledged ${acknowledged}, lost ${lost}, opens ${opens}, crashes ${crashes.length}`,
  );
  for (const crash of crashes) console.log(`  ${crash}`);
}
