#!/usr/bin/env bash
# The file store on real NFS: boots a User-Mode Linux whose kernel exports a folder by nfsd and mounts it twice, with
# caches of their own, as two hosts would have them. On each mount a `jug execute` works on one store, while another is
# killed and a third packs. Every task must have run once, and all results be there on both. Then the same without
# jug execute: two processes race for locks. Once by NFSv3, once by v4.2.
# Needs root, apt-get (downloads Debian's packages into a temporary folder, installs nothing), and jug built.
# DEBS names a folder that has the packages already. Exits with 0 if all was as it should be; with 77 if it cannot run here.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
packages=(user-mode-linux nfs-kernel-server nfs-common rpcbind kmod keyutils libtirpc3 libnfsidmap1 libevent-core-2.1-7 libwrap0)

if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "this must be run as root"; exit 77; }
  [ "$(uname -m)" = x86_64 ] || { echo "User-Mode Linux runs on x86_64 only"; exit 77; }
  folder=$(mktemp -d "${TMPDIR:-/tmp}/jug-nfs-XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  chmod 755 "$folder"
  if [ -n "${DEBS:-}" ]; then cp "$DEBS"/*.deb "$folder"; else
    (cd "$folder" && apt-get download -qq "${packages[@]}") || { echo "the packages cannot be had"; exit 77; }
  fi
  for deb in "$folder"/*.deb; do dpkg -x "$deb" "$folder/root"; done
  code=0
  for version in ${VERSIONS:-3 4.2}; do
    echo "NFS $version"
    {
      echo '#!/bin/sh'
      echo "export PATH='$PATH' HOME=/root FOLDER='$folder' VERSION=$version LONG=${LONG:-}"
      echo "bash '$root/test/nightly/nfs.sh' inside >'$folder/out' 2>&1"
      echo "echo \$? >'$folder/code'"
      echo 'echo o >/proc/sysrq-trigger; sleep 60'
    } >"$folder/init"
    chmod 755 "$folder/init"
    rm -f "$folder/code" "$folder/out"
    timeout -k 5 "${PATIENCE:-900}" "$folder/root/usr/bin/linux.uml" mem=1500M root=/dev/root rootfstype=hostfs rootflags=/ rw \
      "init=$folder/init" con=null con0=null,fd:1 uml_dir="$folder/uml" </dev/null >"$folder/console" 2>&1 || true
    cat "$folder/out" 2>/dev/null || true
    if [ "$(cat "$folder/code" 2>/dev/null || echo none)" != 0 ]; then
      tail -n 15 "$folder/console"
      echo "NFS $version: failed"
      code=1
    fi
  done
  exit $code
fi

# From here on inside: the host's files as they are, and memory over the folders that are written to.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mount -t tmpfs tmpfs /var/lib
mount -t devtmpfs dev /dev 2>/dev/null || true
files=$FOLDER/root
export LD_LIBRARY_PATH=$files/usr/lib/x86_64-linux-gnu:$files/lib/x86_64-linux-gnu
export PATH=$PATH:$files/usr/sbin:$files/sbin:$files/bin:/usr/sbin:/sbin
modules=$files/usr/lib/uml/modules/$(uname -r)
load() {
  local line
  line=$(grep -m1 -E "(^|/)$1\.ko(\.xz)?:" "$modules/modules.dep") || return 0
  for module in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do
    (exec -a insmod "$files/bin/kmod" "$modules/$module" 2>/dev/null) || true
  done
}
for module in sunrpc nfsd nfs nfsv3 nfsv4; do load "$module"; done
ip link set lo up
hostname one
mkdir -p /run/rpcbind /run/sendsigs.omit.d /var/lib/nfs/sm /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs /mnt/export /mnt/a /mnt/b
mkdir -p /var/lib/nfs/nfsdcltrack
touch /var/lib/nfs/etab /var/lib/nfs/rmtab /var/lib/nfs/xtab
cp -a /etc /mnt/etc
mount --bind /mnt/etc /etc
touch /etc/exports
grep -q ^_rpc: /etc/passwd || echo '_rpc:x:199:65534::/run/rpcbind:/usr/sbin/nologin' >>/etc/passwd
if [ ! -e /etc/netconfig ]; then
  printf '%s\n' 'udp tpi_clts v inet udp - -' 'tcp tpi_cots_ord v inet tcp - -' 'local tpi_cots_ord - loopback - - -' >/etc/netconfig
fi
mount -t nfsd nfsd /proc/fs/nfsd
mount -t tmpfs tmpfs /mnt/export
chmod 755 /mnt/export
# Two mounts of one kernel are one client to the server, which would not recall a delegation from itself.
echo 0 >/proc/sys/fs/leases-enable
rpcbind -f -i &
for ((i = 0; i < 100; i++)); do [ -S /run/rpcbind.sock ] && break; sleep 0.1; done
exportfs -o rw,sync,no_root_squash,no_subtree_check,insecure,fsid=0 127.0.0.1:/mnt/export
rpc.mountd 2>/dev/null
rpc.nfsd 4
# The root of what is exported is / for version 4.
exported=/mnt/export
[ "$VERSION" = 3 ] || exported=/
mount_at() { mount.nfs "127.0.0.1:$exported" "$1" -o "vers=$VERSION,nosharecache,nolock,hard,proto=tcp"; }
mount_at /mnt/a
mount_at /mnt/b
stat -f -c '%T at %n' /mnt/a /mnt/b

jug="node $root/lib/src/bin.js"
mkdir -p /mnt/work/node_modules
ln -s "$root" /mnt/work/node_modules/jug
cd /mnt/work
cat >tasks.mjs <<'JS'
import {appendFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';
const work = TaskGenerator(async function work(n) {
  appendFileSync('/mnt/work/starts', `${n}\n`);
  await sleep(20 + (n * 37) % 60);
  return n * n;
});
const add = TaskGenerator(function add(xs) { return xs.reduce((a, b) => a + b, 0); });
const parts = [];
for (let i = 0; i < 15; i++) parts.push(add(Array.from({length: 8}, (_, j) => work(i * 8 + j))));
export const total = add(parts);
JS

# Its pids mean nothing to the others: they go by what it writes, as with another host.
elsewhere() { unshare --pid --fork --mount-proc --kill-child "$@"; }

echo "- three processes on two mounts, one of them killed, and a fourth that packs"
touch starts
elsewhere $jug execute -j 1 --jugdir file:/mnt/a/store --lease 5 tasks.mjs >killed.out 2>&1 &
killed=$!
for ((i = 0; i < 600; i++)); do [ "$(wc -l <starts)" -ge 3 ] && break; sleep 0.1; done
(until [ "$(wc -l <starts)" -ge 10 ]; do sleep 0.1; done; kill -9 "$killed") &
elsewhere $jug execute -j 2 --jugdir file:/mnt/b/store --lease 5 tasks.mjs >b.out 2>&1 &
b=$!
$jug execute -j 2 --jugdir file:/mnt/a/store --lease 5 tasks.mjs >a.out 2>&1 &
a=$!
until [ "$(wc -l <starts)" -ge 20 ]; do sleep 0.1; done
$jug pack --jugdir /mnt/b/store
wait "$a" || { cat a.out; exit 1; }
wait "$b" || { cat b.out; exit 1; }
wait "$killed" 2>/dev/null || true
$jug check --jugdir /mnt/a/store tasks.mjs
$jug check --jugdir /mnt/b/store tasks.mjs
twice=$(sort starts | uniq -d | wc -l)
echo "  $(wc -l <starts) starts of $(sort -u starts | wc -l) tasks, $twice of them twice"
[ "$(sort -u starts | wc -l)" = 120 ]
# What the killed one was running may be run again, and nothing else: one worker, one batch.
[ "$twice" -le 8 ]

echo "- a plain path becomes a file store, and says so once"
$jug execute -j 1 --jugdir /mnt/a/plain tasks.mjs 2>&1 | grep -c 'is on a network filesystem (NFS)' | grep -qx 1
$jug check --jugdir /mnt/b/plain tasks.mjs

echo "- two processes race for locks, and look for results that they have looked for in vain before"
cat >race.mjs <<'JS'
import {createHash} from 'node:crypto';
import {openStore} from 'PACKAGE/dist/src/stores/registry.js';
import {recordOf} from 'PACKAGE/dist/test/stores/records.js';
const [, , jugdir, turn] = process.argv;
const store = await openStore(jugdir, 'write', {lease: 60_000});
const hashes = Array.from({length: 120}, (_, i) => createHash('sha256').update(`race ${i}`).digest('hex'));
const order = turn === '0' ? hashes : hashes.toReversed();
let ran = 0;
for (const hash of order) {
  await store.has(hashes);
  await store.load([hash]);
  if ((await store.acquire([hash]))[0] !== 'acquired') continue;
  console.log(hash);
  ran++;
  await store.save({results: [[hash, recordOf(hash)]], failures: [], origins: [], release: [hash]});
  if (ran % 25 === 0) await store.pack();
}
let there = [];
const begun = performance.now();
while (there.length < hashes.length) {
  await store.changes();
  there = (await store.load(hashes)).filter((record, i) => record !== undefined && recordOf(hashes[i]).equals(record));
  if (performance.now() - begun > 20_000) throw new Error(`only ${there.length} are there`);
}
await store.close();
JS
sed -i "s#PACKAGE#$root#" race.mjs
for round in 1 2 3; do
  elsewhere node race.mjs "file:/mnt/a/race-$round" 0 >race-a &
  a=$!
  node race.mjs "file:/mnt/b/race-$round" 1 >race-b &
  b=$!
  wait "$a"
  wait "$b"
  echo "  $(wc -l <race-a) and $(wc -l <race-b)"
  [ "$(sort -u race-a race-b | wc -l)" = 120 ]
  [ "$(cat race-a race-b | wc -l)" = 120 ]
done

echo "- what one host finishes, the other sees"
cat >wait.mjs <<'JS'
import {TaskGenerator} from 'jug';
import {setTimeout as sleep} from 'node:timers/promises';
import {existsSync, writeFileSync} from 'node:fs';
const slow = TaskGenerator(async function slow() {
  writeFileSync('/mnt/work/running', '');
  while (!existsSync('/mnt/work/end')) await sleep(20);
  return Date.now();
});
const warm = TaskGenerator(function warm() { writeFileSync('/mnt/work/warm', ''); });
const after = TaskGenerator(function after(ended) { return Date.now() - ended; });
export const waited = after(slow(), warm());
JS
$jug execute -j 1 --jugdir file:/mnt/a/wait --target slow wait.mjs >slow.out 2>&1 &
slow=$!
until [ -e running ]; do sleep 0.1; done
elsewhere $jug execute -j 1 --jugdir file:/mnt/b/wait wait.mjs >waiting.out 2>&1 &
waiting=$!
# It waits once it says so, and its worker has run a task of its own: the start of both takes many seconds on this
# machine, and is no part of what is measured.
for ((i = 0; i < 1200; i++)); do [ -e warm ] && grep -q 'running 1 ' waiting.out && break; sleep 0.1; done
touch end
wait "$waiting" || { cat waiting.out; exit 1; }
wait "$slow"
cat >read.mjs <<'JS'
import {init, value} from 'jug';
const {store, jugspace} = await init('wait.mjs', '/mnt/b/wait');
console.log(await value(jugspace.waited));
await store.close();
JS
waited=$(node read.mjs)
echo "  after $waited ms"
# A second is promised on a machine that has one to spare; this one is emulated.
[ "$waited" -lt 2500 ]
echo "- all as it should be"
