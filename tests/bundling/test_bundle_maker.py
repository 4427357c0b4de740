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
from paralbench.results import files
from paralbench.screener.bundle import Bundle
from paralbench.screening import report_text
from tests.screener.screeners import EACH, LIMITS, SPEAKERS, Lab, lab

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def result(toys: Lab) -> Path:
    return toys.result()


def test_the_card_shows_what_is_known_and_what_is_not(toys: Lab, result: Path) -> None:
    use = IntendedUse(quality=LIMITS, intended="To tell tones.", not_for=["Bells."])
    output, members = toys.make(result, BundleSettings(use, level=0.8))
    people = output.population
    assert (people.participants, people.recordings) == (SPEAKERS, SPEAKERS * EACH)
    assert people.attributes == {"sex": {"female": 7, "male": 7}}
    assert people.setting == UNKNOWN
    assert people.missing == "Every recording of the task was used."
    assert people.synthetic is False
    assert output.outcome.classes == ["low", "high"]
    assert output.outcome.positive == "high"
    assert output.outcome.assessed == UNKNOWN
    assert output.use.intended == "To tell tones."
    assert output.use.not_for[-1] == "Bells."
    assert "their own score is not known" in output.validation.protocol
    assert output.validation.seeds == [0, 1]
    assert set(output.named) <= set(members)
    assert len(output.head.members) == 2
    assert "SYNTHETIC" not in output.model_dump_json()


@pytest.mark.slow
def test_synthetic_is_written_everywhere(toys: Lab, tmp_path: Path) -> None:
    mark = toys.data / SYNTHETIC_MARK
    mark.write_text("{}")
    try:
        output, _ = toys.make(toys.result())
    finally:
        mark.unlink()
    for words in (output.title, output.outcome.title, output.population.title, output.validation.protocol,
                  output.use.limits[-1]):  # fmt: skip
        assert words.startswith("SYNTHETIC")
    assert output.population.synthetic
    # Nobody said what it is for: the two marks are not written in one sentence.
    assert output.use.intended.startswith("SYNTHETIC, for trying the program only")
    assert UNKNOWN not in output.use.intended


@pytest.mark.slow
def test_the_entry_is_compared_with_the_nulls_beside_it(toys: Lab, result: Path) -> None:
    settings = BundleSettings(IntendedUse(quality=LIMITS), level=0.8)
    manifest, _ = toys.make(result, settings)
    assert manifest.performance.above_null is None
    assert "Not compared with null entries" in report_text.above_null(manifest)
    null = toys.result(model="null-duration", head="linear-probe")
    try:
        manifest, _ = toys.make(result, settings)
        entry, other = files.read(result), files.read(null)
    finally:
        null.unlink()
    above = manifest.performance.above_null
    assert above is not None
    assert above.null == "null-duration"
    difference = entry.score(entry.ranking).value - other.score(entry.ranking).value
    assert above.difference == pytest.approx(difference)
    assert above.low <= above.difference <= above.high
    assert above.shown == (above.p <= 0.05)
    assert "null-duration" in report_text.above_null(manifest)


def test_a_result_outside_a_folder_of_results_has_nothing_beside_it(
    toys: Lab, result: Path, tmp_path: Path
) -> None:
    manifest, _ = toys.make(_changed(result, tmp_path))
    assert manifest.performance.above_null is None


def test_the_same_result_gives_the_same_members(toys: Lab, result: Path) -> None:
    item, other = toys.make(result), toys.make(result)
    assert item[1] == other[1]
    origin = item[0].origin
    assert item[0] == other[0].model_copy(update={"origin": origin})


@pytest.mark.slow
def test_frames_are_encoded_no_longer_than_validated(toys: Lab) -> None:
    file = toys.result(head="mlp", pool="frames", epochs=2, hidden=4)
    output, _ = toys.make(file, BundleSettings(IntendedUse(), level=0.8))
    assert output.limits.longest.refuse == 60.0
    assert len(output.head.members) == 1


def _changed(result: Path, tmp_path: Path, **changes: object) -> Path:
    """A copy of a result that says something else."""
    document = json.loads(result.read_text())
    for key, value in changes.items():
        place = document
        *outer, last = key.split("__")
        for name in outer:
            place = place[name]
        place[last] = value
    copy = tmp_path / "changed.json"
    copy.write_text(json.dumps(document))
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
    complete = Bundle.open(target)
    assert complete.sha256 in shown
    assert "Research software, not a medical device" in shown
    assert "not compared with null entries" in shown
    assert complete.manifest.title == "Tones"
    assert complete.manifest.limits.speech.refuse is None
    assert main([*asked[:3], str(tmp_path / "tones.zip"), *asked[4:]]) == 2
    assert "ends in .plb" in capsys.readouterr().err
    use.write_text('titel = "Tones"\n')
    assert main([*asked, "--intended-use", str(use)]) == 3
    assert "unknown key 'titel'" in capsys.readouterr().err
