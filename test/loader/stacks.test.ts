// Stacks of what jug has transformed, and of what it has not: in main and in a worker, beside packages that read stacks.
import test from 'ava';
import {run} from '../fixtures/typescript/run.js';

const GONE = Buffer.from(
  '{"version":3,"sources":["../src/gone.ts"],"names":[],"mappings":"AAAA;AACA"}',
).toString('base64');
/** Its map leads to a file that is not there. */
const FOREIGN = {
  'node_modules/foreign/package.json': '{"type": "module", "exports": "./index.js"}',
  'node_modules/foreign/index.js': `export function own() { return new Error('x').stack.split('\\n')[1]; }
//# sourceMappingURL=data:application/json;base64,${GONE}`,
};

/** Many lines of JavaScript, so that lines of what follows differ. */
const ENUM = 'enum Colour {Red, Green}\n';

test('a package that reads its own stack finds its own file, whatever map it has', async t => {
  const {folder, main, worker} = await run(t, {
    'jugfile.ts': `${ENUM}import {own} from 'foreign';\nexport const stack = own();\nexport const mine = new Error('x').stack!.split('\\n')[1];`,
    ...FOREIGN,
  });
  for (const {values} of [main, worker]) {
    t.is(values?.stack, `    at own (file://${folder}/node_modules/foreign/index.js:1:32)`);
    t.is(values?.mine, `    at ${folder}/jugfile.ts:4:21`);
  }
});

test('where the user has turned on node’s source maps, these map everything', async t => {
  const files = {
    'jugfile.ts': `${ENUM}import {own} from 'foreign';\nexport const stack = own();\nexport const mine = new Error('x').stack!.split('\\n')[1];`,
    ...FOREIGN,
  };
  const {folder, main, worker} = await run(t, files, ['--enable-source-maps']);
  for (const {values} of [main, worker]) {
    t.regex(String(values?.stack), /node_modules\/src\/gone\.ts/);
    t.true(String(values?.mine).includes(`${folder}/jugfile.ts:4:21`), String(values?.mine));
  }
});

test('frames of every kind read as V8 writes them, with the line as it was written', async t => {
  const {folder, main, worker} = await run(t, {
    'jugfile.ts': `${ENUM}
const second = (error: Error): string => error.stack!.split('\\n')[1]!;
const last = (error: Error): string => error.stack!.split('\\n').at(-1)!;
class Made {
  readonly stack: string;
  constructor(kind: Colour) { this.stack = kind + second(new Error('x')); }
  get read(): string { return second(new Error('x')); }
}
async function waits(): Promise<never> { await null; throw new Error('x'); }
async function all(): Promise<void> { await Promise.all([waits()]); }
export const made = new Made(Colour.Green).stack.slice(1);
export const read = new Made(Colour.Green).read;
export const evaluated = second(eval('new Error("x")'));
export const awaited = await all().catch((error: Error) => error.stack!.split('\\n').filter(line => !line.includes('node:')).slice(1, 4));
export const required = (await import('./häl per.cts')).default.stack.split('\\n')[1];
export const refused = ((): unknown => { try { return new URL('x'); } catch (error) { return (error as Error).stack!.split('\\n')[2]; } })();
`,
    'häl per.cts': `${ENUM}\nfunction make(): Error { return new Error('x'); }\nexport = make();\n`,
  });
  t.deepEqual(main.error, undefined);
  for (const {values} of [main, worker]) {
    // Newer ones do not say by which name a getter was read.
    t.deepEqual(
      {...values, read: String(values?.read).replace(' [as read]', '')},
      {
        made: `    at new Made (${folder}/jugfile.ts:7:58)`,
        read: `    at get read (${folder}/jugfile.ts:8:38)`,
        evaluated: `    at eval (eval at <anonymous> (${folder}/jugfile.ts:14:33), <anonymous>:1:1)`,
        awaited: [
          `    at waits (${folder}/jugfile.ts:10:60)`,
          '    at async Promise.all (index 0)',
          `    at async all (${folder}/jugfile.ts:11:39)`,
        ],
        required: `    at make (${folder}/häl per.cts:3:33)`,
        refused: `    at ${folder}/jugfile.ts:17:55`,
      },
    );
  }
});

test('a package that formats stacks itself for a moment is given call sites, and stacks are mapped again after it', async t => {
  const {folder, main, worker} = await run(t, {
    'jugfile.ts': `${ENUM}
import {caller} from 'callers';
export const called = caller();
export const mine = new Error('x').stack!.split('\\n')[1];
`,
    'node_modules/callers/package.json': '{"type": "module", "exports": "./index.js"}',
    'node_modules/callers/index.js': `export function caller() {
  const former = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, sites) => sites;
  const [own, caller] = new Error().stack;
  Error.prepareStackTrace = former;
  return [own.getFileName().endsWith('/index.js'), own.getLineNumber(), caller.getFileName().endsWith('/jugfile.ts')];
}`,
  });
  for (const {values} of [main, worker]) {
    t.deepEqual(values, {called: [true, 4, true], mine: `    at ${folder}/jugfile.ts:5:21`});
  }
});

test('who formatted stacks before jug does so on, with the lines as they were written', async t => {
  const before = `Error.prepareStackTrace = (error, sites) => error.message + ' at ' + sites[0].getFileName() + ' line ' + sites[0].getLineNumber() + ' of ' + typeof sites[0].isNative();`;
  const files = {'jugfile.ts': `${ENUM}\nexport const mine = new Error('x').stack;\n`};
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(before)}`];
  const {folder, main} = await run(t, files, flags);
  t.deepEqual(main.values, {mine: `x at ${folder}/jugfile.ts line 3 of boolean`});
});

test('an error that has no name to be read throws where plain node throws', async t => {
  const text = (types: string) => `
const nameless = Object.defineProperty(new Error('x'), 'name', {get()${types} { throw new Error('no name'); }});
export let told${types && ': unknown'};
try { told = nameless.stack; } catch (error) { told = 'threw ' + error.message; }
`;
  const plain = await run(t, {'jugfile.mjs': text('')});
  const {main, worker} = await run(t, {'jugfile.mts': text(': never')});
  t.deepEqual(main.values, plain.main.values);
  t.deepEqual(worker.values, plain.main.values);
});

test('with frozen intrinsics, TypeScript is loaded, and stacks stay those of the JavaScript', async t => {
  const files = {
    'jugfile.ts': `${ENUM}\nexport const mine = new Error('x').stack!.includes('jugfile.ts');\n`,
  };
  const {main, worker} = await run(t, files, ['--frozen-intrinsics', '--no-warnings']);
  for (const {values} of [main, worker]) t.deepEqual(values, {mine: true});
});

test('a jugfile in plain JavaScript has its stacks formatted by nobody but node', async t => {
  const text = `export const formats = String(Error.prepareStackTrace).includes('internal') || Error.prepareStackTrace === undefined;`;
  const {main, worker} = await run(t, {'jugfile.mjs': text, 'unused.ts': ''});
  for (const {values} of [main, worker]) t.deepEqual(values, {formats: true});
});
