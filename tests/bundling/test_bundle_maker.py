"""What a bundle tells of itself, and what no bundle is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paralbench.bundling.bundle_maker import BundleSettings
from paralbench.cli.main import main
from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import ParalbenchError
from paralbench.records.intended_use import UNKNOWN, IntendedUse
from paralbench.screener.bundle import Bundle
from tests.screener.screeners import EACH, LIMITS, SPEAKERS, Lab, lab

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def result(toys: Lab) -> Path:
    return toys.result()


def test_the_card_tells_what_is_known_and_what_is_not(toys: Lab, result: Path) -> None:
    use = IntendedUse(quality=LIMITS, intended="To tell tones.", not_for=["Bells."])
    told, members = toys.make(result, BundleSettings(use, level=0.8))
    people = told.population
    assert (people.participants, people.recordings) == (SPEAKERS, SPEAKERS * EACH)
    assert people.attributes == {"sex": {"female": 7, "male": 7}}
    assert people.setting == UNKNOWN
    assert people.missing == "Every recording of the task was used."
    assert people.synthetic is False
    assert told.outcome.classes == ["low", "high"]
    assert told.outcome.positive == "high"
    assert told.outcome.assessed == UNKNOWN
    assert told.use.intended == "To tell tones."
    assert told.use.not_for[-1] == "Bells."
    assert "their own score is not known" in told.validation.protocol
    assert told.validation.seeds == [0, 1]
    assert set(told.named) <= set(members)
    assert len(told.head.members) == 2
    assert "SYNTHETIC" not in told.model_dump_json()


def test_synthetic_is_written_everywhere(toys: Lab, tmp_path: Path) -> None:
    mark = toys.data / SYNTHETIC_MARK
    mark.write_text("{}")
    try:
        told, _ = toys.make(toys.result())
    finally:
        mark.unlink()
    for words in (told.title, told.outcome.title, told.population.title, told.validation.protocol,
                  told.use.intended, told.use.limits[-1]):  # fmt: skip
        assert words.startswith("SYNTHETIC")
    assert told.population.synthetic


def test_the_same_result_gives_the_same_members(toys: Lab, result: Path) -> None:
    one, other = toys.make(result), toys.make(result)
    assert one[1] == other[1]
    origin = one[0].origin
    assert one[0] == other[0].model_copy(update={"origin": origin})


def test_frames_are_heard_no_longer_than_validated(toys: Lab) -> None:
    file = toys.result(head="mlp", pool="frames", epochs=2, hidden=4)
    told, _ = toys.make(file, BundleSettings(IntendedUse(), level=0.8))
    assert told.limits.longest.refuse == 60.0
    assert len(told.head.members) == 1


def _changed(result: Path, tmp_path: Path, **changes: object) -> Path:
    """A copy of a result that says something else."""
    told = json.loads(result.read_text())
    for key, value in changes.items():
        place = told
        *outer, last = key.split("__")
        for name in outer:
            place = place[name]
        place[last] = value
    copy = tmp_path / "changed.json"
    copy.write_text(json.dumps(told))
    copy.with_suffix(".parquet").write_bytes(result.with_suffix(".parquet").read_bytes())
    return copy


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predictions_sha256": "0" * 64}, "they are missing or belong to another result"),
        ({"cards": None}, "it holds no cards"),
        ({"target": {"kind": "series"}}, "a value at every moment"),
        ({"data__fingerprint": "f" * 64}, "the data are not those that the result was made from"),
        ({"model__weights": "f" * 64}, "the encoder's weights are not those"),
        ({"training__settings__steps": 0}, "steps"),
    ],
)
def test_what_no_bundle_is_made_of(
    toys: Lab, result: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ParalbenchError, match=words):
        toys.make(_changed(result, tmp_path, **changes))


def test_more_members_than_seeds_are_refused(toys: Lab, result: Path) -> None:
    with pytest.raises(ParalbenchError, match="at most 2 members, one for each seed, got 3"):
        toys.make(result, BundleSettings(members=3, level=0.8))


def test_weights_that_are_not_there_cannot_be_inside(toys: Lab, result: Path) -> None:
    with pytest.raises(ParalbenchError, match="cannot be in a bundle: it has none"):
        toys.make(result, BundleSettings(embed=True, level=0.8))


def test_the_verb_writes_a_bundle_and_says_what_it_is(
    toys: Lab, result: Path, tmp_path: Path, capsys: Capture
) -> None:
    use = tmp_path / "use.toml"
    use.write_text('title = "Tones"\n[quality]\nspeech = {}\n')
    target = tmp_path / "deep" / "tones.plb"
    asked = [
        "bundle", str(result), "-o", str(target), "--catalog", str(toys.catalog), "--data",
        f"toy={toys.data}", "--cache", str(toys.work / "cache"), "--level", "0.8",
    ]  # fmt: skip
    assert main([*asked, "--intended-use", str(use), "--sensitivity", "0.9"]) == 0
    shown = capsys.readouterr().out
    whole = Bundle.open(target)
    assert whole.sha256 in shown
    assert "Research software, not a medical device" in shown
    assert whole.manifest.title == "Tones"
    assert whole.manifest.limits.speech.refuse is None
    assert main([*asked[:3], str(tmp_path / "tones.zip"), *asked[4:]]) == 2
    assert "ends in .plb" in capsys.readouterr().err
    use.write_text('titel = "Tones"\n')
    assert main([*asked, "--intended-use", str(use)]) == 3
    assert "unknown key 'titel'" in capsys.readouterr().err
