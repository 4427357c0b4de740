"""One backend a file. Each has ``load(card, folder, weights, device) -> Encoder``."""
