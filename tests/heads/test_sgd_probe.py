"""The probe trained by Adam: what it learns, what it must not see, and that fits are independent."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from paralbench import heads
from paralbench.heads import sgd_probe
from paralbench.heads.deployable import State
from paralbench.heads.head import Fits, PooledStream, Problem, Rows, Split
from paralbench.heads.sgd_probe import HEAD, Settings
from paralbench.metrics import metric
from paralbench.records.errors import CardError, UsageError

ROWS, LAYERS, WIDTH, CLASSES = 120, 3, 6, 3
Features = NDArray[np.float32]


def _data(
    informative: int = 1, kind: Literal["class", "number"] = "class", rows: int = ROWS
) -> tuple[Features, Problem]:
    """Only one layer says anything: its means are shifted by the target."""
    rng = np.random.default_rng(7)
    features = rng.normal(size=(rows, LAYERS, 2, WIDTH))
    features = features * rng.uniform(0.1, 30, (LAYERS, 2, WIDTH)) + rng.normal(
        0, 20, (LAYERS, 2, WIDTH)
    )
    scale = features[:, informative, 0].std(0)
    if kind == "class":
        targets = rng.integers(0, CLASSES, rows).astype(float)
        features[:, informative, 0, :CLASSES] += (
            np.eye(CLASSES)[targets.astype(int)] * 4 * scale[:CLASSES]
        )
    else:
        targets = rng.normal(50, 5, rows)
        features[:, informative, 0, 0] += (targets - 50) * scale[0]
    return features.astype(np.float32), Problem(kind, targets, CLASSES if kind == "class" else 0)


def _split(fold: int = 0, seed: int = 0, develop: bool = True, rows: int = ROWS) -> Split:
    order = np.random.default_rng([fold, seed]).permutation(rows)
    test, held, train = np.split(order, [rows // 4, rows // 2])
    nobody: Rows = np.zeros(0, dtype=np.int64)
    return Split(fold, seed, np.sort(train), np.sort(held) if develop else nobody, np.sort(test))


def _fit(features: Features, problem: Problem, splits: list[Split], **settings: Any) -> Fits:
    return HEAD.fit([PooledStream("some", features)], problem, splits, Settings(**settings))


def _accuracy(fits: Fits, problem: Problem) -> float:
    (fitted,) = fits.fitted
    return float((fitted.outputs.argmax(1) == problem.targets[fitted.split.test]).mean())


def test_learns_what_can_be_separated() -> None:
    features, problem = _data()
    fits = _fit(features, problem, [_split()])
    assert _accuracy(fits, problem) > 0.9
    assert fits.fitted[0].outputs.sum(1) == pytest.approx(1, abs=1e-5)


def test_learns_nothing_where_there_is_nothing() -> None:
    features, problem = _data()
    shuffled = np.random.default_rng(0).permutation(problem.targets)
    assert _accuracy(_fit(features, Problem("class", shuffled, CLASSES), [_split()]), problem) < 0.6


def test_learns_a_number() -> None:
    features, problem = _data(kind="number")
    split = _split()
    (fitted,) = _fit(features, problem, [split]).fitted
    assert fitted.outputs.shape == (len(split.test), 1)
    truth = problem.targets[split.test]
    assert metric("ccc")(truth, fitted.outputs[:, 0].astype(float)) > 0.85


@pytest.mark.parametrize("layer", range(LAYERS))
def test_layer_weights_find_the_layer_that_tells(layer: int) -> None:
    features, problem = _data(layer)
    (fitted,) = _fit(features, problem, [_split()]).fitted
    assert fitted.layer_weights is not None
    assert fitted.layer_weights.sum() == pytest.approx(1, abs=1e-5)
    assert fitted.layer_weights.argmax() == layer
    assert fitted.layer_weights[layer] > 0.5


@pytest.mark.parametrize("kind", ["class", "number"])
def test_the_folded_map_gives_the_same_outputs(kind: Literal["class", "number"]) -> None:
    features, problem = _data(kind=kind)
    fits = _fit(features, problem, [_split(), _split(1, 3)])
    for fitted in fits.fitted:
        flat = features[fitted.split.test].reshape(-1, LAYERS, 2 * WIDTH)
        weights, bias = fitted.state["weights"].astype(float), fitted.state["bias"].astype(float)
        outputs = np.einsum("rld,ldo->ro", flat, weights) + bias
        if kind == "class":
            outputs = np.exp(outputs - outputs.max(1, keepdims=True))
            outputs /= outputs.sum(1, keepdims=True)
        assert outputs == pytest.approx(fitted.outputs, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_together_is_the_same_as_each_alone(kind: Literal["class", "number"]) -> None:
    """One without development rows and one that stops early are among them."""
    features, problem = _data(kind=kind)
    splits = [_split(0), _split(0, 1), _split(1, develop=False), _split(2, 5)]
    together = _fit(features, problem, splits, patience=3).fitted
    assert len({fit.chosen["steps"] for fit in together}) > 1
    for split, fit in zip(splits, together, strict=True):
        (alone,) = _fit(features, problem, [split], patience=3).fitted
        assert alone.chosen["steps"] == fit.chosen["steps"]
        assert alone.outputs == pytest.approx(fit.outputs, abs=1e-4, rel=1e-4)
        for name, values in alone.state.items():
            assert values == pytest.approx(fit.state[name], abs=1e-4, rel=1e-4)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_test_rows_are_never_learnt_from(kind: Literal["class", "number"]) -> None:
    features, problem = _data(kind=kind)
    split = _split()
    before = _fit(features, problem, [split]).fitted[0]
    changed, targets = features.copy(), problem.targets.copy()
    changed[split.test] = changed[split.test] * 1000 + 12345
    targets[split.test] = targets[split.test][::-1] + (0 if kind == "class" else 1e6)
    after = _fit(changed, Problem(kind, targets, problem.classes), [split]).fitted[0]
    _same_state(before.state, after.state)
    assert before.chosen == after.chosen
    assert not np.array_equal(before.outputs, after.outputs)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_development_rows_choose_the_step_and_nothing_else(
    kind: Literal["class", "number"],
) -> None:
    features, problem = _data(kind=kind)
    split = _split()
    targets = problem.targets.copy()
    targets[split.develop] = targets[split.develop][::-1]
    changed = features.copy()
    changed[split.develop] *= 0.9
    other = Problem(kind, targets, problem.classes)
    free = _fit(features, problem, [split]).fitted[0], _fit(changed, other, [split]).fitted[0]
    assert free[0].chosen != free[1].chosen
    # Both blind: the same path, whatever the rows say that would have developed.
    blind = Split(0, 0, split.train, split.develop[:0], split.test)
    before, after = _fit(features, problem, [blind]), _fit(changed, other, [blind])
    _same_state(before.fitted[0].state, after.fitted[0].state)


def test_each_fit_stands_at_its_best_development_step() -> None:
    features, problem = _data()
    rng = np.random.default_rng(3)
    wrong = rng.random(ROWS) < 0.3  # so that there is something to learn by heart
    targets = np.where(wrong, rng.integers(0, CLASSES, ROWS), problem.targets)
    problem = Problem("class", targets, CLASSES)
    split = _split()
    (fitted,) = _fit(features, problem, [split], step=0.2).fitted
    best = fitted.chosen["steps"]
    assert 1 < best < Settings().steps
    for steps in (best, best + 5):
        (stopped,) = _fit(features, problem, [split], steps=steps, step=0.2).fitted
        _same_state(fitted.state, stopped.state)
    (sooner,) = _fit(features, problem, [split], steps=best - 1, step=0.2).fitted
    assert sooner.chosen["development_loss"] > fitted.chosen["development_loss"]


def test_without_development_rows_it_ends_blind() -> None:
    features, problem = _data()
    (fitted,) = _fit(features, problem, [_split(develop=False)], steps_blind=7).fitted
    assert fitted.chosen == {"steps": 7, "development_loss": None}


def test_constant_columns_do_no_harm() -> None:
    features, problem = _data()
    features[:, 0, 0, 4] = 1e6
    features[:, 1, 1, 5] = 0
    (fitted,) = _fit(features, problem, [_split()]).fitted
    assert np.isfinite(fitted.outputs).all()
    assert not fitted.state["weights"][0, 4].any()
    assert _accuracy(_fit(features, problem, [_split()]), problem) > 0.9


def test_a_column_that_varies_only_in_the_test_rows_counts_for_nothing() -> None:
    features, problem = _data()
    split = _split()
    features[:, 1, 0, 5] = 3.0
    features[split.test, 1, 0, 5] = np.linspace(-1e4, 1e4, len(split.test))
    assert _accuracy(_fit(features, problem, [split]), problem) > 0.9


@pytest.mark.parametrize(("layers", "kept"), [("last", 2), (1, 1), (0, 0), (-1, 2)])
def test_one_layer_is_that_layer_alone(layers: str | int, kept: int) -> None:
    features, problem = _data()
    item = _fit(features, problem, [_split()], layers=layers)
    cut = _fit(features[:, [kept]], problem, [_split()])
    assert np.array_equal(item.fitted[0].outputs, cut.fitted[0].outputs)
    assert item.fitted[0].state["weights"].shape == (1, 2 * WIDTH, CLASSES)
    assert item.trained_parameters == (2 * WIDTH + 1) * (CLASSES - 1)


@pytest.mark.parametrize("copies", [1, 8])
def test_a_rate_does_not_depend_on_the_width(copies: int) -> None:
    """The default step is divided by the number of inputs; a rate is taken as it is."""
    features, problem = _data()
    split = _split(develop=False)
    wide = np.tile(features, (1, 1, 1, copies))
    by_rate, by_step = (
        _fit(wide, problem, [split], steps_blind=1, **setting).fitted[0].state["weights"]
        for setting in ({"rate": 0.25}, {"step": 0.25 * 2 * WIDTH * copies})
    )
    assert np.array_equal(by_rate, by_step)


@pytest.mark.parametrize("recipe", ["sgd-probe-superb", "sgd-probe-emobox"])
def test_a_published_recipe_is_a_settings_file(recipe: str) -> None:
    settings = Settings.checked(heads.recipe(recipe), recipe)
    assert settings.rate is not None
    assert settings.class_weights == "none"


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_one_output_fewer_than_classes_carries_every_softmax(classes: int) -> None:
    basis = sgd_probe._simplex(classes)
    assert torch.allclose(basis.T @ basis, torch.eye(classes - 1), atol=1e-6)
    logits = torch.randn(5, classes, generator=torch.Generator().manual_seed(0))
    carried = logits @ basis @ basis.T
    assert torch.allclose(carried.softmax(1), logits.softmax(1), atol=1e-6)


def test_layer_weights_are_counted_among_the_parameters() -> None:
    features, problem = _data()
    fits = _fit(features, problem, [_split()])
    assert fits.trained_parameters == (2 * WIDTH + 1) * (CLASSES - 1) + LAYERS


@pytest.mark.parametrize("layers", [3, -4])
def test_a_layer_that_is_not_there_is_refused(layers: int) -> None:
    features, problem = _data()
    with pytest.raises(UsageError, match=f"layers is {layers}, the encoder has 0 to 2"):
        _fit(features, problem, [_split()], layers=layers)


def test_a_seed_gives_the_same_fit_and_another_seed_another() -> None:
    features, problem = _data()
    split = _split()
    item, same = (_fit(features, problem, [split]).fitted[0] for _ in range(2))
    _same_state(item.state, same.state)
    other = Split(split.fold, 1, split.train, split.develop, split.test)
    (reseeded,) = _fit(features, problem, [other]).fitted
    assert not np.array_equal(reseeded.state["weights"], item.state["weights"])


@pytest.mark.parametrize(
    ("values", "key"),
    [({"stepp": 1}, "stepp"), ({"step": 0}, "step"), ({"layers": "first"}, "layers")],
)
def test_a_setting_it_has_not_is_refused_by_name(values: dict[str, Any], key: str) -> None:
    with pytest.raises(CardError, match=key):
        Settings.checked(values, "settings")


@pytest.mark.parametrize("weights", ["balanced", "none"])
def test_the_loss_is_torchs_own(weights: Literal["balanced", "none"]) -> None:
    """Balanced: every class weighs the same, by torch's weighted mean."""
    features, problem = _skewed()
    split = _split()
    training, now = _training(features, problem, [split], class_weights=weights)
    outputs, (loss,) = training._pass(now)
    targets = torch.from_numpy(problem.targets).long()[split.develop]
    counts = torch.bincount(targets, minlength=CLASSES)
    output = torch.nn.functional.cross_entropy(
        outputs[0, split.develop], targets, weight=1 / counts if weights == "balanced" else None
    )
    assert float(loss) == pytest.approx(float(output), rel=1e-5)


