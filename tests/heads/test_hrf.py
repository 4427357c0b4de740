"""HRF heads on Whisper tiny.en's own frames: every backbone, rank and number of factors folds exactly."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.heads import head, settings
from paralbench.heads.layers.factorised import Factorised
from paralbench.heads.training.frames import Shape, StreamShape
from paralbench.heads.training.network import Network, folded, parameters
from paralbench.heads.training.network_head import NetworkHead
from paralbench.heads.training.sequences import Batch
from paralbench.heads.training.standard import Standard
from paralbench.synthetic.voice import Delivery, speak, speaker

CLIPS, SECONDS = 4, 2.0
HEADS = ("hrf-conformer", "hrf-conv-transformer", "hrf-speechformer")


@pytest.fixture(scope="module")
def heard() -> Batch:
    """Hidden states of generated voices, all layers."""
    encoder = loadable(Catalog().model("whisper-tiny.en")).load()
    states = []
    for number in range(CLIPS):
        rng = np.random.default_rng(number)
        who = speaker(rng, "female" if number % 2 else "male")
        states.append(encoder.encode([speak(who, Delivery(), SECONDS, rng)])[0])
    values = torch.stack(states)
    present = torch.ones(CLIPS, values.shape[2], dtype=torch.bool)
    clips = torch.zeros(present.shape, dtype=torch.long)
    return Batch((values,), (present,), (clips,), (50.0,))


def _trained(name: str, given: dict[str, object], heard: Batch, plain: bool = False) -> Network:
    """A network after three steps: factors no longer stand as they were drawn."""
    torch.manual_seed(0)
    result, chosen = cast(NetworkHead, head(name)), settings(name, given)
    if plain:
        assert result.plain is not None
        chosen = result.plain(chosen)
    deviation, mean = torch.std_mean(heard.values[0].transpose(1, 2).flatten(0, 1), 0)
    shape = Shape((StreamShape(mean.shape[1], 50.0),), 3, series=False)
    network = Network([Standard(mean, 1 / deviation.clamp_min(1e-5))], result.build(shape, chosen))
    descent = torch.optim.AdamW(network.train().parameters(), lr=1e-3)
    for _ in range(3):
        descent.zero_grad()
        nn.functional.cross_entropy(network(heard), torch.arange(CLIPS) % 3).backward()  # type: ignore[no-untyped-call]
        descent.step()
    return network.eval()


@pytest.mark.slow
@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("factors", [2, 3])
@pytest.mark.parametrize("rank", [2, 4, 8])
def test_folded_says_what_was_trained(name: str, factors: int, rank: int, heard: Batch) -> None:
    small: dict[str, object] = {"width": 32, "heads": 4}
    trained = _trained(name, {**small, "hrf": {"factors": factors, "rank": rank}}, heard)
    deployed = folded(trained)
    with torch.no_grad():
        before, after = trained(heard), deployed(heard)
    assert float((before - after).abs().max() / before.abs().max()) < 1e-5
    assert torch.equal(before.argmax(1), after.argmax(1))
    assert any(isinstance(part, Factorised) for part in trained.modules())
    assert not any(isinstance(part, Factorised) for part in deployed.modules())
    assert parameters(deployed) == parameters(_trained(name, small, heard, plain=True))
    assert parameters(trained) > parameters(deployed)
