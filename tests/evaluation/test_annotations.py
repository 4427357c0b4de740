"""Nulls that read annotations: what they know, what they must not know, and which key they move."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.annotations import NothingToReadError, annotated, digest, terms_of
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from paralbench.heads.head import PooledStream
from paralbench.records.example import Example
from tests.evaluation.cases import selected

METADATA, WORDS = Catalog().model("null-metadata").card, Catalog().model("null-words").card
PROTOCOL = {
    "kind": "group-folds", "by": "speaker", "folds": 2, "never_cross": ["speaker"],
    "cluster": "speaker",
}  # fmt: skip


def _examples(**attributes: str) -> list[Example]:
    return [
        Example(
            id=str(number), clips=(), labels={"target": "ab"[number % 2]},
            groups={"speaker": str(number), "text": f"word {number % 3}"}, attributes=attributes,
        )
        for number in range(8)
    ]  # fmt: skip


def test_metadata_are_the_known_subgroups() -> None:
    selection = selected(_examples(sex="f", age="31", site="n/a", hat="blue"), PROTOCOL)
    assert terms_of(METADATA, selection)[0] == ["sex=female", "age=30-44"]


def test_the_label_is_never_metadata() -> None:
    examples = _examples(sex="f", age="31")
    selection = selected(examples, PROTOCOL)
    target = selection.task.target.model_copy(update={"label": "sex"})
    task = selection.task.model_copy(update={"target": target})
    assert terms_of(METADATA, replace(selection, task=task))[0] == ["age=30-44"]


def test_words_are_n_grams_of_the_transcript_or_the_text() -> None:
    by_text = terms_of(WORDS, selected(_examples(), PROTOCOL))
    assert {" w", "wor", "0 "} <= set(by_text[0])
    transcribed = terms_of(WORDS, selected(_examples(transcript="Ja"), PROTOCOL))
    assert set(transcribed[0]) == {" ", "j", "a", " j", "ja", "a ", " ja", "ja ", " ja "}


def test_equal_texts_have_equal_features_and_others_do_not() -> None:
    selection = selected(_examples(), PROTOCOL)
    zeros = PooledStream("null-words", np.zeros((8, 1, 2, WORDS.width), np.float32))
    stream = annotated(WORDS, zeros, selection)
    assert isinstance(stream, PooledStream)
    values = stream.values[:, 0, 0]
    assert np.array_equal(values[0], values[3])
    assert values[0] @ values[1] < 0.99
    assert np.allclose(np.linalg.norm(values, axis=1), 1)


def test_the_digest_follows_what_is_read() -> None:
    first, other = (selected(_examples(sex=sex), PROTOCOL) for sex in ("f", "m"))
    assert digest([METADATA], first) != digest([METADATA], other)
    assert digest([WORDS], first) == digest([WORDS], other)
    assert digest([Catalog().model("log-mel").card], first) == ""


def test_nothing_to_read_is_said() -> None:
    with pytest.raises(NothingToReadError, match="ages, sexes, languages or sites"):
        terms_of(METADATA, selected(_examples(), PROTOCOL))


@pytest.mark.slow
def test_nulls_run_beside_a_task_and_pass_over_what_is_missing(
    made: Callable[[str], Path], tmp_path: Path
) -> None:
    catalog = Catalog()
    nulls = [name for name, model in catalog.models.items() if model.card.null]
    data = {name: made(name) for name in ("game-voices", "simusoe")}
    request = Request(
        ["game-voices-affect", "simusoe-screening"],
        [],
        [],
        data,
        nulls=nulls,
        nulls_everywhere=True,
    )
    remarks: list[str] = []
    outcomes = list(
        Benchmark(catalog, request, tmp_path / "cache", tmp_path / "results").run(
            remarks.append, quiet=True
        )
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    scored = {
        (done.result.task, done.result.model.id) for done in outcomes if isinstance(done, Done)
    }
    assert {("game-voices-affect", null) for null in nulls} <= scored
    assert ("simusoe-screening", "null-words") not in scored
    assert any("null-words" in remark and "passed over" in remark for remark in remarks)
    words = next(
        done.result for done in outcomes
        if isinstance(done, Done) and (done.result.model.id, done.result.task)
        == ("null-words", "game-voices-affect")
    )  # fmt: skip
    assert words.scores[0].value > 0.95  # the event is the label
    assert words.standing == "null"
