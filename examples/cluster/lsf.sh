#!/bin/sh
# bsub < lsf.sh
#BSUB -J "pi[1-20]"
#BSUB -n 4
#BSUB -R "span[hosts=1]"
#BSUB -W 1:00
#BSUB -wa TERM -wt 1
#BSUB -M 2GB
#BSUB -R "rusage[mem=2GB]"
#BSUB -o pi-%J_%I.log

exec jug execute pi.ts -j 4 --jugdir file:pi.jugdata
