"""Result files in; ranks, tables and the static site out. Reads nothing else."""
