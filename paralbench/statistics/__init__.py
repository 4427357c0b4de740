"""Intervals that know that examples of one speaker are not independent."""
