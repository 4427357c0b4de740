"""Screening a batch of recordings with a bundle, and its reports."""
