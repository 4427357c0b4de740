"""Files, locks, processes and guards that every room above needs; knows nothing of speech."""

NO_NUMBERS_BELOW = "files, locks, processes and progress, whatever the content"
