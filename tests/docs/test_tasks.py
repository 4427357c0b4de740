"""docs/tasks.md says what the cards say."""

from __future__ import annotations

from docs.generate.tasks import markdown
from paralbench.catalog import Catalog


def test_every_task_stands_on_it() -> None:
    page = markdown(Catalog())
    for task in Catalog().tasks:
        assert f"| `{task}` |" in page


def test_folds_are_counted_by_class_with_merges() -> None:
    """IEMOCAP's first session: 135 happy and 143 excited are 278 happy, 1085 in all."""
    assert "| Ses01 | 229 | 278 | 384 | 194 | 1085 | computed |" in markdown(Catalog())
