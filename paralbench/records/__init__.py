"""The words of the platform as frozen, typed records."""

NO_NUMBERS_BELOW = "records hold what was declared or computed; keys name their values"
