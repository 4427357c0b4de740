"""Which model has heard which corpus: derived from the cards, shown beside every score."""
