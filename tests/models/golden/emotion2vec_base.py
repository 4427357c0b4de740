"""Writes data2vec2.json: what FunASR's emotion2vec makes of small weights that anybody can generate.

Run once, with funasr 1.4.16 importable (its ``funasr.models.emotion2vec`` needs omegaconf besides):
    python tests/models/golden/emotion2vec_base.py
Weights: for each tensor, numpy's RandomState seeded with the CRC-32 of its name draws standard normal
values z; vectors are .1 z, plus 1 where the name ends in "weight"; ALiBi scales are 1 + .1 z; the
rest is z over the square root of the inputs. Audio: .1 z, RandomState seeded with the number of samples.
"""

from __future__ import annotations

import importlib
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import layer_norm

FILE = Path(__file__).with_suffix(".json")
CONVOLUTIONS = [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]
SAMPLES = (400, 7777, 16000)
FRAMES, CHANNELS = 5, 3  # the steps with which values are kept
CASES: list[dict[str, Any]] = [
    {"width": 24, "heads": 6, "context_blocks": 1, "blocks": 2, "extra_tokens": 3,
     "position_groups": 4, "position_width": 95, "mlp_ratio": 4.0, "alibi": True,
     "alibi_scale_per_head": True, "alibi_scale_per_layer": False},
    {"width": 16, "heads": 4, "context_blocks": 2, "blocks": 1, "extra_tokens": 0,
     "position_groups": 8, "position_width": 80, "mlp_ratio": 2.0, "alibi": True,
     "alibi_scale_per_head": False, "alibi_scale_per_layer": True},
    {"width": 16, "heads": 2, "context_blocks": 1, "blocks": 1, "extra_tokens": 2,
     "position_groups": 2, "position_width": 95, "mlp_ratio": 4.0, "alibi": False,
     "alibi_scale_per_head": True, "alibi_scale_per_layer": False},
]  # fmt: skip


def tensor(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor by the rule above."""
    values = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if len(shape) == 1:
        values = 0.1 * values + name.endswith("weight")
    elif name.endswith("alibi_scale"):
        values = 1 + 0.1 * values
    else:
        values = values / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32))


def waveform(samples: int) -> torch.Tensor:
    """Noise by the rule above."""
    values = 0.1 * np.random.RandomState(samples).standard_normal(samples)
    return torch.from_numpy(values.astype(np.float32))


def _funasr(case: dict[str, Any]) -> Any:
    """FunASR's network of these sizes; what only serves training is off."""
    audio = {
        "feature_encoder_spec": str(CONVOLUTIONS), "extractor_mode": "layer_norm",
        "conv_pos_depth": 5, "conv_pos_width": case["position_width"],
        "conv_pos_groups": case["position_groups"], "conv_pos_pre_ln": False,
        "prenet_depth": case["context_blocks"], "prenet_layerdrop": 0.0, "prenet_dropout": 0.0,
        "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "decoder": None,
        "local_grad_mult": 1.0, "num_extra_tokens": case["extra_tokens"],
        "init_extra_token_zero": True, "use_alibi_encoder": case["alibi"], "alibi_scale": 1.0,
        "learned_alibi": False, "learned_alibi_scale": True, "alibi_max_pos": None,
        "learned_alibi_scale_per_head": case["alibi_scale_per_head"],
        "learned_alibi_scale_per_layer": case["alibi_scale_per_layer"],
        "num_alibi_heads": case["heads"], "model_depth": case["blocks"],
    }  # fmt: skip
    model = {
        "depth": case["blocks"], "num_heads": case["heads"], "embed_dim": case["width"],
        "mlp_ratio": case["mlp_ratio"], "norm_eps": 1e-5, "norm_affine": True,
        "layer_norm_first": False, "encoder_dropout": 0.0, "attention_dropout": 0.0,
        "activation_dropout": 0.0, "post_mlp_drop": 0.0, "dropout_input": 0.0, "layerdrop": 0.0,
        "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "end_of_block_targets": False,
        "modalities": {"audio": audio},
    }  # fmt: skip
    return importlib.import_module("funasr.models.emotion2vec.model").Emotion2vec(model_conf=model)


def _states(network: Any, samples: int) -> torch.Tensor:
    """The first block's input and every block's output, without the extra tokens."""
    encoder = network.modality_encoders["AUDIO"]
    blocks = [*encoder.context_encoder.blocks, *network.blocks]
    seen: list[torch.Tensor] = []
    blocks[0].register_forward_pre_hook(lambda _, heard: seen.append(heard[0].clone()))
    for block in blocks:
        block.register_forward_hook(lambda _, __, out: seen.append(out[0].clone()))
    heard = waveform(samples)
    with torch.no_grad():
        network.extract_features(layer_norm(heard, heard.shape)[None], padding_mask=None)
    return torch.cat(seen)[:, encoder.modality_cfg.num_extra_tokens :]


def main() -> None:
    """Write the file."""
    output = []
    for case in CASES:
        shapes = {name: tuple(held.shape) for name, held in _funasr(case).state_dict().items()}
        outputs = []
        for samples in SAMPLES:
            network = _funasr(case).eval()
            network.load_state_dict({name: tensor(name, shape) for name, shape in shapes.items()})
            states = _states(network, samples)
            stored = states[:, ::FRAMES, ::CHANNELS].double().numpy().round(6)
            outputs.append(
                {"samples": samples, "shape": list(states.shape), "kept": stored.tolist(),
                 "mean_square": round(float(states.double().square().mean()), 6)}
            )  # fmt: skip
        output.append({"settings": case, "tensors": shapes, "outputs": outputs})
    FILE.write_text(json.dumps(output) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
