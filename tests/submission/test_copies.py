"""Copies of other entries and models are refused; what is replaced is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.records.model_card import ModelCard
from paralbench.submission.copies import impostors, shape
from paralbench.submission.validation import Report, validate
from tests.submission import spoiling
from tests.submission.spoiling import setting


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> spoiling.Good:
    return spoiling.good(tmp_path_factory.mktemp("good"))


def _validated(good: spoiling.Good, files: spoiling.Files, folder: Path) -> Report:
    return validate(spoiling.write(folder, files), good.catalog, good.results)


def test_outputs_of_another_entry_are_refused(good: spoiling.Good, tmp_path: Path) -> None:
    files = spoiling.copied(good.files)
    setting("head", "mlp")(files)
    setting("entry", "ab" * 32)(files)
    for end in ("json", "parquet"):
        files[f"results/bands/toy-tone/mlp.{end}"] = files.pop(
            f"results/bands/toy-tone/sgd-probe.{end}"
        )
    spoiling.list_files(files)
    (problem,) = _validated(good, files, tmp_path).problems
    assert "has the outputs of bands/toy-tone/sgd-probe.json under a seed" in str(problem)


def test_the_same_result_again_replaces_nothing(good: spoiling.Good, tmp_path: Path) -> None:
    report = _validated(good, good.files, tmp_path)
    assert (report.problems, report.notes) == ((), ())


def test_a_replacement_is_listed_and_compared(good: spoiling.Good, tmp_path: Path) -> None:
    files = spoiling.copied(good.files)
    setting("entry", "cd" * 32)(files)
    report = _validated(good, files, tmp_path)
    assert report.problems == ()
    (note,) = report.notes
    assert note.startswith("bands/toy-tone/sgd-probe.json: replaces uar 0.")
    assert note.count("2 seeds") == 2


def test_fewer_seeds_over_more_are_refused(good: spoiling.Good, tmp_path: Path) -> None:
    files = spoiling.copied(good.files)
    setting("entry", "cd" * 32)(files)
    spoiling.rows_kept(lambda row: row["seed"] == 0)(files)
    problems = [str(problem) for problem in _validated(good, files, tmp_path).problems]
    assert any("replaces a result of 2 seeds" in problem for problem in problems), problems


@pytest.mark.parametrize("name", ["wavlm-1arge", "wavlm_large", "wavlmlarge", "vvavlm-large"])
def test_an_id_that_looks_like_a_known_one_is_refused(name: str) -> None:
    catalog = Catalog()
    card = catalog.model("wavlm-large").card.model_copy(update={"id": name, "weights": []})
    (problem,) = impostors({name: card}, catalog)
    assert f"'{name}' looks like 'wavlm-large'" in problem.message


def test_known_weights_under_a_new_id_are_refused() -> None:
    catalog = Catalog()
    known = next(
        model.card for model in catalog.models.values()
        if any(getattr(source, "sha256", None) and getattr(source, "format", "") == "safetensors"
               for source in model.card.weights)
    )  # fmt: skip
    card: ModelCard = known.model_copy(update={"id": "completely-new"})
    (problem,) = impostors({"completely-new": card}, catalog)
    assert (problem.field, known.id in problem.message) == ("weights", True)


def test_the_catalogues_own_ids_differ_in_shape() -> None:
    names = list(Catalog().models)
    assert len({shape(name) for name in names}) == len(names)
