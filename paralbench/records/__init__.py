"""The words of the platform as frozen, typed records."""
