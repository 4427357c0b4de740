"""A good submission is valid; every bad one is refused with a sentence that names what is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from paralbench import heads
from paralbench.catalog import Catalog
from paralbench.submission.packing import pack
from paralbench.submission.validation import validate
from tests.evaluation import toy
from tests.submission import spoiling
from tests.submission.bad_archives import ARCHIVES
from tests.submission.bad_submissions import KINDS
from tests.submission.spoiling import Spoil, column, columns_changed


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> spoiling.Good:
    return spoiling.good(tmp_path_factory.mktemp("good"))


def _said(place: Path, good: spoiling.Good, against: Path | None = None) -> list[str]:
    return list(map(str, validate(place, good.catalog, against).problems))


def test_the_good_one_is_valid_packed_unpacked_and_as_results_alone(
    good: spoiling.Good, tmp_path: Path
) -> None:
    assert _said(good.archive, good) == []
    assert _said(spoiling.write(tmp_path, good.files), good) == []
    assert _said(good.results, good) == []
    assert _said(good.archive, good, good.results) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_submission_is_refused_by_name(
    kind: str, good: spoiling.Good, tmp_path: Path
) -> None:
    spoil, words = KINDS[kind]
    files = spoiling.copied(good.files)
    spoil(files)
    text = _said(spoiling.write(tmp_path, files), good)
    assert any(words in item for item in text), text
    assert all("\n" not in item and item.endswith(".") for item in text)


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_trick_of_the_archive_is_refused_and_nothing_is_unpacked(
    kind: str, good: spoiling.Good, tmp_path: Path
) -> None:
    add, words = ARCHIVES[kind]
    archive = tmp_path / "inner" / "bad.zip"
    archive.parent.mkdir()
    shutil.copy(good.archive, archive)
    with zipfile.ZipFile(archive, "a") as packed:
        add(packed)
    text = _said(archive, good)
    assert any(words in item for item in text), text
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["bad.zip"]


def test_a_link_in_a_folder_is_refused(good: spoiling.Good, tmp_path: Path) -> None:
    root = spoiling.write(tmp_path / "one", good.files)
    (root / "models" / "bands" / "notes.md").symlink_to("/etc/hostname")
    (root / "models" / "other").symlink_to(tmp_path)
    text = _said(root, good)
    assert sum("got a link" in item for item in text) == 2


def test_more_than_thirty_kinds() -> None:
    assert len(KINDS) + len(ARCHIVES) >= 30


def _other_head(good: spoiling.Files, name: str = "mlp", share: float = 0.01) -> spoiling.Files:
    """A second result of the same data, under another head and entry, a little less certain."""
    files = spoiling.copied(good)

    def less_certain(columns: dict[str, list[Any]]) -> None:
        for key in ("p:low", "p:high"):
            columns[key] = [(1 - share) * value + share / 2 for value in columns[key]]

    columns_changed(less_certain)(files)
    document = spoiling.json_of(files)
    entry = hashlib.sha256(name.encode()).hexdigest()
    document.update(head=name, entry=entry, calibration=None)
    spoiling.with_json(files, document)
    files[f"results/bands/toy-tone/{name}.json"] = files.pop(spoiling.RESULT)
    files[f"results/bands/toy-tone/{name}.parquet"] = files.pop(spoiling.TABLE)
    spoiling.list_files(files)
    return files


def _split(columns: dict[str, list[Any]]) -> None:
    """A speaker becomes two."""
    first = min(
        n for n, cluster in zip(columns["example"], columns["cluster"], strict=True) if not cluster
    )
    for row, name in enumerate(columns["example"]):
        if name == first:
            columns["cluster"][row] = 99


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (column("example", lambda name: name[::-1]), "ids are not among those of"),
        (column("example", lambda name: name[::-1]), "are missing"),
        (
            column("truth", lambda name: {"low": "high", "high": "low"}[name]),
            "another truth than in",
        ),
        (column("fold", lambda fold: 3 - fold), "another fold than in"),
        (columns_changed(_split), "another cluster than in"),
    ],
)
def test_other_examples_truth_or_folds_than_the_boards_are_refused(
    spoil: Spoil, words: str, good: spoiling.Good, tmp_path: Path
) -> None:
    files = spoiling.copied(good.files)
    spoil(files)
    text = _said(spoiling.write(tmp_path, _other_head(files)), good, good.results)
    assert any(words in item for item in text), text


def test_other_data_than_the_boards_is_refused(good: spoiling.Good, tmp_path: Path) -> None:
    files = _other_head(good.files)
    document = json.loads(files["results/bands/toy-tone/mlp.json"])
    document["data"]["fingerprint"] = "f" * 64
    files["results/bands/toy-tone/mlp.json"] = json.dumps(document).encode()
    spoiling.list_files(files)
    (text,) = _said(spoiling.write(tmp_path, files), good, good.results)
    assert "data.fingerprint: is of other data than bands/toy-tone/sgd-probe.json" in text


def test_the_same_examples_under_another_head_are_valid(
    good: spoiling.Good, tmp_path: Path
) -> None:
    files = _other_head(good.files)
    assert _said(spoiling.write(tmp_path, files), good, good.results) == []


@pytest.mark.slow
def test_many_are_shared_among_processes(good: spoiling.Good, tmp_path: Path) -> None:
    files = spoiling.copied(good.files)
    drawing = [name for name in heads.names() if not heads.deterministic(name)]
    for number, name in enumerate(set(drawing[:9]) - {"sgd-probe"}, 1):
        files |= _other_head(good.files, name, number / 1000)
    broken = f"results/bands/toy-tone/{name}.json"
    document = json.loads(files[broken])
    document["scores"][0]["value"] = 0.1
    files[broken] = json.dumps(document).encode()
    spoiling.list_files(files)
    spoiling.write(tmp_path, files)
    report = validate(tmp_path, good.catalog, workers=2)
    assert report.results == number + 1
    assert {(problem.file, problem.field) for problem in report.problems} == {
        (broken.removeprefix("results/"), "scores.0.value")
    }
    assert validate(tmp_path, good.catalog, workers=1) == report


def test_own_data_are_checked_in_place_and_not_packed(tmp_path: Path) -> None:
    """Their standing is local, and the names of what was refused are hashes."""
    folder = toy.write_catalog(tmp_path / "catalog", access="own")
    data = toy.write_corpus(tmp_path / "data")
    rows = toy.usual_rows()
    toy.write_table(data, [*rows, {**rows[0], "path": "wav/jane.wav"}])
    toy.score(folder, data, tmp_path / "work", heads=["sgd-probe"])
    catalog, results = Catalog([folder]), tmp_path / "work" / "results"
    content = (results / "bands/toy-tone/sgd-probe.json").read_text()
    assert json.loads(content)["standing"] == "local"
    assert "jane" not in content
    assert validate(results, catalog).problems == ()
    report = pack("bands", results, catalog, tmp_path / "bands.zip")
    assert [problem.field for problem in report.problems] == ["standing"]
    assert not (tmp_path / "bands.zip").exists()
