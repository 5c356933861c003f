// Which words are in each document of a folder, in all of them, and which are special to one?
//   jug execute examples/text/jugfile.ts -- some/folder

import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {mapreduce, TaskGenerator, timedPath} from 'jug';

type Counts = Map<string, number>;

export interface Specific {
  readonly word: string;
  readonly count: number;
  /** How much more frequent the word is here than everywhere. */
  readonly times: number;
}

const countWords = TaskGenerator(async function countWords(file: string) {
  const counts: Counts = new Map();
  for (const word of (await readFile(file, 'utf8')).toLowerCase().match(/\p{Letter}{2,}/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
});

/** For mapreduce.reduce: adds up the counts of some documents at a time. */
function addCounts(left: Counts, right: Counts): Counts {
  const sum = new Map(left);
  for (const [word, count] of right) sum.set(word, (sum.get(word) ?? 0) + count);
  return sum;
}

const specificWords = TaskGenerator(function specificWords(here: Counts, everywhere: Counts) {
  const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = total(here) / total(everywhere);
  const words: Specific[] = [];
  for (const [word, count] of here) {
    if (count >= 3) words.push({word, count, times: count / (everywhere.get(word)! * share)});
  }
  return words
    .sort((a, b) => b.times - a.times || b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, 5);
});

const folder = path.resolve(process.argv[2] ?? fileURLToPath(new URL('../../docs', import.meta.url)));
const documents = readdirSync(folder, {recursive: true, encoding: 'utf8'})
  .filter(name => /\.(md|txt)$/.test(name))
  .sort();

// A document that changes has another modification time, and is counted again.
const counts = documents.map(name => countWords(timedPath(path.join(folder, name))));
export const globalCounts = mapreduce.reduce(addCounts, counts);
export const specific = Object.fromEntries(
  documents.map((name, i) => [name, specificWords(counts[i]!, globalCounts)]),
);
