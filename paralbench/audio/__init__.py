"""Decode, resample, cut and chunk. Every file is heard, or refused with a reason."""
