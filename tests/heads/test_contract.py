"""Every head of the catalogue keeps the contract: deployed, it computes what it computed when fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, cast

import numpy as np
import pytest
from safetensors.numpy import load, save

from paralbench.features.spec import FeatureSpec
from paralbench.heads import head, names, settings
from paralbench.heads.deployable import Layout, Record
from paralbench.heads.head import (
    Fits,
    FrameStream,
    Head,
    Problem,
    Split,
    Stream,
    drawn,
)
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.model_card import ModelCard, Words

WIDTH, LAYERS, CLASSES = 6, 3, 3
SMALL = {
    "epochs": 1, "epochs_blind": 1, "batch": 8, "width": 16, "inner": 16, "steps": 4,
    "steps_blind": 4,
}  # fmt: skip
CASES = [(name, kind) for name in names() for kind in sorted(head(name).targets)]
ONE = [name for name in names() if head(name).streams == "one"]


def card(words: Words | None = None, layers: int = LAYERS) -> ModelCard:
    return ModelCard(
        id="model", title="A model", backend="python", rate=16000, layers=layers, width=WIDTH,
        frame_rate=50.0, parameters=0, licence="none", citation="none", words=words,
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A head fitted on tiny data; rows of frames have one clip or, every second one, two."""

    head: Head
    settings: Any
    layout: Layout
    streams: list[Stream]
    problem: Problem
    split: Split
    fits: Fits

    def clips(self, row: int) -> list[list[Record]]:
        """The clips' records of a row, or of a recording of a series, one list an encoder."""
        result: list[list[Record]] = []
        for stream in self.streams:
            if isinstance(stream, FrameStream):
                result.append(list(stream.clips[row]))
                continue
            rows = np.array([row])
            if self.problem.recordings is not None:
                rows = np.flatnonzero(self.problem.recordings == row)
            values = stream.values[rows].swapaxes(0, 1)
            result.append([values.reshape(values.shape[0], -1, values.shape[3])])
        return result


def _streams(layout: Layout, random: np.random.Generator) -> tuple[list[Stream], Problem]:
    """Random features with targets of the layout's kind."""
    streams, problem = drawn(layout)
    for place, stream in enumerate(streams):
        if isinstance(stream, FrameStream):
            lengths = random.integers(6, 14, len(stream.clips))
            clips = [
                [random.standard_normal((stream.layers, int(length), WIDTH), np.float32)
                 for _ in range(1 + row % 2)]
                for row, length in enumerate(lengths)
            ]  # fmt: skip
            streams[place] = FrameStream(
                stream.model, clips, stream.layers, WIDTH, stream.rate, stream.words
            )
    return streams, problem


def fit(name: str, kind: str, *cards: ModelCard, **given: Any) -> Case:
    chosen_head = head(name)
    small = {key: value for key, value in SMALL.items() if key in chosen_head.settings.model_fields}
    chosen = settings(name, {**small, **given})
    spec = chosen_head.spec(chosen)
    if kind == "series":
        spec = FeatureSpec("windows", "float32", 2.0, 4.0)
    cards = cards or ((card(),) if chosen_head.streams == "one" else (card(), card()))
    layout = Layout(cards, spec, CLASSES if kind in ("class", "distribution") else 0)
    random = np.random.default_rng(1)
    streams, problem = _streams(layout, random)
    if kind == "distribution":
        shares = random.dirichlet(np.ones(CLASSES), len(problem.targets))
        problem = replace(problem, targets=shares.argmax(1).astype(float), distributions=shares)
    assert problem.groups is not None
    sides = [np.flatnonzero(np.isin(problem.groups, some)) for some in ([0], [1, 2], range(3, 8))]
    split = Split(0, 0, train=sides[2], develop=sides[1], test=sides[0])
    fits = chosen_head.without_control().fit(streams, problem, [split], chosen)
    return Case(chosen_head, chosen, layout, streams, problem, split, fits)


