from pathlib import Path

import numpy as np
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read

CORPUS = Catalog().corpus("torgo")


def _record(session: Path, number: str, words: str, *microphones: str, samples: int = 800) -> None:
    (session / "prompts").mkdir(parents=True, exist_ok=True)
    (session / "prompts" / f"{number}.txt").write_text(words, encoding="utf-8")
    for microphone in microphones:
        (session / f"wav_{microphone}").mkdir(exist_ok=True)
        file = session / f"wav_{microphone}" / f"{number}.wav"
        soundfile.write(file, np.zeros(samples, np.float32), 16000, subtype="PCM_16")


def test_one_utterance_of_two_microphones_is_one_example(tmp_path: Path) -> None:
    session = tmp_path / "F04" / "Session1"
    _record(session, "0001", "Stick", "headMic", "arrayMic")
    _record(session, "0002", "the  Fox\n", "arrayMic")
    _record(session, "0003", "no recording")
    _record(session, "0004", "empty", "arrayMic", samples=0)
    for number, words in (("0005", "[relax]"), ("0006", "input/images/b.jpg"), ("0007", "xxx")):
        _record(session, number, words, "headMic")
    assert [
        (example.id, example.groups["text"], example.attributes["microphone"])
        for example in read(CORPUS, tmp_path).examples
    ] == [
        ("F04/Session1/0001", "stick", "headMic"), ("F04/Session1/0002", "the fox", "arrayMic"),
    ]  # fmt: skip


def test_the_archives_folders_may_stay_and_c_is_for_control(tmp_path: Path) -> None:
    for speaker in ("F/F01", "MC/MC01"):
        _record(tmp_path / speaker / "Session1", "0001", "up", "headMic")
    examples = read(CORPUS, locate(CORPUS.card, {"torgo": tmp_path})).examples
    assert {example.groups["speaker"]: example.labels["dysarthria"] for example in examples} == {
        "F01": "dysarthric", "MC01": "control",
    }  # fmt: skip
