"""Training between sites that share sums and weights, never recordings or features."""
