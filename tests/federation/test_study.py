"""A study in a folder: what is exchanged, and what nobody can forge, replay or ask too often."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from paralbench.federation.answering import answer
from paralbench.federation.exact_head import fit
from paralbench.federation.messages import COUNTS
from paralbench.federation.study import Study, WaitingError, encoded
from paralbench.heads.linear_probe import Settings
from paralbench.records.errors import ParalbenchError
from paralbench.system import signing
from tests.federation.sites import asking, keys, plan, sites_of
from tests.heads.speakers import speakers

NAMES = ("berlin", "leeds", "turin")


@pytest.fixture
def private(tmp_path: Path) -> dict[str, Path]:
    return keys(tmp_path, "coordinator", *NAMES)


@pytest.fixture
def study(tmp_path: Path, private: dict[str, Path]) -> Study:
    return Study.create(tmp_path / "study", plan(private), private["coordinator"])


def _counted(study: Study, private: dict[str, Path]) -> None:
    """The first round, answered by all."""
    features, problem = speakers()
    sites = sites_of(features, problem, 1, Settings())
    with pytest.raises(WaitingError, match="waits for berlin, leeds, turin"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})
    for name, site in zip(NAMES, sites, strict=True):
        assert answer(study, name, site, private[name], None) == 1


def test_files_give_the_head_that_memory_gives(study: Study, private: dict[str, Path]) -> None:
    features, problem = speakers()
    settings = Settings(layers="last")
    sites = sites_of(features, problem, 1, settings)
    expected = fit(asking(sites), problem.classes, settings)
    with ThreadPoolExecutor(3) as pool:
        at_work = [
            pool.submit(answer, study, name, site, private[name], 60)
            for name, site in zip(NAMES, sites, strict=True)
        ]
        ask = study.asking(private["coordinator"], 60)
        head = fit(ask, problem.classes, settings)
        study.write_head({"weights": head.weights}, private["coordinator"])
        counts = {each.result() for each in at_work}
    assert np.array_equal(head.weights, expected.weights)
    assert np.array_equal(study.read_head()["weights"], head.weights)
    # All of it once more, from the files alone.
    again = fit(study.asking(private["coordinator"], None), problem.classes, settings)
    assert np.array_equal(again.weights, head.weights)
    assert counts == {len(list(study.folder.glob("*/request.safetensors")))}


def test_a_plan_that_was_changed_is_refused(study: Study, private: dict[str, Path]) -> None:
    file = study.folder / "plan.json"
    file.write_text(file.read_text().replace('"bunch": 3', '"bunch": 1'))
    with pytest.raises(ParalbenchError, match="signature of something else"):
        Study.open(study.folder)


def test_a_plan_of_another_coordinator_is_refused(study: Study, private: dict[str, Path]) -> None:
    Study.open(study.folder, private["coordinator"].with_suffix(".pub.pem"))
    with pytest.raises(ParalbenchError, match="which is not that of"):
        Study.open(study.folder, private["leeds"].with_suffix(".pub.pem"))


def test_a_folder_with_files_is_refused(study: Study, private: dict[str, Path]) -> None:
    with pytest.raises(ParalbenchError, match="new or empty folder"):
        Study.create(study.folder, study.plan, private["coordinator"])


def test_a_changed_answer_is_refused(study: Study, private: dict[str, Path]) -> None:
    _counted(study, private)
    file = study.answer_file(1, "leeds")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ParalbenchError, match="signature of something else"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})


def test_an_answer_of_another_site_is_refused(study: Study, private: dict[str, Path]) -> None:
    """Signed correctly, with a key that the plan names for somebody else."""
    _counted(study, private)
    arrays, digest = study.read_request(1)
    study.write_answer(1, "leeds", {"sums": arrays[COUNTS]}, digest, private["turin"])
    with pytest.raises(ParalbenchError, match="not signed with the key that the plan names"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})


def test_an_answer_cannot_be_replayed(study: Study, private: dict[str, Path]) -> None:
    _counted(study, private)
    ask = study.asking(private["coordinator"], None)
    ask({COUNTS: np.ones(1)})
    with pytest.raises(WaitingError):
        ask({"other": np.ones(1)})
    for suffix in ("", signing.SUFFIX):
        old, new = study.answer_file(1, "leeds"), study.answer_file(2, "leeds")
        shutil.copy(f"{old}{suffix}", f"{new}{suffix}")
        for name in ("berlin", "turin"):
            shutil.copy(
                f"{study.answer_file(1, name)}{suffix}", f"{study.answer_file(2, name)}{suffix}"
            )
    ask = study.asking(private["coordinator"], None)
    ask({COUNTS: np.ones(1)})
    with pytest.raises(ParalbenchError, match="signature of something else"):
        ask({"other": np.ones(1)})


def test_a_request_of_somebody_else_is_not_answered(study: Study, private: dict[str, Path]) -> None:
    file = study.request_file(1)
    file.parent.mkdir()
    file.write_bytes(encoded({COUNTS: np.ones(1)}))
    signing.sign(file, study.purpose("request 1"), _sha256(file), private["turin"])
    (site, *_) = sites_of(*speakers(), 1, Settings())
    with pytest.raises(ParalbenchError, match="not signed with the key that the plan names"):
        answer(study, "berlin", site, private["berlin"], None)


def test_more_rounds_than_planned_are_not_answered(
    tmp_path: Path, private: dict[str, Path]
) -> None:
    study = Study.create(tmp_path / "short", plan(private, rounds=1), private["coordinator"])
    _counted(study, private)
    ask = study.asking(private["coordinator"], None)
    ask({COUNTS: np.ones(1)})
    with pytest.raises(ParalbenchError, match="more than the 1 rounds"):
        ask({COUNTS: np.ones(1)})
    file = study.request_file(2)
    file.parent.mkdir()
    file.write_bytes(encoded({COUNTS: np.ones(1)}))
    signing.sign(file, study.purpose("request 2"), _sha256(file), private["coordinator"])
    (site, *_) = sites_of(*speakers(), 1, Settings())
    with pytest.raises(ParalbenchError, match="are not answered"):
        answer(study, "berlin", site, private["berlin"], None)


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 64])
def test_an_answer_that_is_no_file_of_arrays_is_refused(
    study: Study, private: dict[str, Path], content: bytes
) -> None:
    _counted(study, private)
    _, digest = study.read_request(1)
    file = study.answer_file(1, "turin")
    file.write_bytes(content)
    purpose = study.purpose(f"answer 1 of turin to {digest}")
    signing.sign(file, purpose, _sha256(file), private["turin"])
    with pytest.raises(ParalbenchError, match="not a safetensors file"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused(
    study: Study, private: dict[str, Path], value: float
) -> None:
    _counted(study, private)
    _, digest = study.read_request(1)
    study.write_answer(1, "turin", {"sums": np.array([value])}, digest, private["turin"])
    with pytest.raises(ParalbenchError, match="finite float64"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})


def test_answers_of_different_shapes_are_refused(study: Study, private: dict[str, Path]) -> None:
    _counted(study, private)
    _, digest = study.read_request(1)
    study.write_answer(1, "turin", {"sums": np.zeros(3)}, digest, private["turin"])
    with pytest.raises(ParalbenchError, match="the answer of turin has other arrays"):
        study.asking(private["coordinator"], None)({COUNTS: np.ones(1)})


def test_a_head_that_is_not_trained_is_not_read(study: Study) -> None:
    with pytest.raises(WaitingError, match="not trained yet"):
        study.read_head()


def _sha256(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()
