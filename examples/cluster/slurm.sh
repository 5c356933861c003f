#!/bin/sh
# sbatch slurm.sh
#SBATCH --job-name=pi
#SBATCH --array=1-20
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=1:00:00
#SBATCH --mem=2G
#SBATCH --output=%x-%A_%a.log

cd "$SLURM_SUBMIT_DIR" || exit 2
exec jug execute pi.ts -j 4 --jugdir file:pi.jugdata
