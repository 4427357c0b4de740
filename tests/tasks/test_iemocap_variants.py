from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select

_LINES = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[1.0000 - 2.0000]\tSes01F_impro01_F000\txxx\t[1.5000, 4.0000, 4.5000]
A-E3:\tval 2; act 4; dom  4;\t()
A-E4:\tval 1; act 4; dom  5;\t()
A-F1:\tval 5; act 1; dom  ;\t()

[2.0000 - 3.0000]\tSes01F_impro01_M000\tang\t[2.0000, 3.0000, 5.0000]
"""


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("iemocap"), root)


@pytest.fixture(scope="module")
def synthetic(made: Callable[[str], Path]) -> Reading:
    return _read(made("iemocap"))


@pytest.mark.parametrize(
    ("dimension", "values"),
    [("valence", [1.5, 2.0]), ("arousal", [4.0, 3.0]), ("dominance", [4.5, 5.0])],
)
def test_a_dimension_is_the_raters_mean_on_every_utterance(
    tmp_path: Path, dimension: str, values: list[float]
) -> None:
    file = tmp_path / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.parent.mkdir(parents=True)
    file.write_text(_LINES, encoding="utf-8")
    chosen = select(Catalog().task(f"iemocap-{dimension}"), _read(tmp_path).examples)
    assert chosen.targets.tolist() == values


@pytest.mark.slow
def test_ten_folds_hold_out_the_one_who_speaks(synthetic: Reading) -> None:
    chosen = select(Catalog().task("iemocap-emotion-10fold"), synthetic.examples)
    folds = splits(chosen, seeds=(0,))
    audit(chosen, folds)
    assert len(folds) == 10
    for split in folds:
        tested = {chosen.examples[row].groups["speaker"] for row in split.test}
        developed = {chosen.examples[row].groups["speaker"] for row in split.develop}
        assert len(tested) == len(developed) == 1
        assert {name[:5] for name in tested} == {name[:5] for name in developed}
        assert tested != developed
        # The same utterances as by the last field of the name, not by the dialog's letter.
        letters = {chosen.examples[row].id.rsplit("_", 1)[1][0] for row in split.test}
        assert letters == {next(iter(tested))[-1]}
    everyone = np.sort(np.concatenate([split.test for split in folds]))
    assert everyone.tolist() == list(range(len(chosen.examples)))


def test_the_four_tasks_declare_what_was_distributed() -> None:
    tasks = Catalog().tasks
    counts = {name: task.examples for name, task in tasks.items() if task.corpus == "iemocap"}
    assert counts["iemocap-emotion-10fold"] == 5531
    assert {counts[f"iemocap-{name}"] for name in ("valence", "arousal", "dominance")} == {10039}
