// A view that draws, with a canvas and timers that are the test's.

import test from 'ava';
import {NO_PROGRESS} from '../../src/graph/events.js';
import {LiveView} from '../../src/ui/live-view.js';
import {RunModel} from '../../src/ui/model.js';
import {type Canvas, painted} from '../../src/ui/paint.js';
import {ABOUT} from '../helpers/shown-run.js';

class Board implements Canvas {
  readonly log: string[] = [];
  isBroken = false;

  constructor(readonly name: string) {}

  draw(rows: Parameters<Canvas['draw']>[0]): void {
    if (this.isBroken) throw new TypeError('broken');
    this.log.push(`draw ${painted(rows[0]!, false).split('  ')[0]}`);
  }

  above(text: string): void {
    this.log.push(`above ${text}`);
  }

  close(): void {
    this.log.push('close');
  }
}

/** Ticks before what draws better is loaded. */
const SOON = 9;

class Rig {
  readonly sketch = new Board('sketch');
  readonly board = new Board('board');
  readonly view: LiveView;
  hasTime = true;
  isTaken = false;
  written = '';
  troubles: unknown[] = [];
  sink: ((text: string) => void) | undefined;
  now = 0;
  #timer: (() => void) | undefined;

  constructor(open: () => Promise<Canvas> = async () => this.board) {
    const {setTimeout} = globalThis;
    globalThis.setTimeout = ((body: () => void) => {
      this.#timer = body;
      return {unref: () => 0};
    }) as never;
    this.restore = () => {
      globalThis.setTimeout = setTimeout;
    };
    this.view = new LiveView({
      model: new RunModel(() => ABOUT, 0),
      progress: () => NO_PROGRESS,
      teller: {on: () => {}, close: () => {}},
      window: () => ({columns: 80, rows: 24}),
      beside: () => ({memory: 1}),
      sketch: () => this.sketch,
      open,
      hasTime: () => this.hasTime,
      divert: sink => {
        this.sink = sink;
        return () => {
          this.sink = undefined;
        };
      },
      write: text => {
        this.written += text;
      },
      isTaken: () => this.isTaken,
      onTrouble: error => this.troubles.push(error),
      now: () => this.now,
    });
  }

  readonly restore: () => void;

  /** What the timer would do, and a turn of the event loop. */
  async tick(): Promise<void> {
    this.now += 250;
    this.#timer?.();
    await new Promise(resolve => setImmediate(resolve));
  }
}

async function withRig(body: (rig: Rig) => Promise<void>, open?: () => Promise<Canvas>): Promise<void> {
  const rig = new Rig(open);
  try {
    await body(rig);
  } finally {
    rig.restore();
  }
}

test.serial('a run that is over by then is not drawn', t =>
  withRig(async rig => {
    rig.view.close();
    t.deepEqual([...rig.sketch.log, ...rig.board.log], []);
    t.is(rig.sink, undefined);
  }),
);

test.serial('what draws better takes over after two seconds, as soon as there is time to load it', t =>
  withRig(async rig => {
    rig.hasTime = false;
    for (let i = 0; i < SOON; i++) await rig.tick();
    t.deepEqual(rig.sketch.log, new Array(SOON).fill('draw primes.ts'));
    rig.hasTime = true;
    await rig.tick();
    t.deepEqual(rig.sketch.log.slice(SOON), ['draw primes.ts', 'close']);
    t.deepEqual(rig.board.log, ['draw primes.ts']);
    rig.view.close();
    t.deepEqual(rig.board.log.slice(1), ['close']);
  }),
);

test.serial('without time, it takes over after ten seconds', t =>
  withRig(async rig => {
    rig.hasTime = false;
    for (let i = 0; i < 38; i++) await rig.tick();
    t.deepEqual(rig.board.log, []);
    for (let i = 0; i < 3; i++) await rig.tick();
    t.not(rig.board.log.length, 0);
    rig.view.close();
  }),
);

