"""Forms of heads are those that are trained: as many parameters, and answers of the right shape."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head, settings
from paralbench.heads.head import PooledStream, Problem, Split
from paralbench.profiler import parameters, size
from paralbench.profiler.forms import Asked, Forms
from paralbench.records.model_card import ModelCard, Words

WIDTH, LAYERS, CLASSES = 12, 3, 4


def _card(words: Words | None = None, layers: int = LAYERS) -> ModelCard:
    return ModelCard(
        id="model", title="A model", backend="python", rate=16000, layers=layers, width=WIDTH,
        frame_rate=50.0, parameters=0, licence="none", citation="none", words=words,
    )  # fmt: skip


def _forms(
    name: str, count: int = 1, series: bool = False, outputs: int = CLASSES
) -> tuple[Forms, FeatureSpec]:
    chosen = settings(name, {})
    spec = head(name).spec(chosen)
    if series:
        spec = spec.moving(10.0, 4.0)
    return Forms(Asked(name, chosen, outputs, series), [_card()] * count, spec), spec


def _record(rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(0).standard_normal((LAYERS, rows, WIDTH)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "rows", "folds"),
    [("linear-probe", 2, True), ("conformer", 150, False), ("hrf-conformer", 150, True),
     ("haffformer", 150, False), ("mlp", 2, False)],
)  # fmt: skip
def test_both_forms_answer(name: str, rows: int, folds: bool) -> None:
    forms, spec = _forms(name)
    assert spec.kind == ("pooled" if rows == 2 else "frames")
    inputs = forms.inputs([_record(rows)])
    assert forms.folds == folds
    for form in (forms.trained, forms.deployed):
        assert form(inputs).shape == (1, CLASSES)


def test_hrf_folds_to_fewer_parameters_that_say_the_same() -> None:
    forms, _ = _forms("hrf-conformer")
    inputs = forms.inputs([_record(150)])
    assert parameters.trained(forms.deployed) < parameters.trained(forms.trained)
    torch.testing.assert_close(forms.trained(inputs), forms.deployed(inputs), rtol=1e-3, atol=1e-4)


def test_the_probe_has_the_parameters_of_a_trained_one() -> None:
    forms, _ = _forms("linear-probe")
    rows = np.arange(8)
    values = np.random.default_rng(0).standard_normal((8, LAYERS, 2, WIDTH)).astype(np.float32)
    fits = head("linear-probe").fit(
        [PooledStream("model", values)],
        Problem("class", (rows % CLASSES).astype(float), CLASSES),
        [Split(0, 0, rows, rows[:4], rows)],
        settings("linear-probe", {}),
    )
    stored = sum(values.size for values in fits.fitted[0].state.values())
    assert parameters.trained(forms.deployed) == stored
    # What trains has one output fewer than it answers with: a softmax does not see their sum.
    assert parameters.trained(forms.trained) == 2 * WIDTH * (CLASSES - 1) + CLASSES - 1 + LAYERS
    assert size.head_size(forms.deployed) == 4 * stored


def test_a_number_has_one_output() -> None:
    forms, _ = _forms("linear-probe", outputs=1)
    inputs = forms.inputs([_record(2)])
    assert forms.trained(inputs).shape == forms.deployed(inputs).shape == (1, 1)


@pytest.mark.parametrize("name", ["linear-probe", "lstm"])
def test_a_series_has_an_answer_a_step(name: str) -> None:
    spec = head("linear-probe").spec(settings("linear-probe", {})).moving(10.0, 4.0)
    forms = Forms(Asked(name, settings(name, {}), 1, series=True), [_card()], spec)
    answer = forms.deployed(forms.inputs([_record(2 * 30)]))
    assert answer.shape.numel() == 30


def test_several_encoders_are_fused() -> None:
    forms, spec = _forms("concatenation", count=2)
    rows = 2 if spec.kind == "pooled" else 60
    assert forms.deployed(forms.inputs([_record(rows), _record(rows)])).shape == (1, CLASSES)


def test_bags_of_audio_words_are_heard() -> None:
    chosen = settings("concatenation", {})
    card = _card(Words(codes=7), layers=1)
    spec = FeatureSpec("frames")
    forms = Forms(Asked("concatenation", chosen, CLASSES), [card, card], spec)
    assert forms.deployed(forms.inputs([_record(60)[:1], _record(60)[:1]])).shape == (1, CLASSES)
