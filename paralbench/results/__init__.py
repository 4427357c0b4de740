"""Result files: written, found, read."""

from pathlib import Path

DEFAULT = Path("leaderboard") / "results"
"""Where result files stand, unless another folder is named."""
