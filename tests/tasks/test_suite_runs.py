"""From synth to a Result, for ParaLBench's corpora beyond the ones it is named for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.evaluation.benchmark import Done

CATALOG = Catalog()
# What is refused in each synthetic corpus, errata included.
REFUSED = {
    "accentdb": 0, "cmu-mosei": 8, "emovo": 0, "esd": 0, "flusense": 0, "kespeech": 1, "m3ed": 2,
    "meld": 0, "msp-podcast": 0, "mustard": 0, "savee": 0, "sep28k": 8, "tess": 0, "vivae": 0,
    "voxceleb": 0,
}  # fmt: skip
# Where the signal is weak and the folds are small, a single seed may stand at chance.
WEAK = {"msp-podcast-valence", "accentdb-accent", "cmu-mosei-polarity"}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_every_task_runs_from_synth_to_a_result(
    scored: Callable[[str], list[Done]], name: str
) -> None:
    for item in scored(name):
        score = item.result.score(item.result.ranking)
        chance = 1 / len(item.result.classes) if item.result.classes else 0.0
        if item.result.ranking == "f1":  # of a coin as biased as the classes: the share of the last
            counts = item.result.data.classes
            chance = counts[item.result.classes[-1]] / sum(counts.values())
        if item.result.ranking == "cross-entropy":  # less is better; of equal probabilities
            assert score.value < np.log(len(item.result.classes)), item.result.task
        else:
            assert score.value > chance or item.result.task in WEAK, item.result.task
        assert len(item.refused) == REFUSED[name]
        compared = CATALOG.task(item.result.task).protocol.comparison
        assert item.result.standing == ("comparison" if compared else "synthetic")
        assert bool(compared) == any(leak.trained for leak in item.result.audit.leaks.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_a_root_one_level_too_high_is_found_by_its_layout(
    made: Callable[[str], Path], name: str
) -> None:
    corpus, root = CATALOG.corpus(name), made(name)
    assert locate(corpus.card, {name: root.parent}) == root
    assert any(next(root.glob(pattern), None) for pattern in corpus.card.layout.audio)
    assert all(refusal.erratum for refusal in read(corpus, root).refused)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["voxceleb", "sep28k"])
def test_a_seed_makes_the_same_bytes_and_another_seed_others(
    made: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    CATALOG.corpus(name).synthesize(tmp_path / "same", 0)
    CATALOG.corpus(name).synthesize(tmp_path / "other", 1)
    assert digest(tmp_path / "same") == digest(made(name)) != digest(tmp_path / "other")
