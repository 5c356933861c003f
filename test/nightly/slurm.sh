#!/usr/bin/env bash
# A real Slurm of one node on this machine, in a folder of its own, on loopback, without systemd: an array of jobs
# that `jug submit` has made shares the tasks of a jugfile, while one of them is cancelled and another killed.
# Everything it starts is ended by pid. Needs slurmctld, slurmd, sbatch and munged (Debian: slurm-wlm, munge), and jug
# built. JUGDIR is the store, LMDB if not given. With --time-limit, a job also runs into one, which takes two minutes.
# Exits with 0 if all was as it should be; with 77 if Slurm is not here.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for program in slurmctld slurmd sbatch munged; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || {
    echo "Slurm is not here: $program is missing (Debian: apt-get install slurm-wlm munge)"
    exit 77
  }
done
PATH=$PATH:/usr/sbin:/sbin
jug() { node "$root/lib/src/bin.js" "$@"; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/jug-slurm-XXXXXX")
daemons=()
end() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "${array:-}" ] && [ -n "$(squeue -h 2>/dev/null)" ]; then
    scancel "$array" 2>/dev/null || true
    for ((i = 0; i < 150; i++)); do [ -n "$(squeue -h 2>/dev/null)" ] || break; sleep 0.1; done
  fi
  # The last first: a slurmd that still has a controller ends its jobs' watchers.
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2>/dev/null || true
    wait "${daemons[i]}" 2>/dev/null || true
  done
  if [ "$code" -ne 0 ]; then
    tail -n 20 "$folder"/*.out "$folder/work/the logs"/* 2>/dev/null || true
  fi
  rm -rf "$folder"
  exit "$code"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '[%4.1f s] %s\n' "$(bc <<<"($(date +%s%N) - $begun) / 10^7 / 100" -l)" "$*"; }
fail() {
  say "WRONG: $*"
  exit 1
}
# until_true SECONDS WHAT COMMAND…
until_true() {
  local last=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$last" ] || fail "waited in vain for $what"
    sleep 0.1
  done
}
begun=$(date +%s%N)

host=$(hostname -s)
me=$(id -un)
read -r ctld_port node_port < <(node -e '
  const servers = [0, 0].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  setTimeout(() => {
    console.log(servers.map(server => server.address().port).join(" "));
    for (const server of servers) server.close();
  }, 50);')
mkdir "$folder/munge" "$folder/state" "$folder/spool" "$folder/work"
chmod 755 "$folder" "$folder/munge"
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 400 "$folder/munge.key"
export SLURM_CONF=$folder/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=jug
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$ctld_port
SlurmdPort=$node_port
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmUser=$me
SlurmdUser=$me
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END

munged --foreground --key-file="$folder/munge.key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
  --seed-file="$folder/munge/seed" >"$folder/munged.out" 2>&1 &
daemons+=($!)
until_true 10 'munged' test -S "$folder/munge/socket"
slurmctld -D >"$folder/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D >"$folder/slurmd.out" 2>&1 &
daemons+=($!)
is_idle() { [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; }
until_true 30 'an idle node' is_idle
say "$(slurmctld -V): one node, idle"

cd "$folder/work"
cat >work.ts <<'END'
import {appendFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';

const log = (text: string) => appendFileSync('runs.log', `${text} ${process.env.SLURM_ARRAY_TASK_ID} ${process.pid}\n`);
const work = TaskGenerator(async function work(n: number) {
  log(`start ${n}`);
  await sleep(250);
  log(`end ${n}`);
  return n;
});
const add = TaskGenerator(function add(numbers: number[]) {
  const sum = numbers.reduce((a, b) => a + b);
  appendFileSync('sum.txt', `${sum}\n`);
  return sum;
});
export const sum = add(Array.from({length: 120}, (_, n) => work(n)));
END
tasks=120
# Lines of the log: start|end TASK JOB PID. How many are there, of all jobs or of one?
count() { awk -v what="$1" -v job="${2:-}" '$1 == what && (job == "" || $3 == job)' runs.log 2>/dev/null | wc -l; }
at_least() { [ "$(count end "${2:-}")" -ge "$1" ]; }

submitted=$(jug submit work.ts --slurm -n 4 --time 10m --output 'the logs' ${JUGDIR:+--jugdir "$JUGDIR"} -- -j 1)
array=${submitted##* }
say "$submitted"
for job in 1 2 3 4; do until_true 30 "a task of job $job" at_least 1 "$job"; done
say "all four jobs are at work: $(squeue -h -r -o '%i %T' | sort | paste -sd,)"
say "$(jug status work.ts ${JUGDIR:+--jugdir "$JUGDIR"} --short)"

until_true 30 '30 tasks' at_least 30
scancel "${array}_2"
say "scancel ${array}_2 after $(count end) tasks"
until_true 30 '60 tasks' at_least 60
kill -KILL "$(awk '$3 == 3 {print $4; exit}' runs.log)"
say "kill -9 of job 3 after $(count end) tasks"
is_finished() { jug check work.ts ${JUGDIR:+--jugdir "$JUGDIR"}; }
until_true 60 'all tasks' is_finished
say "$(jug status work.ts ${JUGDIR:+--jugdir "$JUGDIR"} --short)"
is_over() { [ -z "$(squeue -h -r -t running,completing)" ]; }
until_true 30 'the end of the jobs' is_over

for job in 1 2 3 4; do
  state=$(scontrol -o show job "${array}_$job" | sed -E 's/.*(JobState=[A-Z]+).*(ExitCode=[0-9:]+).*/\1 \2/')
  say "job $job: $(count end "$job") tasks, $state"
