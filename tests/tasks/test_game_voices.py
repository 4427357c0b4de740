"""The game voices; the true packs where a fetched copy is named by PARALBENCH_TEST_GAME_VOICES."""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import Reading, read
from paralbench.corpora.verifying import verify
from paralbench.evaluation.audit import audit
from paralbench.evaluation.benchmark import Done
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import Selection, select
from paralbench.system.digest import file_digest

CORPUS = Catalog().corpus("game-voices")


def _read(root: Path, *names: str) -> Reading:
    for name in names:
        file = root / f"{name}.ogg"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    return read(CORPUS, root)


def _selected(task: str, reading: Reading) -> Selection:
    return select(Catalog().task(task), reading.examples, reading.refused)


def test_the_event_is_the_name_without_its_take(tmp_path: Path) -> None:
    reading = _read(tmp_path, "Pirate/Ow3", "Pirate/Uh-oh", "Default_ru/Hello", "Pirate/1st")
    by_id = {example.id: example for example in reading.examples}
    assert by_id["Pirate/Ow3"].labels == {"event": "Ow", "voice": "Pirate"}
    assert by_id["Pirate/Uh-oh"].groups == {"speaker": "Pirate", "text": "uh-oh"}
    assert by_id["Default_ru/Hello"].attributes == {"language": "ru"}
    assert [refusal.subject for refusal in reading.refused] == ["Pirate/1st"]


def test_copies_are_read_once_and_their_packs_are_one_speaker(tmp_path: Path) -> None:
    reading = _read(tmp_path, "Default/Ow1", "Classic/Ow1", "Default_uk/Ow1", "HillBilly/Ow1")
    assert {example.id for example in reading.examples} == {
        "Default/Ow1", "Default_uk/Ow1", "HillBilly/Ow1",
    }  # fmt: skip
    assert {example.groups["speaker"] for example in reading.examples} == {"Default"}
    assert not reading.refused


def test_the_same_cry_is_one_event(tmp_path: Path) -> None:
    examples = _read(tmp_path, "Robot/Flyaway", "Robot/Nooo").examples
    assert {example.groups["text"] for example in examples} == {"nooo"}


@pytest.mark.slow
def test_synth_is_the_adapters_inverse(made: Callable[[str], Path], tmp_path: Path) -> None:
    root = made("game-voices")
    reading = read(CORPUS, root)
    assert not reading.refused
    assert verify(CORPUS, root, reading).verdict == "nothing to compare"
    CORPUS.synthesize(tmp_path / "again", 0)
    assert digest(tmp_path / "again") == digest(root)


@pytest.mark.parametrize("task", [task.id for task in CORPUS.tasks])
def test_no_word_or_speaker_is_on_two_sides(made: Callable[[str], Path], task: str) -> None:
    selection = _selected(task, read(CORPUS, made("game-voices")))
    report = audit(selection, splits(selection, seeds=(0, 1)))
    assert not set(report.crossing) & set(selection.task.protocol.never_cross)


@pytest.mark.slow
def test_every_task_gives_a_result(scored: Callable[[str], list[Done]]) -> None:
    assert len(scored("game-voices")) == 4


@pytest.fixture(scope="module")
def fetched() -> Path:
    place = os.environ.get("PARALBENCH_TEST_GAME_VOICES")
    if not place:
        pytest.skip("PARALBENCH_TEST_GAME_VOICES names no fetched copy of the game voices")
    return locate(CORPUS.card, {"game-voices": Path(place)})


def test_true_packs_are_complete(fetched: Path) -> None:
    assert CORPUS.card.fetch is not None
    assert digest(fetched) == CORPUS.card.fetch.sha256
    reading = read(CORPUS, fetched)
    assert verify(CORPUS, fetched, reading).verdict == "nothing to compare"
    for task in CORPUS.tasks:
        assert len(_selected(task.id, reading).examples) == task.examples


def test_true_packs_have_no_recording_under_two_names(fetched: Path) -> None:
    names = defaultdict(list)
    for example in read(CORPUS, fetched).examples:
        names[file_digest(example.clips[0].path)].append(example.id)
    assert [several for several in names.values() if len(several) > 1] == []


def test_true_packs_that_share_a_recording_are_one_speaker(fetched: Path) -> None:
    (shared,) = (erratum for erratum in CORPUS.card.errata if erratum.id == "shared-voices")
    speaker = {pack: packs for packs in shared.subjects for pack in packs.split()}
    packs = defaultdict(set)
    for file in fetched.glob("*/*.ogg"):
        packs[file_digest(file)].add(speaker.get(file.parent.name, file.parent.name))
    assert [joined for joined in packs.values() if len(joined) > 1] == []
