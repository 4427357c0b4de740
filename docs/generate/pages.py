"""Every generated file of the repository, by its path from the top."""

from __future__ import annotations

from pathlib import Path

from docs.generate import glossary, heads, models, tasks
from paralbench.catalog import Catalog
from paralbench.corpora import contamination
from paralbench.records.schema import schemas, text

ROOT = Path(__file__).parents[2]


def generated() -> dict[str, str]:
    """The text that each file should have.

    The contamination ledger keeps what was declared in it by hand.
    """
    catalog = Catalog()
    ledger = "leaderboard/contamination.toml"
    return {
        "docs/tasks.md": tasks.markdown(catalog),
        "docs/models.md": models.markdown(catalog),
        "docs/heads/README.md": heads.markdown(),
        "docs/glossary.md": glossary.markdown(),
        "paralbench/heads/described.toml": heads.described(),
        ledger: contamination.text(
            contamination.derived(catalog, contamination.read(ROOT / ledger))
        ),
        **{f"docs/schemas/{kind}.json": text(schema) for kind, schema in schemas().items()},
    }
