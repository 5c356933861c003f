#!/bin/sh
# sh ssh.sh alpha beta gamma
# One jug execute on each machine named. They see this folder under the same path, and let you in without a password.

cd "$(dirname "$0")" || exit 2
trap 'kill $running' INT TERM
running=
for host in "$@"; do
  # With -tt, what runs there ends when this here does. A login shell has the PATH that you have when you log in.
  ssh -tt -o BatchMode=yes "$host" "cd '$PWD' && exec sh -lc 'exec jug execute pi.ts --jugdir file:pi.jugdata'" \
    >"pi-$host.log" 2>&1 </dev/null &
  running="$running $!"
done
wait
