"""Conditions of the test clips: scored by the clean fits, paired, the same twice."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from paralbench.audio import conditions as registry
from paralbench.audio import degraded
from paralbench.audio.conditions import Condition
from paralbench.audio.pieces import Waveform
from paralbench.catalog import Catalog
from paralbench.evaluation import conditions as scoring
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.features.engine import Engine
from paralbench.features.key import CLEAN
from paralbench.records.result import Result
from paralbench.results import condition_predictions, files, predictions

TASK = "game-voices-affect"


def unchanged(waveform: Waveform, rng: np.random.Generator, others: Sequence[Waveform]) -> Waveform:
    """Nothing is done."""
    return waveform


@pytest.fixture(scope="module")
def corpus(made: Callable[[str], Path]) -> Path:
    return made("game-voices")


def _run(
    corpus: Path, folder: Path, under: Sequence[str], head: str = "linear-probe", workers: int = 1
) -> Done:
    request = Request(
        [TASK], ["log-mel"], [head], {"game-voices": corpus}, seeds=(0,), under=under,
        engine=Engine(workers=workers),
    )  # fmt: skip
    (done,) = Benchmark(Catalog(), request, folder / "cache", folder / "results").run(
        lambda message: None, quiet=True
    )
    assert isinstance(done, Done)
    return done


def _bytes(result: Result) -> list[str]:
    return [item.model_dump_json() for item in result.conditions]


@pytest.mark.slow
@pytest.mark.parametrize("head", ["linear-probe", "knn", "attentive-statistics"])
def test_clips_that_nothing_is_done_to_score_as_the_clean_ones(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    monkeypatch.setattr(registry, "identity", lambda condition: condition.name)
    monkeypatch.setattr(scoring, "identity", lambda item: item.name)
    fake = Condition("gain-20", "nothing", unchanged)
    monkeypatch.setattr(registry, "conditions", lambda: {"gain-20": fake})
    monkeypatch.setattr(degraded, "conditions", lambda: {"gain-20": fake})
    result = _run(corpus, tmp_path, ["gain-20"], head).result
    (item,) = result.conditions
    assert item.paired.difference == pytest.approx(0, abs=1e-9)
    assert item.score.value == pytest.approx(result.scores[0].value)


@pytest.mark.slow
@pytest.mark.parametrize("head", ["linear-probe", "s4d"])
def test_a_series_that_nothing_is_done_to_scores_as_the_clean_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    root = tmp_path / "sewa"
    Catalog().corpus("sewa").synthesize(root, 0)
    monkeypatch.setattr(registry, "identity", lambda condition: condition.name)
    monkeypatch.setattr(scoring, "identity", lambda item: item.name)
    fake = Condition("gain-20", "nothing", unchanged)
    monkeypatch.setattr(registry, "conditions", lambda: {"gain-20": fake})
    monkeypatch.setattr(degraded, "conditions", lambda: {"gain-20": fake})
    request = Request(
        ["sewa-arousal"], ["log-mel"], [head], {"sewa": root}, seeds=(0,), under=["gain-20"]
    )
    (done,) = Benchmark(Catalog(), request, tmp_path / "cache", tmp_path / "results").run(
        lambda message: None, quiet=True
    )
    assert isinstance(done, Done), done
    (item,) = done.result.conditions
    assert item.paired.difference == pytest.approx(0, abs=1e-5)
    assert item.score.value == pytest.approx(done.result.score(done.result.ranking).value, abs=1e-5)


@pytest.mark.slow
def test_the_same_bytes_on_any_number_of_workers(corpus: Path, tmp_path: Path) -> None:
    names = ["white-0", "babble-0", "opus-16"]
    first = _run(corpus, tmp_path / "one", names, workers=1).result
    other = _run(corpus, tmp_path / "two", names, workers=3).result
    assert [item.condition for item in first.conditions] == names
    assert _bytes(first) == _bytes(other)
    assert first.conditions_sha256 == other.conditions_sha256 is not None
    stores = [
        sorted((folder / "cache" / "features").glob("*/*.bin")) for folder in
        (tmp_path / "one", tmp_path / "two")
    ]  # fmt: skip
    contents = [{file.parent.name: file.read_bytes() for file in files} for files in stores]
    assert contents[0] == contents[1]


@pytest.mark.slow
def test_further_conditions_join_those_of_a_current_result(corpus: Path, tmp_path: Path) -> None:
    first = _run(corpus, tmp_path, ["gain-20"])
    again = _run(corpus, tmp_path, ["gain-20"])
    assert not again.fresh
    more = _run(corpus, tmp_path, ["gain-20", "white-0"])
    assert {item.condition for item in more.result.conditions} == {"gain-20", "white-0"}
    assert more.result.entry == first.result.entry
    assert more.result.scores == first.result.scores
    clean_table, _ = predictions.read(more.file, more.result)
    stored = condition_predictions.read(more.file, more.result, clean_table)
    assert set(stored) == {"gain-20", "white-0"}
    noisy = next(item for item in more.result.conditions if item.condition == "white-0")
    clean = more.result.scores[0].value
    assert noisy.paired.difference == pytest.approx(noisy.score.value - clean)


@pytest.mark.slow
def test_a_damaged_record_under_a_condition_is_extracted_again(
    corpus: Path, tmp_path: Path
) -> None:
    before = _run(corpus, tmp_path, ["gain-20"]).result
    (folder,) = (
        file.parent
        for file in tmp_path.glob("cache/features/*/space.json")
        if json.loads(file.read_text())["components"]["condition"] != CLEAN
    )
    content = bytearray((folder / "data.bin").read_bytes())
    content[5] ^= 0xFF
    (folder / "data.bin").write_bytes(content)
    shutil.rmtree(tmp_path / "results")
    assert _bytes(_run(corpus, tmp_path, ["gain-20"]).result) == _bytes(before)


@pytest.mark.slow
def test_conditions_without_their_predictions_are_run_again(corpus: Path, tmp_path: Path) -> None:
    first = _run(corpus, tmp_path, ["gain-20"])
    document = first.result.model_copy(update={"conditions_sha256": None})
    files.write(tmp_path / "results", document, first.file.with_suffix(".parquet").read_bytes())
    again = _run(corpus, tmp_path, ["gain-20"])
    assert again.fresh
    assert again.result.conditions_sha256 == first.result.conditions_sha256