@cache
def case(name: str, kind: str) -> Case:
    """As :func:`fit`, once."""
    return fit(name, kind)


def computed(of: Case, clips: Literal["together", "mixed"]) -> list[np.ndarray[Any, Any]]:
    """The deployed outputs of the test rows; of rows that cannot be so computed, those of the fit."""
    form = of.head.deployable(of.fits.fitted[0].state, of.settings, of.layout)
    if of.layout.series:
        return list(form.outputs([part for (part,) in of.clips(0)]))
    outputs = []
    for place, row in enumerate(of.split.test):
        parts = of.clips(int(row))
        if clips == "mixed":
            outputs.append(form.answer([form.mix(part) for part in parts[0]]))
        elif len(parts[0]) == 1:
            outputs.append(form.outputs([part for (part,) in parts])[0])
        else:
            outputs.append(of.fits.fitted[0].outputs[place])
    return outputs


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_hands_on_outputs_of_rows_that_it_was_not_fitted_on(name: str, kind: str) -> None:
    """They calibrate it."""
    of = case(name, kind)
    handed = of.fits.fitted[0].out_of_fold
    assert handed is not None
    assert np.isin(of.split.develop, handed.rows).all()
    assert not np.isin(handed.rows, of.split.test).any()
    assert handed.outputs.shape == (len(handed.rows), of.layout.outputs)
    if kind in ("class", "distribution"):
        assert handed.outputs.sum(1) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_deployed_it_computes_what_it_computed_when_fitted(name: str, kind: str) -> None:
    of = case(name, kind)
    expected = of.fits.fitted[0].outputs
    assert np.ptp(expected[:, 0]) > 0
    assert np.stack(computed(of, "together")) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, k in CASES if n in ONE and k != "series"])
def test_a_recording_is_computed_clip_by_clip(name: str, kind: str) -> None:
    of = case(name, kind)
    expected = of.fits.fitted[0].outputs
    assert np.stack(computed(of, "mixed")) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_its_state_survives_a_bundle_bit_by_bit(name: str, kind: str) -> None:
    of = case(name, kind)
    state = of.fits.fitted[0].state
    stored = load(save({key: np.ascontiguousarray(value) for key, value in state.items()}))
    again = of.head.deployable(stored, of.settings, of.layout).state()
    assert again.keys() == state.keys()
    for key, value in state.items():
        assert again[key].tobytes() == np.asarray(value).tobytes(), key


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_weights_of_another_head_are_refused(name: str, kind: str) -> None:
    of = case(name, kind)
    state = dict(of.fits.fitted[0].state)
    state.pop(next(iter(state)))
    with pytest.raises(ParalbenchError, match="not one that this paralbench's"):
        of.head.deployable(state, of.settings, of.layout)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_forms_cost_what_fitted_heads_cost(name: str, kind: str) -> None:
    of = case(name, kind)
    forms = of.head.forms(of.settings, of.layout)
    state = of.fits.fitted[0].state
    form = of.head.deployable(state, of.settings, of.layout)
    assert forms.trained.parameters == of.fits.trained_parameters
    assert forms.deployed.parameters == form.parameters
    assert 0 < form.parameters <= sum(values.size for values in state.values())
    assert forms.deployed.size == form.size > 0
    inputs = form.prepare([parts[0] for parts in of.clips(0)])
    assert forms.deployed.macs(inputs) == form.macs(inputs)
    assert forms.trained.forward(inputs).shape == form.forward(inputs).shape


@pytest.mark.parametrize("name", names())
def test_its_layers_are_some_of_those_stored(name: str) -> None:
    chosen_head, chosen = head(name), settings(name, {})
    assert set(chosen_head.layers(chosen, 5)) <= set(range(5))
    if "layers" not in chosen_head.settings.model_fields:
        return
    last = settings(name, {"layers": "last"})
    assert chosen_head.layers(last, 5) == (4,)
    third = settings(name, {"layers": 2})
    stored = chosen_head.spec(third).chosen(card(layers=5))
    assert [stored[place] for place in chosen_head.layers(third, len(stored))] == [2]
    with pytest.raises(UsageError, match="layers is 7"):
        chosen_head.layers(settings(name, {"layers": 7}), 5)


