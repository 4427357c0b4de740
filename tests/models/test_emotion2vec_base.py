"""data2vec 2.0's audio encoder against FunASR's recorded output, and its parts against others' code.

``golden/emotion2vec_base.py`` says how the small weights are generated and what was recorded of funasr
1.4.16, which is not needed here.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from transformers.models.wav2vec2.configuration_wav2vec2 import Wav2Vec2Config
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2FeatureEncoder

from paralbench.catalog import Catalog, Model
from paralbench.encoders.loading import loadable
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.model_card import ModelCard

MODEL = Catalog().model("emotion2vec-base")
data2vec2 = MODEL.adapter
GOLDEN = Path(__file__).parent / "golden" / "emotion2vec_base.json"
SMALL = ((8, 10, 5), *((8, 3, 2),) * 4, *((8, 2, 2),) * 2)


def _recorder() -> Any:
    spec = importlib.util.spec_from_file_location("emotion2vec_golden", GOLDEN.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDER = _recorder()
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))


def _card(case: dict[str, Any], **changes: Any) -> ModelCard:
    settings = dict(case["settings"])
    record: dict[str, Any] = {
        "id": "small",
        "title": "Small",
        "backend": "python",
        "width": settings.pop("width"),
        "layers": 1 + settings["context_blocks"] + settings["blocks"],
        "settings": settings | {"convolutions": SMALL},
        "rate": 16000,
        "frame_rate": 50.0,
        "parameters": 1,
        "licence": "MIT",
        "citation": "none",
        "weights": [{"kind": "folder", "path": "nowhere"}],
    }
    return ModelCard.model_validate(record | changes)


def _folder(case: dict[str, Any], folder: Path, prefix: str = "") -> Path:
    """The case's weights as a converted checkpoint, with parts that only training needs."""
    state = {name: RECORDER.tensor(name, tuple(shape)) for name, shape in case["tensors"].items()}
    state["modality_encoders.AUDIO.decoder.blocks.0.0.weight"] = torch.ones(3)
    state["proj.weight"] = torch.ones(9, 4)
    save_file({prefix + name: item for name, item in state.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    return folder


def _load(card: ModelCard, folder: Path) -> Any:
    return loadable(Model(MODEL.folder, card), {card.id: folder}).load()


@pytest.mark.parametrize("prefix", ["", "d2v_model."])
@pytest.mark.parametrize("case", CASES, ids=["per-head", "per-layer", "no-alibi"])
def test_hidden_states_are_funasrs(case: dict[str, Any], prefix: str, tmp_path: Path) -> None:
    encoder = _load(_card(case), _folder(case, tmp_path, prefix))
    for output in case["outputs"]:
        (states,) = encoder.encode([RECORDER.waveform(output["samples"]).numpy()])
        assert list(states.shape) == output["shape"]
        stored = states[:, :: RECORDER.FRAMES, :: RECORDER.CHANNELS].double()
        assert (stored - torch.tensor(output["kept"]).double()).abs().max() < 1e-4
        assert float(states.double().square().mean()) == pytest.approx(output["mean_square"], 1e-4)


def test_the_record_shows_every_part() -> None:
    """Each tensor left at nought would be seen in the recorded output."""
    case = CASES[0]
    sizes = data2vec2.Settings.checked(dict(_card(case).settings), "the test")
    state = data2vec2.renamed(
        {name: RECORDER.tensor(name, tuple(shape)) for name, shape in case["tensors"].items()}
    )
    network = data2vec2.Network(sizes, 24).eval()
    network.load_state_dict(state)
    recorded = nn.functional.layer_norm(RECORDER.waveform(7777), (7777,)).unsqueeze(0)
    with torch.no_grad():
        complete = network(recorded)
        for name, values in network.named_parameters():
            before = values.clone()
            values.zero_()
            changed = (network(recorded) - complete).abs().max()
            values.copy_(before)
            assert changed > 1e-4, name


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (4, [1 / 4, 1 / 16, 1 / 64, 1 / 256]),
        (8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]),
        (6, [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]),
        (12, [*(2.0**-k for k in range(1, 9)), 2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]),
    ],
)
def test_alibi_slopes_by_hand(heads: int, expected: list[float]) -> None:
    assert data2vec2.alibi_slopes(heads) == pytest.approx(expected)


def test_alibi_falls_with_distance_and_spares_the_extra_tokens() -> None:
    sizes = data2vec2.Settings(heads=4, context_blocks=1, blocks=1, extra_tokens=2)
    network = data2vec2.Network(sizes, 16)
    with torch.no_grad():
        network.alibi_scale.copy_(torch.tensor([1.0, 2.0, 0.5, -1.0]).view(1, 1, 4, 1, 1))
        (bias,) = network._biases(3)
    assert bias is not None
    distances = -np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    assert not bias[0, :, :2].any()
    assert not bias[0, :, :, :2].any()
    for head, factor in enumerate((1 / 4, 2 / 16, 0.5 / 64, 0.0)):  # no scale is less than 0
        assert bias[0, head, 2:, 2:].numpy() == pytest.approx(factor * distances)


