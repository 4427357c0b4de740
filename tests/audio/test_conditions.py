"""Conditions: what each does to a known signal, and that it does the same twice."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import welch

from paralbench.audio import conditions as package
from paralbench.audio.conditions import chosen, conditions, identity
from paralbench.audio.degraded import DegradedClip, degraded_key
from paralbench.audio.pieces import Waveform
from paralbench.records.errors import UsageError
from paralbench.records.example import Clip

RATE = 16000
NAMES = list(conditions())


def _speech(seed: int = 0, seconds: float = 2.0) -> Waveform:
    """Band-limited noise in syllables, so that codecs have something to code."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * time + n) / n for n in range(1, 20))
    envelope = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time + seed)
    return np.asarray(0.1 * tone * envelope + 1e-3 * rng.standard_normal(len(time)), np.float32)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("voices")
    paths = [folder / f"{number}.wav" for number in range(7)]
    for number, path in enumerate(paths):
        soundfile.write(path, _speech(number), RATE, subtype="FLOAT")
    return paths


def _degraded(name: str, voices: list[Path], key: bytes = b"key") -> tuple[Waveform, Waveform]:
    others = tuple(Clip(path) for path in voices[1:]) if conditions()[name].others else ()
    clip = DegradedClip(voices[0], condition=name, key=key, others=others)
    return _speech(), np.concatenate(list(clip.waveforms(RATE)))


def test_a_family_is_found_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed after those that are there."""
    (tmp_path / "aliasing.py").write_text(
        "from paralbench.audio.conditions import Condition\n"
        "def halved(waveform, random, others):\n    return waveform / 2\n"
        "CONDITIONS = [Condition('aliasing-2', 'halved', halved)]\n"
    )
    places = [*package.__path__, str(tmp_path)]
    monkeypatch.setattr(package, "__path__", places)
    package._own.cache_clear()
    try:
        assert list(conditions()) == [*NAMES, "aliasing-2"]
    finally:
        package._own.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_clip_gives_the_same_bytes_at_its_own_length(
    name: str, voices: list[Path]
) -> None:
    clean, first = _degraded(name, voices)
    _, second = _degraded(name, voices)
    assert first.tobytes() == second.tobytes()
    assert first.dtype == np.float32
    assert len(first) == len(clean)
    assert not np.array_equal(first, clean)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name[:4] in ("whit", "pink", "babb", "room")]
)
def test_another_clip_is_disturbed_otherwise(name: str, voices: list[Path]) -> None:
    assert not np.array_equal(_degraded(name, voices)[1], _degraded(name, voices, b"other")[1])


@pytest.mark.parametrize("kind", ["white", "pink", "babble"])
@pytest.mark.parametrize("ratio", [20, 10, 0])
def test_noise_has_the_ratio_of_its_name(kind: str, ratio: int, voices: list[Path]) -> None:
    clean, noisy = _degraded(f"{kind}-{ratio}", voices)
    noise = noisy.astype(float) - clean
    assert 10 * np.log10(np.mean(clean**2) / np.mean(noise**2)) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize(("kind", "slope"), [("white", 0.0), ("pink", -10.0)])
def test_noise_has_the_spectrum_of_its_name(kind: str, slope: float, voices: list[Path]) -> None:
    clean, noisy = _degraded(f"{kind}-0", voices)
    frequency, power = welch(noisy.astype(float) - clean, RATE, nperseg=2048)
    band = (frequency > 100) & (frequency < 6000)
    fitted = np.polyfit(np.log10(frequency[band]), 10 * np.log10(power[band]), 1)[0]
    assert fitted == pytest.approx(slope, abs=1.5)


def test_a_room_decays_by_sixty_decibels_in_its_time(tmp_path: Path) -> None:
    click = np.zeros(3 * RATE, np.float32)
    click[100] = 1
    condition = conditions()["room-0.6"]
    wet = condition.apply(click, np.random.default_rng(0), ()).astype(float)
    left = np.cumsum(wet[200:][::-1] ** 2)[::-1]  # Schroeder's backward integration
    curve = 10 * np.log10(left / left[0])
    times = [np.flatnonzero(curve < level)[0] / RATE for level in (-5, -35)]
    assert 2 * (times[1] - times[0]) == pytest.approx(0.6, rel=0.1)


@pytest.mark.parametrize(("name", "edge"), [("g711", 4000), ("amr-nb", 4000), ("band-8k", 4000)])
def test_narrow_bands_are_narrow(name: str, edge: int, tmp_path: Path) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(2 * RATE)).astype(np.float32)
    narrow = conditions()[name].apply(noise, np.random.default_rng(0), ())
    frequency, power = welch(narrow, RATE, nperseg=1024)
    above, below = power[frequency > edge + 300].mean(), power[frequency < edge - 600].mean()
    assert 10 * np.log10(below / above) > 30


@pytest.mark.parametrize("name", ["g711", "amr-nb", "opus-16", "mp3-32"])
def test_codecs_keep_time_and_most_of_the_signal(name: str, voices: list[Path]) -> None:
    clean, coded = _degraded(name, voices)
    energies = [(signal[:32000].reshape(-1, 320) ** 2).mean(1) for signal in (clean, coded)]
    assert np.corrcoef(*energies)[0, 1] > 0.9
    if name != "amr-nb":  # which models the voice and keeps no waveform
        assert np.corrcoef(clean, coded)[0, 1] > 0.9


def test_a_tenth_is_clipped(voices: list[Path]) -> None:
    clean, clipped = _degraded("clipping", voices)
    assert np.mean(np.abs(clipped) == np.abs(clipped).max()) == pytest.approx(0.1, abs=0.01)
    assert np.corrcoef(clean, clipped)[0, 1] > 0.8


def test_a_low_level_is_twenty_decibels_lower(voices: list[Path]) -> None:
    clean, quiet = _degraded("gain-20", voices)
    assert 20 * np.log10(clean.std() / quiet.std()) == pytest.approx(20, abs=0.05)
    assert np.array_equal(quiet * 32768, np.round(quiet * 32768))


@pytest.mark.parametrize("name", NAMES)
def test_silence_and_a_single_sample_pass(name: str) -> None:
    for waveform in (np.zeros(RATE, np.float32), np.full(1, 0.5, np.float32)):
        others = [_speech(1), np.zeros(10, np.float32)]
        result = conditions()[name].apply(waveform, np.random.default_rng(0), others)
        assert len(result) == len(waveform)
        assert np.isfinite(result).all()


def test_names_are_chosen_in_order_and_unknown_ones_refused() -> None:
    assert [item.name for item in chosen(["all"])] == NAMES
    assert [item.name for item in chosen(["gain-20", "white-0"])] == ["white-0", "gain-20"]
    with pytest.raises(UsageError, match="no condition 'rain'"):
        chosen(["rain"])


def test_identity_and_key_name_what_decides_the_samples() -> None:
    identities = {identity(condition) for condition in conditions().values()}
    assert len(identities) == len(NAMES)
    assert "libavcodec" in identity(conditions()["opus-16"])
    assert degraded_key(b"a", ()) == b"a"
    assert degraded_key(b"a", (b"b",)) != degraded_key(b"a", (b"c",))
