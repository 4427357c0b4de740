"""Frozen encoders: waveforms in, hidden states out."""
