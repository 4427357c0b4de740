"""Result files in, tables and the static leaderboard page out. Reads nothing else."""
