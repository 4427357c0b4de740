"""Templates in which every name is text, and what is missing is an error."""

from __future__ import annotations

from pathlib import Path

import jinja2

STYLE = Path(__file__).parent / "style.css"
"""The style sheet of every page."""


def strict(folder: Path) -> jinja2.Environment:
    """The templates of a folder: markup escaped, nothing undefined, no blank lines of tags."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
