"""Second-voice detection: whether speech falls into two clusters by pitch and timbre.

A cheap warning, no speaker recognition. Each step of 32 ms has a pitch (from the autocorrelation)
and twelve cepstral coefficients; a piece of speech (0.6 to 2 s without a gap) has their medians.
k-means finds two clusters, in units of the difference between the halves of one piece, which are
compared along the line through their centres.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RATE, STEP = 16000, 512
FEATURES = 13
_WINDOW, _FFT = 1024, 2048
_PITCH = (60.0, 400.0)  # Hz
_VOICED = 0.45
_OCTAVE = 0.05  # of correlation: advantage required of a pitch an octave lower
_BANDS, _CEPSTRA, _BAND_RANGE = 24, 12, (100.0, 5000.0)
_GAP, _SHORTEST, _LONGEST = 6, 18, 62  # steps of 32 ms
_SPEECH = 0.5
_LEAST_PIECES, _LEAST_SHARE, _ROUNDS = 6, 0.1, 30


class Timbre:
    """Pitch and cepstrum of a mono signal at 16 kHz in steps of 32 ms; 6 MB an hour."""

    def __init__(self) -> None:
        self._rest = np.zeros(_WINDOW - STEP, np.float32)
        self._steps: list[NDArray[np.float32]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add a block of any length."""
        signal = np.concatenate([self._rest, samples])
        steps = (len(signal) - (_WINDOW - STEP)) // STEP
        self._rest = signal[steps * STEP :]
        if steps:
            windows = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::STEP][:steps]
            self._steps.append(_features(windows))

    def features(self) -> NDArray[np.float32]:
        """log2 of the pitch in Hz (NaN where unvoiced), then the cepstrum, [steps, 13]."""
        return np.concatenate([np.zeros((0, FEATURES), np.float32), *self._steps])


def _features(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    shape, window_correlation = _window()
    power = np.square(np.abs(np.fft.rfft(windows * shape, _FFT)))
    correlation = np.fft.irfft(power)[:, : round(RATE / _PITCH[0]) + 1]
    correlation = correlation / np.maximum(correlation[:, :1], 1e-12)
    correlation = correlation / window_correlation[: correlation.shape[1]]
    first = round(RATE / _PITCH[1])
    cost = _OCTAVE * np.log2(np.arange(first, correlation.shape[1]) / first)
    lag = (correlation[:, first:] - cost).argmax(axis=1) + first
    voiced = correlation[np.arange(len(lag)), lag] >= _VOICED
    pitch = np.where(voiced, np.log2(RATE / lag), np.nan)
    edges = _edges()
    bands = np.add.reduceat(power, edges, axis=1)[:, :-1] / np.diff(edges)
    cepstrum = np.log(bands + 1e-9) @ _cosines()
    return np.concatenate([pitch[:, None], cepstrum], axis=1).astype(np.float32)


@lru_cache
def _window() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The Hann window, and its autocorrelation, by which that of the signal is divided."""
    shape = np.hanning(_WINDOW)
    correlation = np.fft.irfft(np.square(np.abs(np.fft.rfft(shape, _FFT))))
    return shape.astype(np.float32), correlation / correlation[0]


@lru_cache
def _edges() -> NDArray[np.intp]:
    """First FFT bin of each band, evenly spaced in mel, and the bin after the last."""
    low, high = (1127 * np.log1p(hz / 700) for hz in _BAND_RANGE)
    hz = 700 * np.expm1(np.linspace(low, high, _BANDS + 1) / 1127)
    return np.round(hz * _FFT / RATE).astype(np.intp)


@lru_cache
def _cosines() -> NDArray[np.float64]:
    """The DCT-II without its constant, which makes it independent of loudness: [bands, cepstra]."""
    order = np.arange(1, _CEPSTRA + 1)
    basis: NDArray[np.float64] = np.cos(np.pi * np.outer(np.arange(_BANDS) + 0.5, order) / _BANDS)
    basis *= np.sqrt(2 / _BANDS)
    return basis


def contrast(features: NDArray[np.floating], likely: NDArray[np.floating]) -> float | None:
    """How clearly speech falls into two voices: the larger of its contrast in pitch and in timbre.

    A contrast is the distance of the two clusters' centres over their standard deviation along the
    line through both; a single cluster split in two has about 3. None for fewer than six pieces of
    speech.

    Args:
        features: of :meth:`Timbre.features`, [steps, 13].
        likely: probability of speech in each step, [steps].
    """
    segments = pieces(likely)
    total = _medians(features, segments)
    early = _medians(features, [(first, (first + last) // 2) for first, last in segments])
    late = _medians(features, [((first + last) // 2, last) for first, last in segments])
    voiced = np.isfinite(total + early + late).all(axis=1)
    if voiced.sum() < _LEAST_PIECES:
        return None
    # Half the difference of two halves has the standard error of their mean.
    spread = np.sqrt(np.square((early - late)[voiced] / 2).mean(axis=0)) + 1e-6
    scaled = (total[voiced] - total[voiced].mean(axis=0)) / spread
    return max(_separation(scaled[:, :1]), _separation(scaled[:, 1:]))


def pieces(likely: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Segments of speech as [first, last) steps, long ones cut into equal parts of at most 2 s."""
    steps = np.flatnonzero(likely >= _SPEECH)
    segments = []
    for run in np.split(steps, np.flatnonzero(np.diff(steps) > _GAP) + 1):
        if len(run):
            first, last = int(run[0]), int(run[-1]) + 1
            edges = np.linspace(first, last, -(-(last - first) // _LONGEST) + 1).round().astype(int)
            segments += [(int(a), int(b)) for a, b in pairwise(edges) if b - a >= _SHORTEST]
    return segments


def _medians(
    features: NDArray[np.floating], segments: list[tuple[int, int]]
) -> NDArray[np.float64]:
    """Medians of each segment [segments, 13]; NaN for the pitch of an unvoiced one."""
    medians = np.full((len(segments), FEATURES), np.nan)
    for row, (first, last) in zip(medians, segments, strict=True):
        pitch = features[first:last, 0]
        voiced = pitch[np.isfinite(pitch)]
        row[0] = np.median(voiced) if len(voiced) else np.nan
        row[1:] = np.median(features[first:last, 1:], axis=0)
    return medians


def _separation(points: NDArray[np.float64]) -> float:
    """Contrast of two clusters of centred points [points, dimensions]; 0 if one is tiny."""
    axis = np.linalg.svd(points, full_matrices=False)[2][0]
    second = points @ axis > 0
    for _ in range(_ROUNDS):
        if not _LEAST_SHARE <= second.mean() <= 1 - _LEAST_SHARE:
            return 0.0
        centres = points[~second].mean(axis=0), points[second].mean(axis=0)
        distances = [np.square(points - centre).sum(axis=1) for centre in centres]
        before, second = second, distances[1] < distances[0]
        if (before == second).all():
            break
    line = centres[1] - centres[0]
    length = float(np.linalg.norm(line))
    along = points @ line / max(length, 1e-12)
    along[second] -= length
    along -= centres[0] @ line / max(length, 1e-12)
    return length / max(float(np.sqrt(np.square(along).mean())), 1e-6)
