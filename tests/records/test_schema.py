"""The published JSON schemas are those of the code, and say what the cards say."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.records.schema import CARDS, schemas, write

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_committed_schemas_are_current(tmp_path: Path) -> None:
    write(tmp_path)
    fresh = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    committed = {file.name: file.read_text("utf-8") for file in PUBLISHED.iterdir()}
    assert committed == fresh, "run 'python -m paralbench.records.schema docs/schemas'"
    assert sorted(fresh) == ["corpus.json", "model.json", "result.json", "task.json"]


@pytest.mark.parametrize("kind", CARDS)
def test_a_schema_closes_every_table(kind: str) -> None:
    schema = schemas()[kind]
    tables = [schema, *schema["$defs"].values()]
    assert all(table["additionalProperties"] is False for table in tables)
    assert "id" in schema["required"] or kind == "result"


def test_a_schema_asks_for_the_licence() -> None:
    found = schemas()
    for kind in ("corpus", "model"):
        assert "licence" in found[kind]["required"]
        assert found[kind]["properties"]["licence"]["minLength"] == 1
    assert found["model"]["properties"]["rate"]["minimum"] == 4000
