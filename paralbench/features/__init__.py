"""Features: planned, extracted once, stored under the key of what made them."""
