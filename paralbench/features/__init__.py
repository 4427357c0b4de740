"""What encoders heard, kept: planned, extracted once, stored under what made it."""
