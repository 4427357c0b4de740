from pathlib import Path

import numpy as np
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.reading import read

CORPUS = Catalog().corpus("pitt")
CHAT = (
    "@ID:\teng|Pitt|PAR|66;00.|female|MCI||Participant|||\n"
    "*INV:\ttell me . \x150_1000\x15\n"
    "*PAR:\twell , \x151000_1500\x15 a boy\n\tand a girl . \x152000_3000\x15\n"
    "%wor:\twell \x151000_1400\x15\n"
    "*INV:\tanything\n\telse ? \x153000_3500\x15\n"
    "*PAR:\tno . \x153500_9000\x15\n@End\n"
)


def _corpus(root: Path, *names: str) -> Path:
    for group in ("Control", "Dementia"):
        (root / group / "cookie").mkdir(parents=True, exist_ok=True)
    for name in names:
        soundfile.write(root / name, np.zeros(4000, np.float32), 1000, subtype="PCM_16")
        (root / name).with_suffix(".cha").write_text(CHAT, encoding="utf-8")
    return root


def test_only_the_participants_utterances_are_used(tmp_path: Path) -> None:
    root = _corpus(tmp_path, "Dementia/cookie/010-2.wav")
    (example,) = read(CORPUS, root).examples
    times = [(clip.start, clip.end) for clip in example.clips]
    assert times == [(1.0, 1.5), (2.0, 3.0), (3.5, 4.0)]
    assert example.attributes == {
        "language": "en", "age": "66", "sex": "female", "diagnosis": "MCI",
    }  # fmt: skip


def test_a_number_in_both_folders_is_one_group_and_a_transcript_is_needed(tmp_path: Path) -> None:
    files = [
        f"{group}/cookie/010-{visit}.wav" for group in ("Control", "Dementia") for visit in "01"
    ]
    root = _corpus(tmp_path, *files)
    (root / "Control" / "cookie" / "010-1.cha").unlink()
    (root / "Dementia" / "cookie" / "010-0.cha").write_text("*PAR:\tno times .\n", encoding="utf-8")
    reading = read(CORPUS, root)
    assert [(example.id, example.groups["speaker"]) for example in reading.examples] == [
        ("control/010-0", "010"), ("dementia/010-1", "010"),
    ]  # fmt: skip
    assert [refusal.subject for refusal in reading.refused] == ["control/010-1", "dementia/010-0"]
    assert "transcript" in reading.refused[0].reason
    assert "none of its turns" in reading.refused[1].reason
