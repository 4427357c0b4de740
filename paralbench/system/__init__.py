"""Files, locks, processes and guards that every room above needs; knows nothing of speech."""
