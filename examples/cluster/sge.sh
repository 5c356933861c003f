#!/bin/sh
# qsub sge.sh
#$ -N pi
#$ -t 1-20
#$ -S /bin/sh
#$ -cwd
#$ -V
#$ -pe smp 4
#$ -l h_rt=1:00:00
#$ -l mem_free=2G
#$ -j y
#$ -o $JOB_NAME-$JOB_ID.$TASK_ID.log

exec jug execute pi.ts -j 4 --jugdir file:pi.jugdata
