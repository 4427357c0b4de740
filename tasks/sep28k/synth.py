"""A small SEP-28k in its true layout: ', ' between cells, episodes as text, clips that are gone.

Eight podcasts with a host each. The five dysfluencies are heard as prolonged, blocked and repeated
sounds, repeated words and interjections.
"""

from pathlib import Path

import numpy as np

from paralbench.synthetic.corpus import begin, litter, write_wav
from paralbench.synthetic.stutter import DYSFLUENCIES, stutter
from paralbench.synthetic.voice import Delivery, speak, speaker

SHOWS = ("HeStutters", "HVSA", "IStutterSoWhat", "MyStutteringLife", "StrongVoices",
         "StutterTalk", "StutteringIsCool", "WomenWhoStutter")  # fmt: skip
CLIPS = 8
"""Clips of each of a show's two episodes."""

_COLUMNS = ("Show", "EpId", "ClipId", "Start", "Stop", "Unsure", "PoorAudioQuality", *DYSFLUENCIES[:4],
            "DifficultToUnderstand", "Interjection", "NoStutteredWords", "NaturalPause", "Music",
            "NoSpeech")  # fmt: skip


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the corpus below ``root``; the same bytes for the same seed."""
    rng = begin(root, "sep28k", seed)
    rows = [_row(show, episode, root / "clips", rng) for show in SHOWS for episode in ("0", "010")]
    lines = [", ".join(_COLUMNS), *(line for lines in rows for line in lines)]
    table = root / "SEP-28k_labels.csv"
    table.write_text("\r\n".join(lines) + "\r\n\r\n", encoding="utf-8")
    episodes = [f"{show}, Title, Host, mp3, {show}, 010" for show in SHOWS]  # and no header
    (root / "SEP-28k_episodes.csv").write_text("\n".join(episodes) + "\n", encoding="utf-8")
    litter(root / "clips" / SHOWS[0] / "0" / f"{SHOWS[0]}_0_1.wav")


def _row(show: str, episode: str, clips: Path, rng: np.random.Generator) -> list[str]:
    host, guest = (speaker(rng, sex) for sex in ("female", "male"))
    lines = []
    for clip in range(CLIPS):
        who = host if clip % 2 else guest
        how = Delivery(pitch=float(np.exp(rng.normal(0, 0.05))), range=float(rng.uniform(1.5, 3)))
        cells = dict.fromkeys(_COLUMNS, "0")
        start = 48000 * clip
        cells |= {"Show": show, "EpId": episode, "ClipId": str(clip)}
        cells |= {"Start": str(start), "Stop": str(start + 48000)}
        if clip < 4:
            kind = DYSFLUENCIES[rng.integers(len(DYSFLUENCIES))]
            cells |= {kind: str(rng.integers(2, 4)), "NoStutteredWords": str(rng.integers(0, 2))}
            signal = stutter(who, how, 3.0, kind, rng)
        else:
            # The last clip of an episode is one on which the annotators do not agree.
            votes = 1 if clip == CLIPS - 1 else rng.integers(2, 4)
            cells |= {"NoStutteredWords": str(votes), "Block": str(rng.integers(0, 2))}
            signal = speak(who, how, 3.0, rng)
        if clip != 4 or episode != "010":  # the rest of it is gone from the web
            write_wav(clips / show / episode / f"{show}_{episode}_{clip}.wav", signal)
        lines.append(", ".join(cells[column] for column in _COLUMNS))
    return lines
