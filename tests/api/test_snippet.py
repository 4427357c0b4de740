"""The snippet of docs/api.md, as it stands there, and the example notebook."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paralbench as pb
from paralbench.catalog import Catalog
from tests.screener import screeners

DOCS = Path(pb.__file__).parents[1] / "docs"


@pytest.mark.slow
def test_the_snippet_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = re.findall(
        r"```python\n(.*?)```", (DOCS / "api.md").read_text(encoding="utf-8"), re.S
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "IEMOCAP_full_release"
    Catalog().corpus("iemocap").synthesize(corpus, 0)
    lab = screeners.lab(tmp_path / "lab")
    made = lab.bundle(lab.result(head="linear-probe", seeds=(0,)))
    made.rename(tmp_path / "x.plb")
    monkeypatch.setenv("PARALBENCH_CATALOG", str(lab.catalog))
    task = pb.get_task("iemocap-emotion", data=corpus)
    results = tmp_path / "leaderboard" / "results"
    a, b = pb.evaluate(["log-mel", "mfcc"], task, results=results)
    rng = np.random.default_rng(0)
    names: dict[str, Any] = {
        "files": lab.recordings[:5],
        "models": ["log-mel", "mfcc"], "tasks": [task], "a": a, "b": b,
        "X": rng.standard_normal((40, 6)), "y": np.arange(40) % 2, "g": np.arange(40) // 4,
    }  # fmt: skip
    returned: list[Any] = []
    for statement in ast.parse(snippet).body:
        if isinstance(statement, ast.Expr):
            returned.append(eval(compile(ast.Expression(statement.value), "api.md", "eval"), names))
        else:
            exec(compile(ast.Module([statement], []), "api.md", "exec"), names)
    (score, interval, predictions), *returned = returned
    assert interval.low <= score <= interval.high
    assert set(map(str, predictions["file"])) <= set(map(str, corpus.rglob("*.wav")))
    assert names["frame"].index.names == ["file", "start", "end"]
    wide, long, comparison, probabilities, assessments = returned
    assert set(wide.index.get_level_values("model")) == {"log-mel", "mfcc"}
    assert set(long["task"]) == {"iemocap-emotion"}
    assert comparison.difference == pytest.approx(a.score - b.score)
    assert probabilities.shape == (40, 2)
    assert [assessment.status for _, assessment in assessments]


@pytest.mark.slow
def test_the_example_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(  # type: ignore[no-untyped-call]
        DOCS / "example.ipynb", as_version=4
    )
    assert not any(cell.get("outputs") for cell in notebook.cells), "stored without outputs"
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not any(output.output_type == "error" for output in shown)
    tables = [output.data["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert any("Confusion matrix" in table for table in tables)