test.serial('what others write stands above, in whole lines, and nothing of it is lost', t =>
  withRig(async rig => {
    await rig.tick();
    rig.sink!('one\ntw');
    await rig.tick();
    rig.sink!('o\nthree');
    await rig.tick();
    rig.view.close();
    t.is(rig.sink, undefined, 'others write themselves again');
    const above = [...rig.sketch.log, ...rig.board.log].filter(line => line.startsWith('above '));
    t.deepEqual(above, ['above one\n', 'above two\n', 'above three\n']);
  }),
);

test.serial('if drawing fails, the picture goes, and it is told', t =>
  withRig(async rig => {
    await rig.tick();
    rig.sketch.isBroken = true;
    await rig.tick();
    t.is(rig.sketch.log.at(-1), 'close');
    t.is(rig.sink, undefined);
    t.deepEqual(rig.troubles.map(String), ['TypeError: broken']);
  }),
);

test.serial('if what draws cannot be loaded, that is told', t =>
  withRig(
    async rig => {
      for (let i = 0; i < SOON; i++) await rig.tick();
      t.deepEqual(rig.troubles.map(String), ['Error: not there']);
    },
    async () => {
      throw new Error('not there');
    },
  ),
);

test.serial('what is loaded when the run is over is closed', async t => {
  let loaded: (canvas: Canvas) => void = () => {};
  const loading = new Promise<Canvas>(resolve => {
    loaded = resolve;
  });
  await withRig(
    async rig => {
      for (let i = 0; i < SOON; i++) await rig.tick();
      rig.view.close();
      loaded(rig.board);
      await new Promise(resolve => setImmediate(resolve));
      t.deepEqual(rig.board.log, ['close']);
    },
    () => loading,
  );
});

test.serial(
  'whoever asks a question has the terminal, with the half line that it stands on, and the picture comes back',
  t =>
    withRig(async rig => {
      for (let i = 0; i < SOON; i++) await rig.tick();
      t.is(rig.board.log.at(-1), 'draw primes.ts');
      rig.sink!('before\nname? ');
      rig.isTaken = true;
      await rig.tick();
      t.deepEqual(rig.board.log.slice(-2), ['above before\n', 'close']);
      t.is(rig.written, 'name? ');
      t.is(rig.sink, undefined, 'what is written goes to the terminal itself');
      await rig.tick();
      rig.isTaken = false;
      const drawn = rig.sketch.log.length;
      await rig.tick();
      t.true(rig.sketch.log.length > drawn);
      t.not(rig.sink, undefined);
      rig.view.close();
    }),
);

test.serial('a picture that is hidden keeps what is said, and shows it when it is seen again', t =>
  withRig(async rig => {
    for (let i = 0; i < SOON; i++) await rig.tick();
    rig.view.hide();
    t.is(rig.board.log.at(-1), 'close');
    rig.sink!('meanwhile\n');
    const drawn = [rig.sketch.log.length, rig.board.log.length];
    await rig.tick();
    t.deepEqual([rig.sketch.log.length, rig.board.log.length], drawn);
    rig.view.unhide();
    t.true(rig.sketch.log.includes('above meanwhile\n'));
    rig.view.close();
  }),
);

test.serial('what was said while the picture was hidden is written though it ends so', t =>
  withRig(async rig => {
    for (let i = 0; i < SOON; i++) await rig.tick();
    rig.view.hide();
    rig.sink!('meanwhile\n');
    rig.view.close();
    t.is(rig.written, 'meanwhile\n');
  }),
);

test.serial(
  'of very much that is said while the picture is hidden, the last is kept, and how much was not',
  t =>
    withRig(async rig => {
      for (let i = 0; i < SOON; i++) await rig.tick();
      rig.view.hide();
      const line = `${'x'.repeat(999)}\n`;
      for (let i = 0; i < 20_000; i++) rig.sink!(line);
      rig.sink!('the last\n');
      rig.view.unhide();
      const above = rig.sketch.log.filter(said => said.startsWith('above')).join('');
      t.regex(above, /^above [\d,]+ lines that were written meanwhile are left out here\.\nx/);
      t.true(above.endsWith('x\nthe last\n'));
      t.true(above.length < 17_000_000);
      rig.view.close();
    }),
);
