import test from 'ava';
import {ANYWAY, Pace} from '../../../src/run/peers/poll-interval.js';

const INTERVAL = 40;
const NOTHING = {changed: false, goesOn: false};

/** A store that is listened to, and what it does to who listens. */
class Listened {
  readonly interval = INTERVAL;
  tell: (() => void) | undefined;
  watch(onChange: () => void): () => void {
    this.tell = () => {
      this.tell = undefined;
      onChange();
    };
    return () => {
      this.tell = undefined;
    };
  }
}

function look(pace: Pace, seen: {readonly changed: boolean; readonly goesOn: boolean} = NOTHING): void {
  pace.end(pace.begin(), seen);
}

test('a store that tells of nothing is looked at in its interval', t => {
  const pace = new Pace({interval: INTERVAL}, () => t.fail('nothing wakes'));
  t.true(pace.dueIn() <= 0);
  look(pace);
  t.true(pace.dueIn() > 0 && pace.dueIn() <= INTERVAL, `${pace.dueIn()}`);
});

test('a store that tells of changes is looked at soon after one, and seldom otherwise', t => {
  const store = new Listened();
  let wakes = 0;
  const pace = new Pace(store, () => wakes++);
  for (let round = 0; round < 10; round++) {
    look(pace, {changed: round > 0, goesOn: false});
    t.true(pace.dueIn() > INTERVAL && pace.dueIn() <= ANYWAY, `${pace.dueIn()}`);
    store.tell!();
    t.is(wakes, round + 1);
    t.true(pace.dueIn() < INTERVAL, `${pace.dueIn()}`);
  }
  look(pace);
  pace.stop();
  t.is(store.tell, undefined);
  t.true(pace.dueIn() <= 0);
});

test('a store that does not tell of what changes is looked at in its interval again', t => {
  const store = new Listened();
  const pace = new Pace(store, () => {});
  look(pace);
  for (let missed = 1; missed <= 3; missed++) {
    t.true(pace.dueIn() > INTERVAL);
    look(pace, {changed: true, goesOn: false});
  }
  t.is(store.tell, undefined);
  t.true(pace.dueIn() <= INTERVAL, `${pace.dueIn()}`);
});

test('where there is more to see, the next look is at once', t => {
  const pace = new Pace({interval: INTERVAL}, () => {});
  look(pace, {changed: true, goesOn: true});
  t.true(pace.dueIn() <= 0);
});

test('looks that cost much are rested for, also where changes follow one another', t => {
  const store = new Listened();
  const pace = new Pace(store, () => {});
  const looking = pace.begin();
  const until = performance.now() + 20;
  while (performance.now() < until);
  pace.end(looking, {changed: true, goesOn: false});
  store.tell!();
  t.true(pace.dueIn() > 100 && pace.dueIn() <= 250, `${pace.dueIn()}`);
});
