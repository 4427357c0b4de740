"""Screeners: bundles, the quality gate before any score, scoring and its reports."""
