"""The voice prompts, where a fetched copy is named by PARALBENCH_TEST_VOICE_PROMPTS."""

import os
from collections import Counter
from pathlib import Path

import pytest

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read

CORPUS = Catalog().corpus("voice-prompts")


def prompts(root: Path, *names: str) -> None:
    for name in names:
        for voice in ("en_US_f_Allison", "es_MX_f_Allison"):
            file = root / voice / f"{name}.g722"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()


def test_only_pairs_of_speech(tmp_path: Path) -> None:
    prompts(tmp_path, "hello", "digits/1", "beep", "silence/1", "._hello")
    (tmp_path / "en_US_f_Allison" / "only-english.g722").touch()
    examples = read(CORPUS, tmp_path).examples
    assert {e.id for e in examples} == {"en/hello", "es/hello", "en/digits/1", "es/digits/1"}
    assert {e.groups["prompt"] for e in examples} == {"hello", "digits/1"}
    assert {e.groups["speaker"] for e in examples} == {"Allison"}


@pytest.fixture(scope="module")
def fetched() -> Reading:
    place = os.environ.get("PARALBENCH_TEST_VOICE_PROMPTS")
    if not place:
        pytest.skip("PARALBENCH_TEST_VOICE_PROMPTS names no fetched copy of the voice prompts")
    root = locate(CORPUS.card, {"voice-prompts": Path(place)})
    assert CORPUS.card.fetch is not None
    assert digest(root) == CORPUS.card.fetch.sha256
    return read(CORPUS, root)


def test_counts_are_those_of_the_cards(fetched: Reading) -> None:
    (task,) = CORPUS.tasks
    (fact,) = CORPUS.card.facts
    assert Counter(e.labels["language"] for e in fetched.examples) == fact.values
    assert len(fetched.examples) == task.examples
    assert not fetched.refused


def test_audio_is_g722(fetched: Reading) -> None:
    result = [header(example.clips[0].path) for example in fetched.examples[::40]]
    assert {(item.rate, item.channels) for item in result} == {(16000, 1)}
    assert all(0.1 < item.seconds < 120 for item in result)
