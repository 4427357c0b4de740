"""Conformal prediction: its level on held-out simulated speakers, and its quantile by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.statistics import calibration, conformal
from paralbench.statistics.calibration import Array
from tests.statistics.test_calibration import speakers

SEEDS = 20


def test_one_example_a_speaker_is_the_textbooks_quantile() -> None:
    """The ceil((n + 1) * level)-th smallest of n scores (Lei et al., 2018)."""
    rng = np.random.default_rng(0)
    for count in (9, 10, 19, 50, 99):
        scores = rng.normal(size=count)
        for level in (0.5, 0.8, 0.9):
            place = int(np.ceil((count + 1) * level - 1e-9))
            expected = np.sort(scores)[place - 1] if place <= count else np.inf
            assert conformal.quantile(scores, np.arange(count), level) == expected


def test_a_speaker_shares_one_vote() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    clusters = np.array([0, 1, 2, 3])
    often = np.concatenate([scores, np.full(1000, 4.0)])
    theirs = np.concatenate([clusters, np.full(1000, 3)])
    for level in (0.2, 0.5, 0.7):
        assert conformal.quantile(often, theirs, level) == conformal.quantile(
            scores, clusters, level
        )


@given(st.integers(2, 40), st.floats(0.05, 0.95), st.integers(0, 1000))
def test_too_few_speakers_give_infinity_and_no_false_promise(
    count: int, level: float, seed: int
) -> None:
    scores = np.random.default_rng(seed).normal(size=count)
    result = conformal.quantile(scores, np.arange(count), level)
    assert np.isinf(result) == (count + 1e-9 < level * (count + 1))


def people(count: int, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.int64]]:
    """Numbers predicted and true; a speaker's errors resemble each other, and his examples vary in count."""
    clusters = np.repeat(np.arange(count), rng.integers(1, 9, count))
    truth = rng.normal(10, 4, count)[clusters]
    own = rng.normal(0, 2, count)[clusters]
    return truth + own + rng.normal(0, 1, len(clusters)), truth, clusters


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_intervals_cover_held_out_speakers(level: float) -> None:
    covered = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        half = conformal.interval_quantile(*people(200, rng), level)
        values, truth, clusters = people(1000, rng)
        inside = np.abs(values - truth) <= half
        covered.append(np.average(inside, weights=calibration.weights(clusters)))
    assert np.mean(covered) == pytest.approx(level, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_sets_cover_held_out_speakers_of_each_class_once_calibrated(level: float) -> None:
    """Calibrated as a bundle is: what is fitted is fitted on the same speakers, held out in turn."""
    covered, of_each = [], []
    for seed in range(SEEDS):
        text, truth, clusters, _ = speakers(200, seed, slope=0.5, shift=0.5)
        mended = calibration.held_out(text, truth, clusters)
        pairs = np.stack([1 - mended, mended], 1)
        result = conformal.set_quantiles(pairs, truth.astype(int), clusters, level)
        assert len(result) == 2
        other, real, theirs, _ = speakers(1000, seed + 1000, slope=0.5, shift=0.5)
        deployed = calibration.chosen(text, truth, clusters)(other)
        sets = conformal.held(np.stack([1 - deployed, deployed], 1), result)
        inside = sets[np.arange(len(real)), real.astype(int)]
        counting = calibration.weights(theirs)
        covered.append(np.average(inside, weights=counting))
        of_each.append([np.average(inside[real == c], weights=counting[real == c]) for c in (0, 1)])
    assert np.mean(covered) == pytest.approx(level, abs=0.02)
    assert np.mean(of_each, axis=0) == pytest.approx([level, level], abs=0.03)


def test_a_rare_class_shares_the_quantile_of_all() -> None:
    rng = np.random.default_rng(0)
    text = rng.random(60)
    truth = np.zeros(60, int)
    truth[:4] = 1
    pairs = np.stack([1 - text, text], 1)
    assert len(conformal.set_quantiles(pairs, truth, np.arange(60), 0.8)) == 1


def test_a_set_is_never_empty() -> None:
    sets = conformal.held(np.array([[0.6, 0.4], [0.2, 0.8]]), [0.1, 0.1])
    assert sets.tolist() == [[True, False], [False, True]]


def test_reported_coverage_is_of_speakers_the_quantile_did_not_see() -> None:
    rng = np.random.default_rng(1)
    values, truth, clusters = people(400, rng)
    assert conformal.interval_coverage(values, truth, clusters, 0.9) == pytest.approx(0.9, abs=0.03)
    text, labels, theirs, _ = speakers(400, 1)
    pairs = np.stack([1 - text, text], 1)
    result = conformal.set_coverage(pairs, labels.astype(int), theirs, 0.9)
    assert result == pytest.approx(0.9, abs=0.03)


def _two_sexes(
    count: int, seed: int
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64], NDArray[np.str_]]:
    """Probabilities that are much worse for one sex, with several examples a speaker."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(count), rng.integers(1, 4, count))
    truth = (np.arange(count) % 5 < 2).astype(int)[clusters]
    sex = np.where(rng.random(count) < 0.4, "female", "male")[clusters]
    gap = np.where(sex == "female", 0.2, 1.0)
    own = rng.normal(0, 1, count)[clusters]
    line = gap * (2 * truth - 1) + own + rng.normal(0, 0.5, len(clusters))
    positive = 1 / (1 + np.exp(-line))
    return np.stack([1 - positive, positive], 1), truth, clusters, sex


def test_sets_by_class_and_group_cover_each_of_them() -> None:
    level = 0.9
    by_cell: list[list[float]] = []
    by_class_alone: list[list[float]] = []
    cells = [(c, sex) for c in (0, 1) for sex in ("female", "male")]
    for seed in range(SEEDS):
        pairs, truth, clusters, sex = _two_sexes(600, seed)
        overall = conformal.set_quantiles(pairs, truth, clusters, level)
        by_group = conformal.group_quantiles(
            conformal.class_scores(pairs, truth), sex, clusters, level
        )
        assert set(by_group) == {"female", "male"}
        others, real, theirs, sexes = _two_sexes(2000, seed + 1000)
        counting = calibration.weights(theirs)
        rows = np.arange(len(real))
        for quantiles, covered in (
            (conformal.of_rows(overall, by_group, sexes), by_cell),
            (overall, by_class_alone),
        ):
            inside = conformal.held(others, quantiles)[rows, real]
            covered.append([
                float(np.average(inside[cell], weights=counting[cell]))
                for c, name in cells
                for cell in [(real == c) & (sexes == name)]
            ])  # fmt: skip
    assert np.mean(by_cell, axis=0) == pytest.approx([level] * 4, abs=0.02)
    # Without groups the worse-predicted sex is covered less: the comparison shows what they are for.
    assert np.mean(by_class_alone, axis=0).min() < level - 0.05


def test_a_group_of_few_has_no_quantiles_and_the_unknown_have_the_widest() -> None:
    rng = np.random.default_rng(0)
    scores, clusters = [rng.random(60)], np.arange(60)
    groups = np.where(clusters < 50, "many", "few")
    groups[59] = "one"
    by_group = conformal.group_quantiles(scores, groups, clusters, 0.8)
    assert set(by_group) == {"many"}
    assert conformal.widest([0.1], {"a": [0.3], "b": [0.2]}) == [0.3]
    assert conformal.widest([0.4], {"a": [0.3, 0.5]}) == [0.4, 0.5]
    assert conformal.of_rows([9.0], {"many": [1.0]}, np.array(["many", "few"])).tolist() == [
        [1],
        [9],
    ]