def test_only_the_control_of_a_preset_differs() -> None:
    hrf = cast(Any, head("hrf-conformer"))
    chosen = settings("hrf-conformer", {"width": 16, "hrf": {"factors": 3}})
    assert chosen.hrf.factors == 3
    assert hrf.plain(chosen) == chosen.model_copy(update={"hrf": None})
    edges = cast(Any, head("graph-fusion-plain-edges"))
    chosen = settings("graph-fusion-plain-edges", {"width": 16})
    assert chosen.fusion == "graph-1d"
    assert edges.plain(chosen) == settings("concatenation", {"width": 16})
    assert cast(Any, head("late-fusion")).plain is None


def test_what_a_presets_name_says_cannot_be_changed() -> None:
    with pytest.raises(UsageError, match="key 'fusion': expected 'late', got 'graph'"):
        settings("late-fusion", {"fusion": "graph"})
    assert settings("late-fusion", {"fusion": "late"}).fusion == "late"


def test_bags_of_audio_words_are_counted_over_a_complete_recording() -> None:
    of = fit("mlp", "class", card(Words(codes=7), layers=1), pool="frames")
    expected = of.fits.fitted[0].outputs
    result: list[Any]
    for result in (computed(of, "together"), computed(of, "mixed")):
        assert np.stack(result) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_several_encoders_cannot_be_screened_window_by_window() -> None:
    of = case("graph-fusion", "class")
    form = of.head.deployable(of.fits.fitted[0].state, of.settings, of.layout)
    with pytest.raises(ParalbenchError, match="fuses 2 encoders"):
        form.mix(of.clips(0)[0][0])


def test_a_linear_head_has_a_slope_and_a_network_has_none() -> None:
    of = case("linear-probe", "class")
    form = of.head.deployable(of.fits.fitted[0].state, of.settings, of.layout)
    record = of.clips(0)[0][0].astype(float)
    slope = form.slope(1)
    assert slope is not None

    def contrast(values: Record) -> float:
        logits = np.log(form.outputs([values])[0])
        return float(logits[1] - (logits[0] + logits[2]) / 2)

    moved = record + 1.0
    assert contrast(moved) - contrast(record) == pytest.approx(slope.sum(), rel=1e-3)
    network = case("mlp", "class")
    assert (
        network.head.deployable(
            network.fits.fitted[0].state, network.settings, network.layout
        ).slope(1)
        is None
    )


def test_what_trains_has_one_row_fewer_than_it_answers_with() -> None:
    """A softmax does not depend on the sum of the logits."""
    forms = head("sgd-probe").forms(settings("sgd-probe", {}), case("sgd-probe", "class").layout)
    rows = 2 * WIDTH
    assert forms.trained.parameters == rows * (CLASSES - 1) + CLASSES - 1 + LAYERS
    assert forms.deployed.parameters == LAYERS * rows * CLASSES + CLASSES
    assert forms.deployed.size == 4 * forms.deployed.parameters
    assert forms.folds


def test_hrf_folds_to_fewer_parameters_with_equal_outputs() -> None:
    of = case("hrf-conformer", "class")
    forms = of.head.forms(of.settings, of.layout)
    inputs = forms.trained.prepare([parts[0] for parts in of.clips(0)])
    assert forms.deployed.parameters < forms.trained.parameters
    trained, deployed = forms.trained.forward(inputs), forms.deployed.forward(inputs)
    assert deployed.numpy() == pytest.approx(trained.numpy(), rel=1e-4, abs=1e-6)
    plain = case("conformer", "class")
    assert not plain.head.forms(plain.settings, plain.layout).folds
