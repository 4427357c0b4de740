"""The published schemas are the ones the code holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from paralbench.records.schema import schemas, text

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("kind", ["corpus", "task", "model", "result", "bundle"])
def test_committed_schema_is_current(kind: str) -> None:
    committed = (COMMITTED / f"{kind}.json").read_text(encoding="utf-8")
    assert committed == text(schemas()[kind]), (
        "run python -m paralbench.records.schema docs/schemas"
    )


def test_schema_forbids_unknown_keys_and_needs_the_licence() -> None:
    corpus = schemas()["corpus"]
    assert corpus["additionalProperties"] is False
    assert "licence" in corpus["required"]


def test_command_writes_all(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "paralbench.records.schema", str(tmp_path / "new")]
    subprocess.run(command, check=True)
    assert {file.stem for file in (tmp_path / "new").iterdir()} == schemas().keys()