done
[ "$(sort -u sum.txt)" = "$((tasks * (tasks - 1) / 2))" ] || fail "the sum is $(cat sum.txt)"
[ "$(sed -n 's/^end \([0-9]*\) .*/\1/p' runs.log | sort -u | wc -l)" -eq "$tasks" ] || fail 'a task did not run'
# What the killed job was at, and what it had done and not yet stored, is done by another; nothing else is done again.
lost_by() { echo "$(($(count start "$1") - $(count end "$1")))"; }
say "cut off in the middle: $(lost_by 2) by scancel, $(lost_by 3) by kill -9"
repeated=$(awk '$1 == "start" {if ($2 in by) print by[$2]; by[$2] = $3}' runs.log)
say "started again: $(grep -c . <<<"$repeated" || true)"
[ "$(lost_by 2)" -eq 0 ] || fail 'scancel cut off a task'
[ -z "$(grep -v '^3$' <<<"$repeated" | grep . || true)" ] || fail "tasks of these jobs were done again: $repeated"
[ "$(grep -c . <<<"$repeated" || true)" -le 3 ] || fail 'more was done again than the killed job can have had in hand'

# After a minute, which is the least Slurm knows, SIGTERM; what is left is done by the job that is submitted then.
if [ "${1:-}" = --time-limit ]; then
  sed -i 's/sleep(250)/sleep(2500)/; s/(n)));/(n + 1000)));/' work.ts
  submitted=$(jug submit work.ts --slurm -n 1 --time 1m ${JUGDIR:+--jugdir "$JUGDIR"} -- -j 2)
  array=${submitted##* }
  is_gone() { is_over && [ -n "$(cat work-"${array}"_1.log 2>/dev/null)" ]; }
  until_true 30 'the limited job' test -e "work-${array}_1.log"
  until_true 150 'the end of the limited job' is_gone
  state=$(scontrol -o show job "${array}_1" | sed -E 's/.*(JobState=[A-Z]+).*(ExitCode=[0-9:]+).*/\1 \2/')
  say "limited: $(count end 1) ends of $(count start 1) starts in job 1, $state"
  say "$(jug status work.ts ${JUGDIR:+--jugdir "$JUGDIR"} --short)"
  grep 'TIME LIMIT' "work-${array}_1.log" || fail 'the job did not run into its limit'
  [ "$(lost_by 1)" -eq 0 ] || fail 'the time limit cut off a task'
fi

say 'right: every task was done, and none twice but what the killed job had in hand'
