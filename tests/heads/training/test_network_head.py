"""Networks as heads: what they learn, that they are deterministic, resumable, and blind to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paralbench.heads import head, settings
from paralbench.heads.head import Fits, PooledStream, Problem, Split, Workplace
from paralbench.heads.training import job, network_head
from paralbench.records.errors import ParalbenchError, UsageError
from tests.heads.material import LAYERS, WIDTH, frames, series, series_split, split

MLP = head("mlp")


def _fit(
    stream: Any, problem: Problem, splits: list[Split], work: Workplace | None = None, **given: Any
) -> Fits:
    chosen = settings(
        "mlp",
        {
            "hidden": 16,
            "epochs": 40,
            "rate": 1e-2,
            "layer_rate": 0.1,
            "batch": 8,
            "pool": "frames",
            **given,
        },
    )
    return MLP.fit([stream], problem, splits, chosen, work)


def _accuracy(fits: Fits, problem: Problem) -> float:
    (fitted,) = fits.fitted
    return float((fitted.outputs.argmax(1) == problem.targets[fitted.split.test]).mean())


def test_learns_classes_from_frames_and_which_layer_says_them() -> None:
    stream, problem = frames()
    fits = _fit(stream, problem, [split(60)])
    assert _accuracy(fits, problem) > 0.85
    assert fits.fitted[0].outputs.sum(1) == pytest.approx(1, abs=1e-5)
    weights = fits.fitted[0].layer_weights
    assert weights is not None
    assert weights.argmax() == 1
    assert weights.sum() == pytest.approx(1, abs=1e-5)


def test_learns_nothing_where_there_is_nothing() -> None:
    stream, problem = frames(signal=0.0)
    assert _accuracy(_fit(stream, problem, [split(60)]), problem) < 0.65


def test_learns_numbers_and_series() -> None:
    stream, problem = frames("number")
    (fitted,) = _fit(stream, problem, [split(60)]).fitted
    truth = problem.targets[fitted.split.test]
    assert np.corrcoef(fitted.outputs[:, 0], truth)[0, 1] > 0.8
    steps, of_steps = series()
    (fitted,) = _fit(steps, of_steps, [series_split(of_steps)]).fitted
    truth = of_steps.targets[fitted.split.test]
    assert fitted.outputs.shape == (len(truth), 1)
    assert np.corrcoef(fitted.outputs[:, 0], truth)[0, 1] > 0.8


def test_without_development_rows_it_runs_its_blind_epochs() -> None:
    stream, problem = frames()
    fits = _fit(stream, problem, [split(60, develop=False)], epochs_blind=7)
    assert fits.fitted[0].chosen == {"epoch": 7, "epochs": 7, "development_loss": None}


def test_test_rows_have_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, problem = frames(rows=40)
    rows = split(40)
    plain = _fit(stream, problem, [rows], epochs=4)
    other = np.array(problem.targets)
    other[rows.test] = (other[rows.test] + 1) % 3
    loud = [
        [clip * 3 + 1 for clip in clips] if row in rows.test else clips
        for row, clips in enumerate(stream.clips)
    ]
    changed = _fit(replace(stream, clips=loud), replace(problem, targets=other), [rows], epochs=4)
    for name, value in plain.fitted[0].state.items():
        assert np.array_equal(value, changed.fitted[0].state[name]), name


def test_the_same_whether_alone_or_beside_others_or_in_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stream, problem = frames(rows=24)
    splits = [split(24, fold, seed) for fold in range(2) for seed in range(2)]
    alone = [_fit(stream, problem, [one], epochs=3).fitted[0] for one in splits]
    together = _fit(stream, problem, splits, epochs=3).fitted
    monkeypatch.setattr(network_head, "_WORTH_PROCESSES", 0.0)
    beside = _fit(stream, problem, splits, Workplace(workers=2), epochs=3).fitted
    for one, two, three in zip(alone, together, beside, strict=True):
        assert np.array_equal(one.outputs, two.outputs)
        assert np.array_equal(one.outputs, three.outputs)


def test_the_callers_random_numbers_and_threads_are_left_alone() -> None:
    stream, problem = frames(rows=24)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    _fit(stream, problem, [split(24)], epochs=2)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads


def test_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, problem = frames(rows=24)
    splits = [split(24, 0, seed) for seed in range(3)]
    work = Workplace(tmp_path)
    first = _fit(stream, problem, splits[:2], work, epochs=3)
    made: list[int] = []
    run = job.Job.run

    def counted(self: Any, of: Split, measure: bool) -> Any:
        made.append(of.seed)
        return run(self, of, measure)

    monkeypatch.setattr(job.Job, "run", counted)
    whole = _fit(stream, problem, splits, work, epochs=3)
    assert made == [2]
    for one, two in zip(first.fitted, whole.fitted[:2], strict=True):
        assert np.array_equal(one.outputs, two.outputs)
        assert one.chosen == two.chosen


def test_what_a_search_tried_is_told_and_the_best_of_it_kept() -> None:
    stream, problem = frames(rows=40)
    found = _fit(stream, problem, [split(40)], epochs=5, search={"rate": [1e-9, 1e-2]})
    assert [one["rate"] for one in found.tried] == [1e-9, 1e-2]
    losses = [one["development_loss"] for one in found.tried]
    assert found.fitted[0].chosen["development_loss"] == min(losses) == losses[1]


def test_pooled_and_unpooled_features_do_as_well() -> None:
    stream, problem = frames()
    pooled = np.stack(
        [np.stack([clips[0].mean(1), clips[0].std(1)], 1) for clips in stream.clips]
    ).astype(np.float32)
    assert pooled.shape == (60, LAYERS, 2, WIDTH)
    fits = _fit(PooledStream("made", pooled), problem, [split(60)], pool="first")
    assert _accuracy(fits, problem) > 0.85


def test_what_cannot_be_is_refused() -> None:
    stream, problem = frames(rows=24)
    with pytest.raises(UsageError, match="layers is 7, made has 0 to 2"):
        _fit(stream, problem, [split(24)], layers=7)
    with pytest.raises(UsageError, match="loss is 'ccc', for a class it may be"):
        _fit(stream, problem, [split(24)], loss="ccc")
    with pytest.raises(ParalbenchError, match="try a smaller --set rate"):
        _fit(stream, problem, [split(24)], optimiser="sgd", rate=1e30, clip=0.0)


def test_compressed_forms_are_reported_and_kept(tmp_path: Path) -> None:
    stream, problem = frames(rows=24)
    forms = ["int8", "ternary", "blocks"]
    found = _fit(stream, problem, [split(24)], Workplace(tmp_path), epochs=8, compress=forms)
    again = _fit(stream, problem, [split(24)], Workplace(tmp_path), epochs=8, compress=forms)
    assert list(found.compressed) == forms
    whole = found.weights["deployed"].bytes
    assert all(0 < found.weights[form].bytes < whole for form in forms)
    assert found.weights == again.weights
    for form in forms:
        one, two = found.compressed[form][0], again.compressed[form][0]
        assert np.array_equal(one.outputs, two.outputs)
        assert one.outputs.shape == found.fitted[0].outputs.shape
