import {setImmediate as turn} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type Ears, watchTraffic} from '../../src/stores/redis/stall-timeout.js';

/** Milliseconds. */
const TIME = 100;

/** A stream that moves as `move` says, before each look. */
function watched(t: ExecutionContext, ears: Partial<Ears>, move: (stream: Stream) => void) {
  const stream = {bytesRead: 0, bytesWritten: 0, writableLength: 0};
  const watch = watchTraffic(
    () => {
      move(stream);
      return stream;
    },
    TIME,
    {quiet: () => {}, silent: () => {}, ...ears},
  );
  // Its own timer does not keep a process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  return watch;
}

interface Stream {
  bytesRead: number;
  bytesWritten: number;
  writableLength: number;
}

test('what is sent to a server that stands still is no sign of its life', async t => {
  const told: number[] = [];
  await new Promise<void>(resolve => {
    const watch = watched(t, {quiet: milliseconds => told.push(milliseconds), silent: resolve}, stream => {
      stream.bytesWritten += 100;
    });
    watch.begin();
    t.teardown(() => watch.end());
  });
  t.deepEqual(told, [50, 60, 70, 80, 90]);
});

for (const [how, move] of [
  ['that sends', stream => stream.bytesRead++],
  [
    'that takes what had to wait',
    stream => {
      stream.writableLength = 1000;
      stream.bytesWritten += 10;
    },
  ],
] as const satisfies readonly (readonly [string, (stream: Stream) => void])[]) {
  test(`a server ${how} is not silent, however long its answer takes`, async t => {
    let looks = 0;
    await new Promise<void>(resolve => {
      const watch = watched(t, {quiet: () => t.fail(), silent: () => t.fail()}, stream => {
        move(stream);
        if (++looks === 30) resolve();
      });
      watch.begin();
      t.teardown(() => watch.end());
    });
    t.is(looks, 30);
  });
}

test('silence while nothing is awaited does not count', async t => {
  const told: number[] = [];
  const watch = watched(t, {quiet: milliseconds => told.push(milliseconds)}, () => {});
  for (let question = 0; question < 2; question++) {
    watch.begin();
    while (told.length === question) await turn();
    watch.end();
  }
  t.deepEqual(told, [50, 50]);
  t.false(watch.isSilent);
});
