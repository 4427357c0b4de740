"""Measured claims: each file compares two things in one run. ``make bench`` runs them all."""
