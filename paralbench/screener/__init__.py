"""The artefact: a bundle opened, its gate, windows, decision and self-check."""
