import numpy as np

from paralbench.synthetic.accent import Accent, accented, accents
from paralbench.synthetic.voice import Delivery, Signal, speak, speaker


def _formant(signal: Signal, low: float, high: float) -> float:
    """Centre of the energy between two frequencies in Hz."""
    power = np.abs(np.fft.rfft(signal)) ** 2
    frequency = np.fft.rfftfreq(len(signal), 1 / 16000)
    band = (frequency > low) & (frequency < high)
    return float((frequency[band] * power[band]).sum() / power[band].sum())


def test_accents_differ_and_are_always_the_same() -> None:
    assert accents(9) == accents(9)
    assert len(set(accents(9))) == 9


def test_an_accent_moves_the_vowels() -> None:
    def centre(first: float) -> float:
        rng = np.random.default_rng(0)
        who = speaker(rng, "male")
        so, how = accented(who, Accent((first, 1.0), 0, 2, 1), rng)
        return _formant(speak(so, how, 6, rng), 200, 1500)

    assert centre(1.25) > 1.05 * centre(1.0) > 1.1 * centre(0.75)


def test_the_voice_is_the_speakers_own() -> None:
    rng = np.random.default_rng(1)
    who = speaker(rng, "female")
    so, _ = accented(who, accents(3)[1], rng)
    assert (so.pitch, so.tract, so.pace) == (who.pitch, who.tract, who.pace)


def test_a_glide_bends_each_syllable() -> None:
    """Autocorrelation pitch at the start and the end of one long syllable."""
    rng = np.random.default_rng(2)
    who = speaker(rng, "male")
    item = Delivery(pace=0.25, range=0.0, pause=0.0, glide=6.0)
    signal = speak(who, item, 0.9, rng, noise=0.0)
    voiced = np.flatnonzero(np.abs(signal) > 0.01)
    start, end = voiced[0] + 2400, voiced[-1] - 2400

    def pitch(place: int) -> float:
        piece = signal[place : place + 1200].astype(float)
        echo = np.correlate(piece, piece, "full")[len(piece) :]
        return 16000 / (60 + int(np.argmax(echo[59:250])))

    assert pitch(end) > 1.15 * pitch(start)
