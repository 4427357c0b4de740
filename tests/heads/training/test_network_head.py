"""Networks as heads: what they learn, that they are deterministic, resumable, and blind to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.heads import head, settings
from paralbench.heads.head import Fits, PooledStream, Problem, Split, Workplace
from paralbench.heads.training import forms, job, network_head
from paralbench.heads.training.fitting import Fitting
from paralbench.heads.training.inputs import Inputs
from paralbench.heads.training.network import Network
from paralbench.heads.training.optimisation import optimiser
from paralbench.heads.training.sequences import Sequences
from paralbench.heads.training.standard import Standard, standards
from paralbench.records.errors import ParalbenchError, UsageError
from tests.heads.material import LAYERS, WIDTH, frames, series, series_split, split
from tests.heads.networks import build

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
    (fitted,) = _fit(steps, of_steps, [series_split(of_steps)], batch=4).fitted
    truth = of_steps.targets[fitted.split.test]
    assert fitted.outputs.shape == (len(truth), 1)
    assert np.corrcoef(fitted.outputs[:, 0], truth)[0, 1] > 0.8


def test_without_rows_to_choose_on_it_runs_its_blind_epochs() -> None:
    stream, problem = frames()
    fits = _fit(stream, problem, [split(60, develop=False)], epochs_blind=7, inner_folds=0)
    assert fits.fitted[0].chosen == {
        "epoch": 7, "epochs": 7, "development_loss": None, "chosen_on": "nothing",
        "refitted": False,
    }  # fmt: skip
    assert fits.fitted[0].out_of_fold is None


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


@pytest.mark.slow
def test_the_same_whether_alone_or_beside_others_or_in_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stream, problem = frames(rows=24)
    splits = [split(24, fold, seed) for fold in range(2) for seed in range(2)]
    alone = [_fit(stream, problem, [item], epochs=3).fitted[0] for item in splits]
    together = _fit(stream, problem, splits, epochs=3).fitted
    monkeypatch.setattr(network_head, "_WORTH_PROCESSES", 0.0)
    beside = _fit(stream, problem, splits, Workplace(workers=2), epochs=3).fitted
    for item, two, three in zip(alone, together, beside, strict=True):
        assert np.array_equal(item.outputs, two.outputs)
        assert np.array_equal(item.outputs, three.outputs)


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
    complete = _fit(stream, problem, splits, work, epochs=3)
    assert made == [2]
    for item, two in zip(first.fitted, complete.fitted[:2], strict=True):
        assert np.array_equal(item.outputs, two.outputs)
        assert item.chosen == two.chosen


def test_what_a_search_tried_is_reported_and_the_best_of_it_kept() -> None:
    stream, problem = frames(rows=40)
    result = _fit(stream, problem, [split(40)], epochs=5, search={"rate": [1e-9, 1e-2]})
    assert [item["rate"] for item in result.tried] == [1e-9, 1e-2]
    losses = [item["development_loss"] for item in result.tried]
    assert result.fitted[0].chosen["development_loss"] == min(losses) == losses[1]


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
    result = _fit(stream, problem, [split(24)], Workplace(tmp_path), epochs=8, compress=forms)
    again = _fit(stream, problem, [split(24)], Workplace(tmp_path), epochs=8, compress=forms)
    assert list(result.compressed) == forms
    complete = result.weights["deployed"].bytes
    assert all(0 < result.weights[form].bytes < complete for form in forms)
    assert result.weights == again.weights
    for form in forms:
        item, two = result.compressed[form][0], again.compressed[form][0]
        assert np.array_equal(item.outputs, two.outputs)
        assert item.outputs.shape == result.fitted[0].outputs.shape


def test_it_is_refitted_on_development_rows_too() -> None:
    """What is in the development rows alone is learnt by the refitted network only."""
    stream, problem = frames(lengths=(8, 16))
    of = split(60)
    signal = [
        clips if row not in of.train else [np.random.default_rng(row).normal(size=clips[0].shape)]
        for row, clips in enumerate(stream.clips)
    ]
    only = replace(stream, clips=signal)
    fits = {
        refit: _fit(only, problem, [of], refit=refit, epochs=30, patience=30)
        for refit in (True, False)
    }
    assert [fits[refit].fitted[0].chosen["refitted"] for refit in (True, False)] == [True, False]
    assert _accuracy(fits[False], problem) < 0.65
    assert not np.array_equal(
        fits[True].fitted[0].state["listening.0.mean"],
        fits[False].fitted[0].state["listening.0.mean"],
    )
    chosen = [fits[refit].fitted[0].chosen["development_loss"] for refit in (True, False)]
    assert chosen[0] == chosen[1]


def test_inner_folds_hold_groups_back_and_their_outputs_are_out_of_fold() -> None:
    stream, problem = frames(rows=48, lengths=(8, 16))
    groups = np.arange(48) // 4
    of = split(48, develop=False)
    fits = _fit(stream, replace(problem, groups=groups), [of], epochs=12)
    (fitted,) = fits.fitted
    assert fitted.chosen["chosen_on"] == "3 inner folds"
    assert fitted.chosen["refitted"]
    out_of_fold = fitted.out_of_fold
    assert out_of_fold is not None
    assert np.array_equal(out_of_fold.rows, np.sort(of.train))
    right = out_of_fold.outputs.argmax(1) == problem.targets[out_of_fold.rows]
    assert right.mean() > 0.6

    sides = Fitting(Sequences([stream], problem), replace(problem, groups=groups), of)._sides(
        settings("mlp", {})
    )
    for train, held in sides:
        assert not set(groups[train]) & set(groups[held])
        assert set(train) | set(held) == set(of.train)


def test_steps_in_several_passes_are_the_steps_in_one() -> None:
    stream, problem = frames(rows=24)
    item, many = (
        _fit(stream, problem, [split(24)], epochs=3, dropout=0.0, frames=frames, smoothing=0.1)
        for frames in (0, 60)
    )
    for name, value in item.fitted[0].state.items():
        assert value == pytest.approx(many.fitted[0].state[name], abs=2e-5), name


def test_no_pass_has_more_padded_frames_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, problem = frames(rows=24)
    seen: list[int] = []
    padded = Sequences.padded

    def counted(self: Sequences, *given: Any, **more: Any) -> Any:
        batch = padded(self, *given, **more)
        seen.append(batch.masks[0].numel())
        return batch

    monkeypatch.setattr(Sequences, "padded", counted)
    _fit(stream, problem, [split(24)], epochs=2, frames=100)
    assert max(seen) <= 100


def test_the_weights_of_a_single_layer_are_not_trained() -> None:
    network = Network([Standard(torch.zeros(1, 4), torch.ones(1, 4))], nn.Linear(4, 2))
    assert not network.listening[0].weights.requires_grad
    assert optimiser(network, settings("mlp", {})).param_groups[2]["params"] == []


def test_prepared_inputs_are_what_the_deployed_form_computes() -> None:
    stream, problem = frames(rows=8)
    sequences = Sequences([stream], problem)
    rows = np.arange(8)
    result = standards(sequences, rows)
    network = Network(result, nn.Identity())
    network.answering.forward = lambda streams: streams[0].values
    with torch.no_grad():
        network.listening[0].weights.copy_(torch.tensor([0.5, -1.0, 2.0]))  # type: ignore[operator]
        for room in (0, 3_000, 1 << 20):
            batch = Inputs(sequences, result, room).batch(rows)
            torch.testing.assert_close(
                network(batch), network(sequences.batch(rows)), atol=1e-4, rtol=1e-4
            )


@pytest.mark.parametrize("name", ["s4d", "conformer", "mlp"])
def test_decay_spares_norms_biases_and_what_modules_name(name: str) -> None:
    network = Network([Standard(torch.zeros(2, 6), torch.ones(2, 6))], build(name))
    decayed = {
        id(item) for item in optimiser(network, settings(name, {})).param_groups[0]["params"]
    }
    names = {n for n, item in network.named_parameters() if id(item) in decayed}
    spared = {n for n, _ in network.named_parameters()} - names
    assert any("project" in n or "hidden" in n for n in names)
    assert "listening.0.weights" in spared
    for part in ("bias", "norm", "log_step", "log_decay", "turn", "content", "place"):
        assert not [n for n in names if n.endswith(part) or f"{part}s." in n]


def test_a_search_over_losses_compares_them_by_one_criterion() -> None:
    """Balanced weights make the loss of a network of chance smaller; log-loss is what counts."""
    stream, problem = frames(rows=80)
    rare = np.where(np.arange(80) % 8 == 0, problem.targets, 0.0)
    search = {"class_weights": ["none", "balanced"]}
    skewed = replace(problem, targets=rare)
    result = _fit(stream, skewed, [split(80)], epochs=4, search=search)
    develop = split(80).develop
    for candidate in result.tried:
        alone = _fit(stream, skewed, [split(80)], epochs=4,
                     class_weights=candidate["class_weights"]).fitted[0]  # fmt: skip
        assert alone.out_of_fold is not None
        chances = alone.out_of_fold.outputs[np.arange(len(develop)), rare[develop].astype(int)]
        assert candidate["development_loss"] == pytest.approx(-np.log(chances).mean(), rel=1e-4)
    losses = [candidate["development_loss"] for candidate in result.tried]
    assert result.fitted[0].chosen["development_loss"] == min(losses)


def test_the_control_gets_the_same_search() -> None:
    stream, problem = frames(rows=32, lengths=(8, 12))
    small = {"width": 8, "heads": 2, "inner": 8, "blocks": 1, "epochs": 2, "batch": 8}
    chosen = settings("hrf-conv-transformer", {**small, "search": {"rate": [1e-9, 1e-2]}})
    fits = head("hrf-conv-transformer").fit([stream], problem, [split(32)], chosen)
    ours = [item for item in fits.tried if not item.get("control")]
    theirs = [item for item in fits.tried if item.get("control")]
    assert [item["rate"] for item in ours] == [item["rate"] for item in theirs] == [1e-9, 1e-2]
    for fitted, tried in ((fits.fitted[0], ours), (fits.control[0], theirs)):
        losses = [item["development_loss"] for item in tried]
        assert fitted.chosen["development_loss"] == min(losses)


def test_every_form_is_timed_at_every_place() -> None:
    """A clock that runs slower for whoever comes first tells nothing of the forms."""
    stream, problem = frames(rows=8)
    sequences = Sequences([stream], problem)
    order: list[str] = []

    class Recorded(Network):
        def __init__(self, name: str) -> None:
            super().__init__(standards(sequences, np.arange(8)), nn.Identity())
            self.name = name

        def forward(self, batch: Any) -> Any:
            order.append(self.name)
            return batch.values[0]

    forms.compared({name: Recorded(name) for name in "abc"}, sequences.batch(np.array([0])))
    rounds = [tuple(order[start : start + 3]) for start in range(0, 54, 3)]
    assert {rounds.count(turn) for turn in (("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b"))} == {
        6
    }
