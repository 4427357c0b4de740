"""Overlap, layers, frame pooling and precision, against the uncut recording and numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from paralbench.catalog import Catalog
from paralbench.encoders.loading import LoadableEncoder, loadable
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.precision import restored
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.errors import CardError, UsageError
from paralbench.records.model_card import Policy
from tests.features.encoders import clips, encoder

# Three convolutions, valid as wav2vec 2.0's: 400 samples wide, a hop of 160.
CONVOLUTIONS = """torch.stack([
    sum(torch.nn.functional.conv1d(w[None], k(n, c), stride=160) for c in range(2)) for n in range(2)
]).transpose(1, 2)"""
KERNELS = (
    "global k; k = lambda n, c: "
    "torch.randn(4, 1, 400, generator=torch.Generator().manual_seed(2 * n + c))"
)


def frames(
    chosen: LoadableEncoder, root: Path, seconds: float, spec: FeatureSpec | None = None
) -> NDArray[np.float32]:
    """What is stored of a recording of so many seconds, as float32."""
    stored = spec or FeatureSpec("frames")
    store = FeatureStore(root / "cache", feature_key(chosen, stored))
    asked = clips(root, [seconds])
    assert not extract(chosen, asked, store, quiet=True).refused
    (result,) = store.load(list(asked)).arrays
    return restored(result, stored.dtype)


def log_mel(root: Path, window: float, overlap: float) -> LoadableEncoder:
    """The log-mel encoder under another policy."""
    model = Catalog().model("log-mel")
    chosen = loadable(model)
    policy = Policy(window=window, overlap=overlap)
    card = chosen.card.model_copy(update={"policy": policy})
    return LoadableEncoder(card, chosen.folder, chosen.weights)


@pytest.mark.slow
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seconds=st.floats(0.1, 4.0), window=st.floats(0.3, 1.2), overlap=st.floats(0.025, 0.07))
def test_with_overlap_frames_are_those_of_the_uncut_recording(
    tmp_path_factory: pytest.TempPathFactory, seconds: float, window: float, overlap: float
) -> None:
    """Log-mel frames see 12.5 ms to each side, so an overlap of 25 ms hides every cut."""
    root = tmp_path_factory.mktemp("overlap")
    uncut = frames(log_mel(root, 30.0, 0.0), root, seconds)
    pieces = frames(log_mel(root, window, overlap), root, seconds)
    assert pieces.shape == uncut.shape
    np.testing.assert_allclose(pieces, uncut, atol=1e-5)


@pytest.mark.parametrize("seconds", [0.31, 2.0, 2.001, 3.777])
def test_convolutions_that_lose_frames_at_the_end_are_joined_exactly(
    tmp_path: Path, seconds: float
) -> None:
    def made(name: str, **policy: float) -> LoadableEncoder:
        return encoder(tmp_path, CONVOLUTIONS, name=name, before=KERNELS, layers=2, **policy)  # type: ignore[arg-type]

    uncut = frames(made("uncut", window=30.0), tmp_path, seconds)
    pieces = frames(made("pieces", window=0.5, overlap=0.03), tmp_path, seconds)
    assert uncut.shape == (2, (round(seconds * 16000) - 400) // 160 + 1, 4)
    np.testing.assert_allclose(pieces, uncut, atol=1e-5)


def test_an_overlap_too_short_for_the_encoder_is_reported(tmp_path: Path) -> None:
    wide = "w.unfold(0, 3200, 160)[:, :4].unsqueeze(0)"
    chosen = encoder(tmp_path, wide, window=0.5, overlap=0.03)
    with pytest.raises(
        CardError, match=r"0\.5 s gave 31 frames, 47 were expected; its policy\.over"
    ):
        frames(chosen, tmp_path, 2.0)


def test_every_sample_is_encoded_with_overlap(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, "w.unfold(0, 400, 160)[:, :4].unsqueeze(0)", overlap=0.03)
    store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec()))
    asked = clips(tmp_path, [0.5001, 1.7, 0.06])
    extract(chosen, asked, store, quiet=True)
    loaded = store.load(list(asked))
    assert loaded.asked.tolist() == loaded.consumed.tolist()
    assert loaded.asked == pytest.approx([0.5001, 1.7, 0.06], abs=1e-4)


@pytest.mark.parametrize("kind", ["pooled", "frames"])
def test_a_last_piece_that_adds_no_frame_adds_nothing(tmp_path: Path, kind: str) -> None:
    """Four hops of overlap, five of width: the last window may end before a frame of its own."""
    wide = "w.unfold(0, 800, 160)[:, :4].unsqueeze(0)"
    chosen = encoder(tmp_path, wide, window=0.5, overlap=0.04)
    uncut = encoder(tmp_path, wide, name="uncut", window=30.0)
    spec = FeatureSpec(kind)  # type: ignore[arg-type]
    for seconds in (0.5001, 0.92, 0.9201, 0.93):
        root = tmp_path / str(seconds)
        result, complete = (frames(item, root, seconds, spec) for item in (chosen, uncut))
        np.testing.assert_allclose(result, complete, atol=1e-6)


def test_layers_are_chosen(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, CONVOLUTIONS, before=KERNELS, layers=2, window=30.0)
    all_layers = frames(chosen, tmp_path, 1.0)
    assert np.array_equal(
        frames(chosen, tmp_path, 1.0, FeatureSpec("frames", layers="last")), all_layers[1:]
    )
    turned = frames(chosen, tmp_path, 1.0, FeatureSpec("frames", layers=(1, 0)))
    assert np.array_equal(turned, all_layers[::-1])
    pooled = frames(chosen, tmp_path, 1.0, FeatureSpec("pooled", layers=(0,)))
    assert pooled[:, 0] == pytest.approx(all_layers[:1].mean(1), abs=1e-5)


@pytest.mark.parametrize("layers", [(2,), (-1,), (), (0, 0)])
def test_layers_that_are_not_there_are_refused(tmp_path: Path, layers: tuple[int, ...]) -> None:
    chosen = encoder(tmp_path, CONVOLUTIONS, before=KERNELS, layers=2)
    with pytest.raises(UsageError, match="has layers 0 to 1; expected some of them"):
        feature_key(chosen, FeatureSpec("frames", layers=layers))


@pytest.mark.parametrize("rate", [10.0, 25.0, 30.0, 100.0])
@pytest.mark.parametrize("seconds", [0.05, 1.3, 2.5])
def test_frame_pooling_is_the_mean_of_each_stretch_of_time(
    tmp_path: Path, rate: float, seconds: float
) -> None:
    """A window of 0.33 s: bins begin in one piece and end in the next."""
    chosen = log_mel(tmp_path, 0.33, 0.03)
    complete = frames(chosen, tmp_path, seconds)
    result = frames(chosen, tmp_path, seconds, FeatureSpec("frames", rate=rate))
    bins = np.floor(np.arange(complete.shape[1]) / 100.0 * rate + 1e-6).astype(int)
    by_hand = np.stack([complete[:, bins == b].mean(1) for b in range(bins[-1] + 1)], axis=1)
    assert result.shape == by_hand.shape
    np.testing.assert_allclose(result, by_hand, atol=1e-5)


def test_pooling_by_a_factor_is_a_rate(tmp_path: Path) -> None:
    card = log_mel(tmp_path, 30.0, 0.0).card
    assert FeatureSpec("frames").thinned(card, 5) == FeatureSpec("frames", rate=20.0)
    egemaps = Catalog().model("egemaps").card
    with pytest.raises(UsageError, match="gives one frame a clip"):
        FeatureSpec("frames").thinned(egemaps, 5)


def test_more_frames_than_there_are_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gives 100 frames a second; 200 were asked for"):
        frames(log_mel(tmp_path, 30.0, 0.0), tmp_path, 0.1, FeatureSpec("frames", rate=200.0))


@pytest.mark.parametrize("kind", ["pooled", "frames", "windows"])
def test_half_precisions_are_the_nearest_numbers(tmp_path: Path, kind: str) -> None:
    chosen = log_mel(tmp_path, 0.5, 0.03)
    rate, window = (10.0, 0.4) if kind == "windows" else (0.0, 0.0)
    exact = frames(chosen, tmp_path, 1.2, FeatureSpec(kind, "float32", rate, window))  # type: ignore[arg-type]
    for dtype, oracle in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        result = frames(chosen, tmp_path, 1.2, FeatureSpec(kind, dtype, rate, window))  # type: ignore[arg-type]
        expected = torch.from_numpy(exact.copy()).to(oracle).float().numpy()
        assert np.array_equal(result, expected)


def test_what_overflows_float16_is_refused_and_not_stored_as_infinity(tmp_path: Path) -> None:
    chosen = encoder(tmp_path, "1e6 + w.unfold(0, 400, 160)[:, :4].unsqueeze(0)")
    for kind in ("pooled", "frames"):
        store = FeatureStore(tmp_path / "cache", feature_key(chosen, FeatureSpec(kind, "float16")))
        extraction = extract(chosen, clips(tmp_path, [0.2]), store, quiet=True)
        assert list(extraction.refused.values()) == [
            "its features reach 1e+06, too much for float16"
        ]
        assert not store.keys()


@pytest.mark.parametrize(("overlap", "message"), [(0.2, "a quarter"), (0.01, "half of shortest")])
def test_an_overlap_that_cannot_be_is_refused_on_the_card(overlap: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy(window=0.5, shortest=0.05, overlap=overlap)
