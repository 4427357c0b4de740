"""Result files: predictions, scores, provenance, keys."""

from pathlib import Path

DEFAULT = Path("leaderboard") / "results"
"""The folder of result files, unless another is named."""
