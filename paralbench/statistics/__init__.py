"""Intervals, tests and calibration for examples clustered by speaker."""
