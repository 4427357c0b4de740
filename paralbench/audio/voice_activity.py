"""Voice activity: speech probabilities of silero-vad (MIT), cut into segments by a recorded policy.

The model is an ONNX file of the package ``silero-vad``, verified by checksum and run by onnxruntime.
It is recurrent over steps of 32 ms, so a recording of any length is processed block by block.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.audio import decoding
from paralbench.audio.cutting import Cutting
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip

RATE, _STEP, _BEFORE = 16000, 512, 64
SECONDS = _STEP / RATE
_FILE = "data/silero_vad_16k_sequence.onnx"
SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"
_HYSTERESIS = 0.15
_BLOCK_SECONDS = 960 * SECONDS


class VoiceActivity:
    """The detector, loaded on first use.

    Raises:
        ParalbenchError: if silero-vad or onnxruntime is missing, or the model file is another.
    """

    def probabilities(self, clip: Clip) -> NDArray[np.float32]:
        """Probability of speech in each 32 ms; raises Refused as :func:`decoding.blocks`."""
        stream = self.stream()
        steps = [stream.add(block) for block in decoding.blocks(clip, RATE, _BLOCK_SECONDS)]
        return np.concatenate([*steps, stream.end()])

    def stream(self) -> SpeechStream:
        """A stream for a new recording; raises ParalbenchError as the class does."""
        return SpeechStream(self._session)

    def utterances(self, clip: Clip, length: float, policy: Cutting) -> list[Clip]:
        """The segments of speech of a clip of ``length`` seconds, in order; empty without speech."""
        return [
            Clip(
                clip.path,
                clip.start + max(0.0, start - policy.padding),
                clip.start + min(length, end + policy.padding),
                clip.channel,
            )
            for start, end in segments(self.probabilities(clip), policy)
        ]

    @cached_property
    def _session(self) -> Any:
        spec = importlib.util.find_spec("silero_vad")
        if spec is None or not spec.submodule_search_locations:
            raise ParalbenchError(
                "cutting a recording into utterances needs the package 'silero-vad', which is not "
                "installed: pip install 'paralbench[voice]', or --set cutting.how=as-given."
            )
        file = Path(next(iter(spec.submodule_search_locations))) / _FILE
        content = file.read_bytes() if file.is_file() else b""
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise ParalbenchError(
                f"{file}: expected the detector of silero-vad 6.2.3, for which the policy is "
                "defined; pip install 'paralbench[voice]'."
            )
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise ParalbenchError(
                "cutting a recording into utterances needs the package 'onnxruntime', which is not "
                "installed: pip install 'paralbench[voice]'."
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class SpeechStream:
    """Speech probabilities of one recording at 16 kHz, in blocks of any length."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._state = [np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32)]
        self._rest = np.zeros(_BEFORE, np.float32)

    def add(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of speech in each step that this block completes, [steps]."""
        signal = np.concatenate([self._rest, samples])
        steps = (len(signal) - _BEFORE) // _STEP
        self._rest = signal[steps * _STEP :]
        if not steps:
            return np.zeros(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(signal, _BEFORE + _STEP)[::_STEP]
        speech, *self._state = self._session.run(
            None,
            {"input": np.ascontiguousarray(windows), "h": self._state[0], "c": self._state[1]},
        )
        likely: NDArray[np.float32] = speech.reshape(-1)
        return likely

    def end(self) -> NDArray[np.float32]:
        """The same for the remainder, padded with silence; [1] or [0]."""
        return self.add(np.zeros(-(len(self._rest) - _BEFORE) % _STEP, np.float32))


def segments(probabilities: NDArray[np.floating], policy: Cutting) -> list[tuple[float, float]]:
    """Start and end in seconds of each segment of speech, before padding."""
    spans: list[tuple[int, int]] = []
    start, quiet = -1, 0
    patience = max(1, round(policy.silence / SECONDS))
    for step, likely in enumerate(probabilities):
        if likely >= policy.threshold:
            start = step if start < 0 else start
            quiet = 0
        elif start >= 0:
            # Between the two thresholds nothing changes: it may still be speech.
            quiet += bool(likely < policy.threshold - _HYSTERESIS or quiet)
            if quiet >= patience:
                spans.append((start, step + 1 - quiet))
                start, quiet = -1, 0
    if start >= 0:
        spans.append((start, len(probabilities) - quiet))
    least, longest = policy.speech / SECONDS, round(policy.longest / SECONDS)
    return [
        (piece[0] * SECONDS, piece[1] * SECONDS)
        for begin, end in spans
        if end - begin >= least
        for piece in _pieces(probabilities, begin, end, longest)
    ]


def _pieces(
    probabilities: NDArray[np.floating], start: int, end: int, longest: int
) -> list[tuple[int, int]]:
    """Cut a segment where speech is least likely, until no piece is longer than ``longest``."""
    if end - start <= longest:
        return [(start, end)]
    # Not before half the allowed length, so that no piece becomes very short.
    low, high = start + longest // 2, min(start + longest, end - 1)
    cut = low + int(np.argmin(probabilities[low:high]))
    return [(start, cut), *_pieces(probabilities, cut, end, longest)]
