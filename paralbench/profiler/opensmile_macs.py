"""Multiply-accumulates of openSMILE's feature sets: an estimate, since openSMILE counts nothing.

What its configuration files compute for every frame of 10 ms is written out below as products; means,
comparisons, smoothing and functionals are not in it, as norms and activations are not elsewhere. The
unit is that of :mod:`paralbench.heads.training.counting`: a real transform of n points is
1.25 n log2(n).
"""

from __future__ import annotations

from math import log2

HOP = 0.01
"""Seconds from a frame to the next, in every feature set."""


def estimate(feature_set: str, samples: int, rate: int) -> int | None:
    """MACs on so many samples; None for a feature set without an estimate."""
    frame = {
        "GeMAPSv01b": _gemaps,
        "eGeMAPSv01b": _egemaps,
        "eGeMAPSv02": _egemaps,
        "ComParE_2016": _compare,
    }.get(feature_set)
    return None if frame is None else round(samples / rate / HOP * frame(rate))


def _gemaps(rate: int) -> float:
    """GeMAPSv01b_core.lld: spectra of 20 and 60 ms, sub-harmonic summation, formants, jitter."""
    short, long = _points(0.02, rate), _points(0.06, rate)
    return (
        _spectrum(0.02, rate) + _spectrum(0.06, rate)
        + _filters(short)
        + _octaves(long) + _subharmonics(long)
        + _formants(0.02)
        + 2 * _transform(long)  # harmonics-to-noise ratio: an autocorrelation through the spectrum
        + _jitter(rate)
    )  # fmt: skip


def _egemaps(rate: int) -> float:
    """eGeMAPSv02_core.lld adds spectral flux and four cepstral coefficients of 26 bands."""
    return _gemaps(rate) + _filters(_points(0.02, rate)) + 26 * 4 + _points(0.02, rate) / 2


def _compare(rate: int) -> float:
    """ComParE_2016_core.lld: spectra of 20, 25 and 60 ms, RASTA bands, 14 coefficients, pitch."""
    middle, long = _points(0.025, rate), _points(0.06, rate)
    return (
        _spectrum(0.02, rate) + _spectrum(0.025, rate) + _spectrum(0.06, rate)
        + 2 * _filters(middle) + 26 * 14
        + 26 * 8  # RASTA, a recursive filter a band
        + 15 * middle / 2  # fifteen statistics of the spectrum
        + _octaves(long) + _subharmonics(long)
        + 2 * _transform(long)
        + _jitter(rate)
    )  # fmt: skip


def _points(seconds: float, rate: int) -> int:
    """Of the transform: the next power of two."""
    return 1 << (round(seconds * rate) - 1).bit_length()


def _transform(points: int) -> float:
    return 1.25 * points * log2(points)


def _spectrum(seconds: float, rate: int) -> float:
    """A window, a transform, and squares of both parts of each line."""
    points = _points(seconds, rate)
    return round(seconds * rate) + _transform(points) + points


def _filters(points: int) -> float:
    """Triangles that overlap by half: every line of the spectrum counts in two."""
    return 2 * points / 2


def _octaves(points: int) -> float:
    """The spectrum on a scale of octaves: a cubic spline (four products to make, four to read), a
    smoothing over three lines, a weight for each."""
    return (4 + 4 + 3 + 1) * points / 2


def _subharmonics(points: int) -> float:
    """Fifteen harmonics, each a shifted spectrum with a weight."""
    return 15 * points / 2


def _formants(seconds: float) -> float:
    """At 11 kHz: an inverse transform, 12 autocorrelations, Levinson's recursion, and the roots of a
    polynomial of order 11 (twenty rounds of a QR step on its companion matrix)."""
    order, samples = 11, seconds * 11000
    return _transform(256) + (order + 1) * samples + order**2 + 20 * 3 * order**2


def _jitter(rate: int) -> float:
    """Periods found by correlating each with the next, 10 % around where it is expected: a period of
    T samples takes 0.2 T products of T samples, T being 1/150 s."""
    period = rate / 150
    return 150 * HOP * 0.2 * period * period
