from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.records.result import Result
from paralbench.synthetic.corpus import write_wav
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import speak, speaker

_CORPUS = """
id = "mini"
title = "A corpus made for a test"
licence = "none"
access = "open"
obtain = "Made by the test."
citation = "None."
[[errata]]
id = "silent-file"
says = "The file holds no voice and is left out."
subjects = ["x"]
certainty = "found"
source = "the test"
"""
_TASK = """
id = "mini"
version = 1
corpus = "mini"
title = "Two moods"
about = "Made for a test."
term = "short"
{counts}
target = {{ kind = "class", label = "mood", classes = ["ang", "sad"] }}
metrics = {{ ranking = "uar", report = ["uar"] }}
[protocol]
kind = "leave-one-group-out"
by = "speaker"
never_cross = ["speaker"]
cluster = "speaker"
"""
_ADAPTER = """
from paralbench.records.example import Clip, Example, Refusal

def read(root):
    for file in sorted(root.glob("*.wav")):
        speaker, mood = file.stem.split("_")
        yield Example(file.stem, (Clip(file),), {"mood": mood}, {"speaker": speaker})
    yield Refusal("x", "The file holds no voice and is left out.", erratum="ERRATUM")
"""


def _run(place: Path, erratum: str, speakers: str = "abcde") -> Result:
    folder = place / "catalog/tasks/mini"
    folder.mkdir(parents=True)
    (folder / "corpus.toml").write_text(_CORPUS)
    each = len(speakers)
    counts = f"examples = {2 * each}\ncounts = {{ ang = {each}, sad = {each} }}"
    (folder / "task.toml").write_text(_TASK.format(counts=counts))
    (folder / "adapter.py").write_text(_ADAPTER.replace("ERRATUM", erratum))
    rng = np.random.default_rng(0)
    for name in speakers:
        person = speaker(rng, "female")
        for mood in ("ang", "sad"):
            signal = speak(person, delivery(mood, rng), 0.4, rng)
            write_wav(place / "data" / f"{name}_{mood}.wav", signal)
    request = Request(["mini"], ["log-mel"], ["linear-probe"], {"": place / "data"}, seeds=(0,))
    catalog = Catalog([place / "catalog"])
    benchmark = Benchmark(catalog, request, place / "cache", place / "results")
    (done,) = benchmark.run(lambda words: None, quiet=True)
    assert isinstance(done, Done), done
    return done.result


@pytest.mark.parametrize(
    ("erratum", "standing", "listed", "errata"),
    [("silent-file", "ranked", 10, ["silent-file"]), ("", "incomplete", 11, [])],
)
def test_only_a_refusal_that_no_erratum_foretold_makes_a_result_incomplete(
    tmp_path: Path, erratum: str, standing: str, listed: int, errata: list[str]
) -> None:
    result = _run(tmp_path, erratum)
    assert (result.standing, result.data.listed) == (standing, listed)
    assert result.data.errata == errata
    assert len(result.data.refused) == 1


def test_too_few_speakers_are_not_ranked(tmp_path: Path) -> None:
    """An interval over four speakers promises more than it holds."""
    result = _run(tmp_path, "silent-file", "abcd")
    assert result.standing == "unverified"
    assert "4 test speakers are too few" in result.standing_reason
