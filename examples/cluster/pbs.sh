#!/bin/sh
# qsub pbs.sh
#PBS -N pi
#PBS -J 1-20
#PBS -S /bin/sh
#PBS -V
#PBS -l select=1:ncpus=4:mem=2gb
#PBS -l walltime=1:00:00
#PBS -j oe

cd "$PBS_O_WORKDIR" || exit 2
exec jug execute pi.ts -j 4 --jugdir file:pi.jugdata