@pytest.mark.parametrize("weights", ["balanced", "none"])
@pytest.mark.parametrize("kind", ["class", "number"])
def test_gradients_are_those_of_each_fit_written_plainly(
    kind: Literal["class", "number"],
    weights: Literal["balanced", "none"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sgd_probe, "_ROWS_AT_ONCE", 50)  # several blocks
    features, problem = _skewed() if kind == "class" else _data(kind="number")
    splits = [_split(), _split(1, 2), _split(2, develop=False)]
    training, now = _training(features, problem, splits, class_weights=weights, decay=0.01)
    rng = torch.Generator().manual_seed(0)
    now.layers.data = torch.randn(now.layers.shape, generator=rng)
    outputs, _ = training._pass(now)
    for member, split in enumerate(splits):
        leaves = [
            leaf.detach()[member].double().requires_grad_()
            for leaf in (now.weights, now.bias, now.layers)
        ]
        text, loss = _plain(features, problem, split, weights, *leaves)
        (loss + 0.01 * leaves[0].square().sum()).backward()  # type: ignore[no-untyped-call]
        assert outputs[member].numpy() == pytest.approx(text.detach().numpy(), abs=1e-4)
        for leaf, plain in zip((now.weights, now.bias, now.layers), leaves, strict=True):
            assert plain.grad is not None
            if not leaf.requires_grad:  # the bias of standardised numbers, which stays at zero
                assert plain.grad.abs().max() < 1e-9
                continue
            assert leaf.grad is not None
            assert leaf.grad[member].numpy() == pytest.approx(
                plain.grad.numpy(), abs=1e-5, rel=1e-3
            )


def _plain(
    features: Features,
    problem: Problem,
    split: Split,
    class_weights: str,
    weights: torch.Tensor,
    bias: torch.Tensor,
    layers: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One fit in double precision: standardise, weigh the layers, map, loss over training rows."""
    inputs = torch.from_numpy(features).double().flatten(2)
    train = inputs[split.train]
    scaled = (inputs - train.mean(0)) / train.std(0, correction=0)
    outputs = torch.einsum("l,rld->rd", layers.softmax(0), scaled) @ weights + bias
    targets = torch.from_numpy(problem.targets)
    if problem.kind == "number":
        known = targets[split.train]
        standard = (known - known.mean()) / known.std(correction=0)
        return outputs, (outputs[split.train, 0] - standard).square().mean()
    outputs = outputs @ sgd_probe._simplex(CLASSES).double().T
    known = targets.long()[split.train]
    weight = 1 / torch.bincount(known, minlength=CLASSES) if class_weights == "balanced" else None
    weight = weight.double() if weight is not None else None
    return outputs, torch.nn.functional.cross_entropy(outputs[split.train], known, weight=weight)


def _training(
    features: Features, problem: Problem, splits: list[Split], **settings: Any
) -> tuple[sgd_probe._Training, sgd_probe._Weights]:
    inputs = sgd_probe._inputs(features, range(LAYERS))
    training = sgd_probe._Training(inputs, problem, splits, Settings(**settings))
    return training, training._start()


def _skewed() -> tuple[Features, Problem]:
    features, problem = _data()
    targets = problem.targets.copy()
    targets[::3] = 0
    return features, Problem("class", targets, CLASSES)


def _same_state(one: State, other: State) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert np.array_equal(values, other[name]), name
