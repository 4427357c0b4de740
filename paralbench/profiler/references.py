"""The two entries that every profile is laid beside: log-mel, and wav2vec 2.0 base's architecture.

Both with a linear probe for four classes. wav2vec 2.0 base has random weights of a fixed seed: cost
does not depend on what was learnt, and nothing has to be fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from paralbench.encoders.encoder import Encoder
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.placement import Placement
from paralbench.encoders.weights import NONE, WeightsFile
from paralbench.heads import settings
from paralbench.profiler.subject import Subject
from paralbench.records.model_card import ModelCard

LOG_MEL, WAV2VEC2 = "log-mel", "wav2vec2-base-size"
_CLASSES = 4
_COMMON = {"rate": 16000, "licence": "MIT", "citation": "A reference of the profiler."}


@dataclass(frozen=True)
class _Drawn(LoadableEncoder):
    """wav2vec 2.0 base with drawn weights."""

    def load(self) -> Encoder:
        """Draw them, and make the model ready as loaded ones are."""
        import numpy as np
        import torch

        from paralbench.encoders import architectures, compatibility
        from paralbench.encoders.backends.transformers import Pretrained
        from paralbench.encoders.hidden_states import AllLayers
        from paralbench.encoders.model_inputs import Samples
        from paralbench.encoders.running import running

        compatibility.make_importable()
        from transformers import Wav2Vec2Config, Wav2Vec2Model

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = Wav2Vec2Model(Wav2Vec2Config(attn_implementation="sdpa"))
        architectures.prepare(model)
        hear = Samples(normalise=True)
        example = hear(np.zeros(self.card.rate, np.float32))
        forward = running(AllLayers(model), example, self.placement, self.card.id)
        return Pretrained(self.card, hear, forward, 400)


def references(device: str = "cpu") -> dict[str, Subject]:
    """Both, on a device, in fp32 and torch, by name."""
    probe = settings("linear-probe", {})
    return {
        name: Subject.of([encoder], "linear-probe", probe, _CLASSES)
        for name, encoder in ((LOG_MEL, _log_mel(device)), (WAV2VEC2, _wav2vec2(device)))
    }


def _log_mel(device: str) -> LoadableEncoder:
    card = {"id": LOG_MEL, "title": "Log-mel energies", "backend": "log-mel", "layers": 1,
            "width": 80, "frame_rate": 100.0, "parameters": 0}  # fmt: skip
    nothing = WeightsFile(None, NONE, NONE, pinned=True)
    return LoadableEncoder(_card(card), Path(), nothing, Placement(device))


def _wav2vec2(device: str) -> LoadableEncoder:
    card = {"id": WAV2VEC2, "title": "wav2vec 2.0 base, random weights", "backend": "transformers",
            "layers": 13, "width": 768, "frame_rate": 50.0, "parameters": 94371712,
            "weights": [{"kind": "seeded", "seed": 0}]}  # fmt: skip
    drawn = WeightsFile(None, NONE, hashlib.sha256(b"seed 0").hexdigest(), pinned=True)
    return _Drawn(_card(card), Path(), drawn, Placement(device))


def _card(values: dict[str, object]) -> ModelCard:
    return ModelCard.model_validate({**_COMMON, **values})
