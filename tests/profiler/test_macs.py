"""MACs against hand counts: closed formulas of each architecture's sizes, written out here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from paralbench.encoders import compatibility
from paralbench.encoders.backends.whisper import Whisper
from paralbench.encoders.encoder import Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import REFERENCE, Placement
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.heads import head, settings
from paralbench.heads.training.counting import _recurrent_layers, macs
from paralbench.heads.training.frames import Frames, Shape, StreamShape
from paralbench.heads.training.network import folded
from paralbench.heads.training.network_head import NetworkHead
from paralbench.profiler.macs import Count, encoder_macs, total
from paralbench.profiler.references import LOG_MEL, WAV2VEC2, references
from paralbench.records.model_card import ModelCard

WITHIN = 0.01


def transformer(frames: int, width: int, inner: int) -> int:
    """One layer: four projections, scores and their sums, two feed-forward layers."""
    return frames * (4 * width * width + 2 * width * inner) + 2 * frames * frames * width


def wav2vec2_by_hand(samples: int) -> int:
    """Seven convolutions of 512 channels, a projection, a grouped convolution, twelve layers."""
    count, channels, length = 0, 1, samples
    for kernel, stride in [(10, 5), *[(3, 2)] * 4, (2, 2), (2, 2)]:
        length = (length - kernel) // stride + 1
        count += length * kernel * channels * 512
        channels = 512
    count += length * 512 * 768
    count += (length + 1) * 128 * 768 * 768 // 16  # even kernel: a frame more, dropped afterwards
    return count + 12 * transformer(length, 768, 3072)


def whisper_tiny_by_hand(samples: int) -> int:
    """The mel filters, two convolutions over three frames, the second with a step of two; four layers."""
    mels = samples // 160
    frames = (mels + 1) // 2
    return (
        80 * 201 * mels + mels * 3 * 80 * 384 + frames * 3 * 384 * 384
        + 4 * transformer(frames, 384, 1536)
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("samples", [16000, 48000])
def test_wav2vec2_base(samples: int) -> None:
    compatibility.make_importable()
    (encoder,) = references()[WAV2VEC2].encoders
    with torch.device("cpu"):
        result = encoder_macs(encoder, encoder.load(), {samples / 16000: [samples]})
    assert result.macs is not None
    (counted,) = result.macs.values()
    assert counted == pytest.approx(wav2vec2_by_hand(samples), rel=WITHIN)
    assert result.how == "counted in torch"


def _whisper_card(rate: int = 16000) -> ModelCard:
    return ModelCard(
        id="tiny", title="Whisper tiny's size", backend="whisper", rate=rate, layers=5, width=384,
        frame_rate=50.0, parameters=0, licence="none", citation="none",
    )  # fmt: skip


def _whisper(placement: Placement) -> tuple[LoadableEncoder, Whisper]:
    compatibility.make_importable()
    from transformers.models.whisper.configuration_whisper import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    sizes = WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        num_mel_bins=80, attn_implementation="sdpa",
    )  # fmt: skip
    card = _whisper_card()
    nothing = WeightsFile(None, NONE, NONE, pinned=True)
    return LoadableEncoder(card, Path(), nothing, placement), Whisper(
        WhisperEncoder(sizes).eval(), card, REFERENCE
    )


@pytest.mark.slow
def test_whisper_tiny_and_a_clip_of_several_pieces() -> None:
    encoder, ready = _whisper(REFERENCE)
    result = encoder_macs(encoder, ready, {3.0: [48000], 7.0: [48000, 48000, 16000]})
    assert result.macs is not None
    assert result.macs[3.0] == pytest.approx(whisper_tiny_by_hand(48000), rel=WITHIN)
    item = result.macs[7.0] - 2 * result.macs[3.0]
    assert item == pytest.approx(whisper_tiny_by_hand(16000), rel=WITHIN)


def test_log_mel_is_its_filters() -> None:
    (encoder,) = references()[LOG_MEL].encoders
    result = encoder_macs(encoder, encoder.load(), {1.0: [16000]})
    transform = 1.25 * 400 * math.log2(400)  # real, of 400 samples
    assert result.macs is not None
    assert result.macs[1.0] == pytest.approx(101 * (201 * 80 + transform), rel=1e-6)


def _head_macs(name: str, frames: int, deployed: bool, **given: object) -> int:
    chosen = head(name)
    assert isinstance(chosen, NetworkHead)
    torch.manual_seed(0)
    network = chosen.build(
        Shape((StreamShape(WIDTH, 50.0),), CLASSES, False), settings(name, given)
    )
    recorded = Frames(
        torch.randn(1, frames, WIDTH),
        torch.ones(1, frames, dtype=torch.bool),
        torch.zeros(1, frames).long(),
        50.0,
    )
    network = network.eval()
    if deployed:
        network = folded(network)  # type: ignore[arg-type]
    return macs(network, [recorded])


WIDTH, CLASSES, FRAMES = 384, 4, 400


def conformer_by_hand(frames: int, rank: int = 0) -> int:
    """The front halves twice; two blocks of width 64, inner 128, kernel 15, relative positions.

    ``rank``: neurons between the two factors of each feed-forward network's first layer, 0 for one
    plain layer.
    """
    width, inner, kernel, blocks = 64, 128, 15, 2
    count = frames * WIDTH * width
    for _ in range(2):
        frames = (frames + 1) // 2
        count += frames * 3 * width * width
    first = rank * (width + inner) if rank else width * inner
    feed_forward = frames * (first + inner * width)
    far = 2 * frames - 1
    attention = (
        frames * 4 * width * width  # query, key, value, and what gathers them
        + far * width * width  # distances
        + frames * far * width  # scores by distance
        + 2 * frames * frames * width  # scores by content, and the sums
    )
    convolution = frames * (width * 2 * width + kernel * width + width * width)
    return count + blocks * (2 * feed_forward + attention + convolution) + width * CLASSES


def test_conformer() -> None:
    result = _head_macs("conformer", FRAMES, deployed=False)
    assert result == pytest.approx(conformer_by_hand(FRAMES), rel=WITHIN)


def test_folded_hrf_conformer_costs_what_the_plain_one_does() -> None:
    result = _head_macs("hrf-conformer", FRAMES, deployed=True)
    assert result == pytest.approx(conformer_by_hand(FRAMES), rel=WITHIN)


def test_trained_hrf_conformer() -> None:
    rank = {"factors": 2, "rank": 4, "of": "output"}
    result = _head_macs("hrf-conformer", FRAMES, deployed=False, hrf=rank)
    assert result == pytest.approx(conformer_by_hand(FRAMES, rank=4 * 128), rel=WITHIN)


def haffformer_by_hand(frames: int) -> int:
    """Width 8: a projection; two blocks a level over frames, merged tokens, and one token.

    A block: four depthwise convolutions, computed as if all had the largest kernel (31), a mix of
    all of them, GEGLU to twice 16 and back.
    """
    width, kernel, expand, scales = 8, 31, 2, 4
    block = (
        scales * (kernel * width + width * width)
        + width * 2 * expand * width
        + expand * width * width
    )
    tokens = -(-frames // 4)
    merge, gather, out = tokens * width * width, width * width, width * CLASSES
    return frames * WIDTH * width + 2 * block * (frames + tokens + 1) + merge + gather + out


def test_haffformer() -> None:
    result = _head_macs("haffformer", FRAMES, deployed=False)
    assert result == pytest.approx(haffformer_by_hand(FRAMES), rel=WITHIN)


def _of_backend(backend: str, settings: dict[str, str]) -> Count:
    encoder, ready = _whisper(REFERENCE)  # were it asked, torch would count something
    card = encoder.card.model_copy(update={"backend": backend, "settings": settings})
    outside = LoadableEncoder(card, Path(), encoder.weights)
    return encoder_macs(outside, ready, {1.0: [16000], 2.0: [32000]})


def test_opensmile_is_estimated_and_says_so() -> None:
    result = _of_backend("opensmile", {"feature_set": "eGeMAPSv02"})
    assert result.macs is not None
    assert result.macs[2.0] == pytest.approx(2 * result.macs[1.0])
    assert result.how.startswith("estimated ")


def test_what_nothing_counts_is_uncounted() -> None:
    for backend in ("onnx", "opensmile"):
        result = _of_backend(backend, {"feature_set": "another"})
        assert result.macs is None
        assert result.why_not.startswith("uncounted: ")


def test_an_encoder_without_a_product_is_uncounted() -> None:
    class Loudness:
        def encode(self, waveforms: Sequence[Waveform]) -> list[torch.Tensor]:
            return [
                torch.from_numpy(waveform).square().mean()[None, None, None]
                for waveform in waveforms
            ]

    encoder, _ = _whisper(REFERENCE)
    assert encoder_macs(encoder, Loudness(), {1.0: [16000]}).macs is None


def test_several_encoders_cost_their_sum_or_are_uncounted() -> None:
    item, other = Count({1.0: 5}, "counted"), Count({1.0: 7}, "counted")
    assert total([item, other]) == Count({1.0: 12}, "counted")
    assert total([item, Count(None, why_not="uncounted: x")]).macs is None


def test_recurrent_layers_of_a_gpu() -> None:
    """Two directions of an LSTM from 6 to 8: four gates, both matrices, 50 frames, 3 examples."""
    shapes = [(32, 6), (32, 8), (32,), (32,)] * 2
    assert _recurrent_layers((50, 3, 6), shapes) == 2 * 50 * 3 * 2 * 4 * 8 * (6 + 8)
