"""Decode, resample, segment and measure audio; a file is read completely or refused with a reason."""
