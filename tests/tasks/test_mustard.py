import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paralbench.audio import decoding
from paralbench.catalog import Catalog
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select

CATALOG = Catalog()
CORPUS = CATALOG.corpus("mustard")


def _write(
    root: Path, said: dict[str, Any], videos: str = "mmsd_raw_data/utterances_final"
) -> Path:
    (root / "data").mkdir()
    (root / "data" / "sarcasm_data.json").write_text(json.dumps(said), encoding="utf-8")
    (root / videos).mkdir(parents=True)
    return root


def _said(show: str, speaker: str, sarcasm: object) -> dict[str, object]:
    return {"utterance": "", "speaker": speaker, "context": [], "context_speakers": [],
            "show": show, "sarcasm": sarcasm}  # fmt: skip


@pytest.mark.parametrize("videos", ["mmsd_raw_data/utterances_final", "utterances_final"])
def test_ids_name_the_videos(tmp_path: Path, videos: str) -> None:
    root = _write(tmp_path, {"1_60": _said("BBT", "SHELDON", True)}, videos)
    (result,) = read(CORPUS, root).examples
    assert (result.id, result.labels) == ("1_60", {"sarcasm": "sarcastic"})
    assert result.clips[0].path == root / videos / "1_60.mp4"


@pytest.mark.slow
def test_friends_are_tested_and_their_speakers_stand_nowhere_else(
    made: Callable[[str], Path],
) -> None:
    chosen = select(CATALOG.task("mustard-sarcasm"), read(CORPUS, made("mustard")).examples)
    folds = splits(chosen, [0, 1])
    assert audit(chosen, folds).unknown == []
    for split in folds:
        tested = {chosen.examples[row].groups["show"] for row in split.test}
        others = {chosen.examples[row].groups["show"] for row in (*split.train, *split.develop)}
        assert tested == {"FRIENDS"}
        assert "FRIENDS" not in others
        assert len(split.develop)


def test_a_person_of_one_show_is_not_the_person_of_another(tmp_path: Path) -> None:
    text = {"1": _said("BBT", "PERSON", True), "2": _said("SARCASMOHOLICS", "PERSON", False)}
    examples = read(CORPUS, _write(tmp_path, text)).examples
    assert len({item.groups["speaker"] for item in examples}) == 2


def test_a_label_that_is_no_truth_value_is_refused(tmp_path: Path) -> None:
    text = {
        "1": _said("BBT", "A", True),
        "2": _said("BBT", "A", "true"),
        "3": _said("", "A", False),
    }
    reading = read(CORPUS, _write(tmp_path, text))
    assert [item.id for item in reading.examples] == ["1"]
    assert [item.subject for item in reading.refused] == ["2", "3"]


@pytest.mark.slow
def test_the_voice_is_encoded_out_of_the_mp4(made: Callable[[str], Path]) -> None:
    clip = read(CORPUS, made("mustard")).examples[0].clips[0]
    recorded = np.concatenate(list(decoding.blocks(clip, 16000, 30)))
    assert clip.path.suffix == ".mp4"
    assert 1.0 <= len(recorded) / 16000 <= 2.0
    assert np.sqrt(np.mean(recorded**2)) > 0.005