def test_the_extractor_is_transformers_wav2vec2s() -> None:
    config = Wav2Vec2Config(
        feat_extract_norm="layer",
        conv_bias=False,
        conv_dim=[channels for channels, _, _ in SMALL],
        conv_kernel=[kernel for _, kernel, _ in SMALL],
        conv_stride=[stride for _, _, stride in SMALL],
    )
    theirs = Wav2Vec2FeatureEncoder(config).eval()
    sizes = data2vec2.Settings(convolutions=SMALL, heads=4, position_groups=4)
    ours = data2vec2.Network(sizes, 16).extractor
    renamed = {
        name.removeprefix("conv_layers.").replace("conv.", "convolution.").replace("layer_norm", "norm"): values
        for name, values in theirs.state_dict().items()
    }  # fmt: skip
    ours.load_state_dict(renamed)
    recorded = RECORDER.waveform(7777).unsqueeze(0)
    with torch.no_grad():
        values = recorded.unsqueeze(1)
        for layer in ours:
            values = layer(values)
        assert (values - theirs(recorded)).abs().max() < 1e-5


def test_a_block_is_torchs_own_encoder_layer() -> None:
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(
        16, 4, 64, dropout=0.0, activation="gelu", batch_first=True
    ).eval()
    ours = data2vec2._Block(16, 4, 64)
    renamed = {
        "attn.qkv.weight": theirs.self_attn.in_proj_weight,
        "attn.qkv.bias": theirs.self_attn.in_proj_bias,
        "attn.proj.weight": theirs.self_attn.out_proj.weight,
        "attn.proj.bias": theirs.self_attn.out_proj.bias,
        "mlp.fc1.weight": theirs.linear1.weight,
        "mlp.fc1.bias": theirs.linear1.bias,
        "mlp.fc2.weight": theirs.linear2.weight,
        "mlp.fc2.bias": theirs.linear2.bias,
    }
    norms = {name: values for name, values in theirs.state_dict().items() if "norm" in name}
    ours.load_state_dict(renamed | norms)
    values, bias = torch.randn(1, 9, 16), torch.randn(1, 4, 9, 9)
    output = theirs(
        values, src_mask=bias[0]
    )  # with gradients: torch's fast path knows no such mask
    assert (ours(values, bias) - output).abs().max() < 1e-5


@pytest.mark.parametrize("width", [3, 4])
def test_a_positional_convolution_by_hand(width: int) -> None:
    """One layer, one group, kernels of odd and even length, written out in numpy."""
    sizes = data2vec2.Settings(
        heads=1, position_layers=1, position_width=width, position_groups=1, extra_tokens=0
    )
    network = data2vec2.Network(sizes, 4)
    values = np.random.default_rng(0).standard_normal((6, 4))
    convolution: Any = network.positions["1"]
    kernel = convolution.weight.detach().numpy()  # [out, in, width]
    padded = np.pad(values, ((width // 2, width // 2), (0, 0)))
    summed = (
        np.array(
            [
                np.einsum("oik,ki->o", kernel, padded[frame : frame + width])
                for frame in range(len(values))
            ]
        )
        + convolution.bias.detach().numpy()
    )
    normed = (summed - summed.mean(1, keepdims=True)) / np.sqrt(summed.var(1, keepdims=True) + 1e-5)
    expected = nn.GELU()(torch.from_numpy(normed))
    with torch.no_grad():
        result = network._position(torch.from_numpy(values.astype(np.float32)).unsqueeze(0))[0]
    assert (result - expected).abs().max() < 1e-5


def test_loudness_is_nothing_to_a_normalised_model(tmp_path: Path) -> None:
    case = CASES[0]
    encoder = _load(_card(case), _folder(case, tmp_path))
    quiet = RECORDER.waveform(8000).numpy()
    item, other = encoder.encode([quiet, 8 * quiet])
    assert (item - other).abs().max() < 1e-2
    settings = _card(case).settings | {"normalise": False}
    plain = _load(_card(case, settings=settings), tmp_path)
    (recorded,) = plain.encode([quiet])
    assert (recorded - item).abs().max() > 1e-2


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    case = CASES[0]
    _folder(case, tmp_path)
    settings = _card(case).settings | {"blocks": 3}
    with pytest.raises(ParalbenchError, match=r"data2vec 2\.0's weights of 'small'.*blocks\.2"):
        _load(_card(case, settings=settings, layers=5), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no safetensors")
    with pytest.raises(ParalbenchError, match="cannot be read"):
        _load(_card(case), tmp_path)


def test_a_card_that_says_otherwise_is_refused(tmp_path: Path) -> None:
    case = CASES[0]
    _folder(case, tmp_path)
    with pytest.raises(CardError, match=r"make 4 layers at 50\.0 .* card says 5 at 50\.0"):
        _load(_card(case, layers=5), tmp_path)
    with pytest.raises(CardError, match="cannot be shared out among 6 heads"):
        _load(_card(case, width=25), tmp_path)
    with pytest.raises(CardError, match="heads"):
        _load(_card(case, settings={"heads": 0}), tmp_path)


def test_emotion2vec_base_is_what_its_card_says() -> None:
    card = MODEL.card
    sizes = data2vec2.Settings.checked(card.settings, "the card")
    with torch.device("meta"):
        network = data2vec2.Network(sizes, card.width)
    assert sum(values.numel() for values in network.parameters()) == card.parameters
    assert card.layers == 1 + sizes.context_blocks + sizes.blocks
