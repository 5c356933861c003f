#!/usr/bin/env bash
# Power cuts: a User-Mode Linux runs `jug execute` on an ext4 filesystem of its own, and is killed with all that it has in
# memory. What a run has told as finished before must be there after the next start, whole, and the run must go on from
# there. Several times on one store, for the LMDB store and the file store.
# Needs root, apt-get (downloads Debian's package into a temporary folder, installs nothing), mkfs.ext4, and jug built.
# DEBS names a folder that has the package already. Exits with 0 if all was as it should be; with 77 if it cannot run here.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jug="node $root/lib/src/bin.js"

finished() { $jug status --json --jugdir "$1" tasks.mjs | node -p 'JSON.parse(require("fs").readFileSync(0)).total.finished'; }

if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "this must be run as root"; exit 77; }
  [ "$(uname -m)" = x86_64 ] || { echo "User-Mode Linux runs on x86_64 only"; exit 77; }
  folder=$(mktemp -d "${TMPDIR:-/tmp}/jug-power-XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  if [ -n "${DEBS:-}" ]; then cp "$DEBS"/user-mode-linux_*.deb "$folder"; else
    (cd "$folder" && apt-get download -qq user-mode-linux) || { echo "the package cannot be had"; exit 77; }
  fi
  dpkg -x "$folder"/user-mode-linux_*.deb "$folder/root"

  # Starts the machine in a session of its own, so that it can be killed as a whole. $1: how many results to wait for.
  boot() {
    rm -f "$folder/code"
    {
      echo '#!/bin/sh'
      echo "export PATH='$PATH' HOME=/root FOLDER='$folder' STORE=$store FINISH=${FINISH:-}"
      echo "bash '$root/test/nightly/power-cut.sh' inside >>'$folder/out' 2>&1"
      echo "echo \$? >'$folder/code'"
      echo 'echo o >/proc/sysrq-trigger; sleep 60'
    } >"$folder/init"
    chmod 755 "$folder/init"
    setsid "$folder/root/usr/bin/linux.uml" mem=700M root=/dev/root rootfstype=hostfs rootflags=/ rw "ubd0=$folder/disk" \
      "init=$folder/init" con=null con0=null,fd:1 uml_dir="$folder/uml" </dev/null >"$folder/console" 2>&1 &
    machine=$!
    for ((i = 0; i < 3000; i++)); do
      [ ! -e "$folder/code" ] || break
      [ "$(told)" -lt "$1" ] || break
      sleep 0.1
    done
  }
  told() { tail -n 1 "$folder/told" 2>/dev/null | grep -E '^[0-9]+$' || echo 0; }
  off() {
    kill -9 -- "-$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    # Its disk is locked for as long as any part of it is left.
    while pgrep -f "ubd0=$folder/disk" >/dev/null; do sleep 0.1; done
  }
  fail() {
    echo "  failed: $1"
    cat "$folder/out"
    tail -n 5 "$folder/console"
    exit 1
  }

  for store in ${STORES:-lmdb file}; do
    echo "$store"
    rm -f "$folder"/{told,out,code,disk}
    truncate -s 300M "$folder/disk"
    mkfs.ext4 -q "$folder/disk"
    for ((cut = 1; cut <= ${CUTS:-5}; cut++)); do
      boot $(($(told) + 200 + RANDOM % 600))
      [ ! -e "$folder/code" ] || fail "the run ended before the power was cut"
      off
      echo "  cut when $(told) results were told as finished"
    done
    FINISH=1 boot 1000000
    wait "$machine" 2>/dev/null || true
    [ "$(cat "$folder/code" 2>/dev/null || echo none)" = 0 ] || fail "the last run"
    tail -n 3 "$folder/out" | sed 's/^/  /'
  done
  exit 0
fi

# From here on inside: the host's files as they are, and a disk that the cut is to hit.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /mnt
mount -t devtmpfs dev /dev 2>/dev/null || true
ip link set lo up 2>/dev/null || true
mkdir -p /mnt/disk /mnt/work/node_modules
mount -t ext4 /dev/ubda /mnt/disk
ln -s "$root" /mnt/work/node_modules/jug
cd /mnt/work
cat >tasks.mjs <<'JS'
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';
const work = TaskGenerator(async function work(n) {
  // Many at a time are stored together, and those that wait alone.
  if (n % 40 < 3) await sleep(10);
  return new Uint8Array(50 + (n % 7) ** 5).fill(n);
});
export const all = Array.from({length: 6000}, (_, n) => work(n));
JS
cat >run.mjs <<'JS'
// Says outside of this machine how many results are told as finished.
import {appendFileSync} from 'node:fs';
import {execute} from 'jug';
const [, , jugdir, told] = process.argv;
let finished = 0;
const {exitCode} = await execute('tasks.mjs', {
  jobs: 1,
  jugdir,
  onEvent(event) {
    if (event.type !== 'finished' && event.type !== 'loaded') return;
    finished += event.count;
    appendFileSync(told, `${finished}\n`);
  },
});
process.exit(exitCode);
JS
jugdir=$STORE:/mnt/disk/store
told=$(tail -n 1 "$FOLDER/told" 2>/dev/null || echo 0)
if [ "$told" -gt 0 ]; then
  there=$(finished "$jugdir")
  echo "$there results are there, $told were told as finished"
  [ "$there" -ge "$told" ]
  $jug store --verify --jugdir "$jugdir"
fi
node run.mjs "$jugdir" "$FOLDER/told"
[ -n "$FINISH" ]
$jug store --verify --jugdir "$jugdir" | tail -n 1
echo "$(finished "$jugdir") of 6000 tasks are finished"
[ "$(finished "$jugdir")" = 6000 ]
umount /mnt/disk
