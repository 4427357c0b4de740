"""GE2E's LSTMs with random weights, against torch's own LSTM of three layers."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.encoders.placement import Placement
from paralbench.records.errors import ParalbenchError, UsageError

MODEL = Catalog().model("ge2e")
RNG = np.random.default_rng(0)


def _weights(folder: Path, layers: int = 3) -> nn.LSTM:
    """A checkpoint as Resemblyzer's: one LSTM of several layers, a projection, and more."""
    torch.manual_seed(0)
    lstm = nn.LSTM(40, 256, layers, batch_first=True)
    state = {f"lstm.{name}": values.detach() for name, values in lstm.named_parameters()}
    state |= {"linear.weight": torch.ones(256, 256), "similarity_weight": torch.ones(1)}
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    return lstm


@pytest.mark.parametrize("gain", [0.5, 0.001])
def test_states_are_those_of_one_lstm_that_starts_anew_every_160_frames(
    tmp_path: Path, gain: float
) -> None:
    lstm = _weights(tmp_path)
    audio = (gain * RNG.standard_normal(40000)).astype(np.float32)
    (states,) = loadable(MODEL, {"ge2e": tmp_path}).load().encode([audio])
    raised = audio * max(1.0, 10 ** (-30 / 20) / np.sqrt(np.mean(audio**2)))
    mels = librosa.feature.melspectrogram(
        y=raised, sr=16000, n_fft=400, hop_length=160, n_mels=40, pad_mode="constant"
    )
    with torch.no_grad():
        pieces = torch.split(torch.from_numpy(mels.T.copy()).unsqueeze(0), 160, 1)
        expected = torch.cat([lstm(piece)[0] for piece in pieces], 1)
    assert states.shape == (3, 251, 256)
    assert torch.allclose(states[2], expected[0], atol=1e-4)


def test_weights_of_another_depth_are_refused(tmp_path: Path) -> None:
    _weights(tmp_path, layers=2)
    with pytest.raises(ParalbenchError, match=r"cannot be read as the LSTMs of 'ge2e'.*layers\.2"):
        loadable(MODEL, {"ge2e": tmp_path}).load()


def test_a_runtime_that_traces_is_refused(tmp_path: Path) -> None:
    """The number of pieces depends on the clip; a trace would keep that of its example."""
    _weights(tmp_path)
    placement = Placement("cpu", "fp32", "onnxruntime")
    with pytest.raises(UsageError, match="'ge2e' has no onnxruntime-fp32 path"):
        loadable(MODEL, {"ge2e": tmp_path}, placement).load()
