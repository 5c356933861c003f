#!/usr/bin/env bash
# pyodide 314.0.7: Python's print() raises an OSError where Pyodide is loaded in a worker thread of Node.js. Its standard
# streams are written by the number of their file descriptor, which process.stdout does not have in a thread; the TypeError
# goes to stderr, and Python is told of an I/O error. All else works: so a function that is tried in the main
# thread fails when it is run on a pool of threads.
# With pyodide.setStdout({batched: text => console.log(text)}), which its documentation has, print() works there.
#
# Seen on Node.js 20.20, linux-x64. Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund pyodide@314.0.7 >/dev/null 2>&1

cat >print.mjs <<'JS'
import {isMainThread, Worker} from 'node:worker_threads';
import {loadPyodide} from 'pyodide';

async function attempt(where, prepare = () => {}) {
  const pyodide = await loadPyodide();
  prepare(pyodide);
  let said = 'printed';
  try {
    pyodide.runPython('print("hello")');
  } catch (error) {
    said = String(error.message).trim().split('\n').at(-1);
  }
  console.log(`${where}: ${said}, 6 * 7 = ${pyodide.runPython('6 * 7')}`);
}

if (isMainThread) {
  await attempt('main thread');
  new Worker(new URL(import.meta.url));
} else {
  await attempt('worker thread');
  await attempt('worker thread with setStdout', pyodide => pyodide.setStdout({batched: text => console.log(text)}));
}
JS
seen=$(timeout 100 node print.mjs 2>/dev/null | grep -v '^hello$')
echo "$seen"
expected='main thread: printed, 6 * 7 = 42
worker thread: OSError: [Errno 29] I/O error, 6 * 7 = 42
worker thread with setStdout: printed, 6 * 7 = 42'
[ "$seen" = "$expected" ] || { echo 'CHANGED'; exit 1; }
echo 'As described.'
