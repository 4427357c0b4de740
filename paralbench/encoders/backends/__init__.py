"""One backend a file. Each has ``load(card, weights, placement) -> Encoder``."""
