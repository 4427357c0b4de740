"""What every card refuses, each time with the file and the key named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from paralbench.records.card import Card
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard
from paralbench.records.task_card import TaskCard

CORPUS = """
id = "mine"
title = "Mine"
licence = "our own"
access = "own"
obtain = "Ask."
citation = "None."

[[facts]]
value = 3
certainty = "found"
source = "counted"

[[errata]]
id = "swapped"
says = "Two files are swapped."
certainty = "inferred"
source = "listening"
"""
TASK = """
id = "mine-mood"
version = 1
corpus = "mine"
title = "Mood"
about = "Good or bad."
term = "short"
examples = 3

[target]
kind = "class"
label = "mood"
classes = ["good", "bad"]

[protocol]
kind = "group-folds"
by = "speaker"
folds = 3
never_cross = ["speaker"]
cluster = "speaker"
development = { by = "speaker", share = 0.2 }

[metrics]
ranking = "uar"
report = ["uar"]
"""
MODEL = """
id = "mine"
title = "Mine"
backend = "log-mel"
rate = 16000
layers = 1
width = 80
parameters = 0
licence = "MIT"
citation = "None."
"""
WHOLE: dict[type[Card], str] = {CorpusCard: CORPUS, TaskCard: TASK, ModelCard: MODEL}
CLASSES = 'kind = "class"\nlabel = "mood"\nclasses = ["good", "bad"]'
NUMBER = 'kind = "number"\nlabel = "mood"\n'
SECOND_ERRATUM = CORPUS.partition("[[errata]]")[2]


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_a_whole_card_is_read(tmp_path: Path, kind: type[Card]) -> None:
    file = tmp_path / "card.toml"
    file.write_text(WHOLE[kind], encoding="utf-8")
    card = kind.from_toml(file)
    assert card.model_dump(exclude_none=True)["title"] in {"Mine", "Mood"}
    (tmp_path / "card.json").write_text(card.model_dump_json(), encoding="utf-8")
    assert kind.from_json(tmp_path / "card.json") == card


@pytest.mark.parametrize(
    ("kind", "before", "after", "key"),
    [
        (CorpusCard, 'title = "Mine"', 'title = "Mine"\nlicense = "MIT"', "unknown key 'license'"),
        (CorpusCard, 'source = "counted"', 'source = "counted"\nby = "x"', "facts.0"),
        (CorpusCard, 'licence = "our own"\n', "", "key 'licence' is missing"),
        (CorpusCard, '"our own"', '"  "', "'licence'"),
        (CorpusCard, '"own"\nob', '"free"\nob', "'access'"),
        (CorpusCard, 'id = "mine"', 'id = "My Corpus"', "'id'"),
        (CorpusCard, "value = 3", "value = -3", "'facts.0.value'"),
        (CorpusCard, "value = 3", 'by = "sex"\nvalues = { f = -1 }', "'facts.0.values.f'"),
        (CorpusCard, "value = 3", 'by = "sex"', "give either 'value'"),
        (CorpusCard, '"found"', '"sure"', "'facts.0.certainty'"),
        (CorpusCard, CORPUS, f"{CORPUS}\n[[errata]]{SECOND_ERRATUM}", "'errata'.*: swapped"),
        (TaskCard, 'title = "Mood"', 'titel = "Mood"', "unknown key 'titel'"),
        (TaskCard, "version = 1", "version = 0", "'version'"),
        (TaskCard, "examples = 3", "examples = 0", "'examples'"),
        (TaskCard, "folds = 3", "folds = 1", r"'protocol\.group-folds\.folds'"),
        (TaskCard, '["speaker"]', "[]", "never_cross'"),
        (TaskCard, "share = 0.2", "share = 1.5", "share'"),
        (TaskCard, "share = 0.2", "share = nan", "share'"),
        (TaskCard, "share = 0.2", "share = 0.2, count = 1", "either 'share' or 'count'"),
        (TaskCard, '"group-folds"', '"random"', "'protocol'.*random"),
        (TaskCard, '["good", "bad"]', '["good", "good"]', "a class is listed twice"),
        (TaskCard, '["good", "bad"]', '["good"]', "two classes or more"),
        (TaskCard, '["good", "bad"]', '["good", "bad"]\nmerge = { ok = "fine" }', "merge.*fine"),
        (TaskCard, '["good", "bad"]', '["good", "bad"]\ncuts = [2, 1]', "'cuts'"),
        (TaskCard, 'ranking = "uar"', 'ranking = "wa"', "'metrics'.*ranking"),
        (TaskCard, 'id = "mine-mood"', 'id = "mood"', "begin with 'mine-'"),
        (TaskCard, CLASSES, f"{NUMBER}minimum = 5\nmaximum = 5", "'target.number'.*'minimum'"),
        (TaskCard, 'kind = "class"', 'kind = "number"', "unknown key 'target.number.classes'"),
        (ModelCard, "width = 80", "width = 80\nwidht = 80", "unknown key 'widht'"),
        (ModelCard, 'licence = "MIT"\n', "", "key 'licence' is missing"),
        (ModelCard, "rate = 16000", "rate = 16", "'rate'"),
        (ModelCard, "layers = 1", "layers = 0", "'layers'"),
        (ModelCard, "layers = 1", "layers = 1.5", "'layers'"),
        (ModelCard, "parameters = 0", "parameters = 7", "where its weights come from"),
        (ModelCard, MODEL, f"{MODEL}[policy]\nwindow = inf\n", "'policy.window'"),
        (ModelCard, MODEL, f'{MODEL}[[weights]]\nkind = "pickle"\n', r"'weights\.0'.*pickle"),
    ],
)
def test_a_card_is_refused_with_file_and_key(
    tmp_path: Path, kind: type[Card], before: str, after: str, key: str
) -> None:
    assert WHOLE[kind].count(before) == 1, "the fault must be planted once"
    file = tmp_path / "faulty.toml"
    file.write_text(WHOLE[kind].replace(before, after), encoding="utf-8")
    with pytest.raises(CardError, match=rf"{re.escape(str(file))}: .*{key}") as caught:
        kind.from_toml(file)
    assert "Value error" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_the_first_five_problems_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    file.write_text("".join(f"wrong{number} = 1\n" for number in range(4)), encoding="utf-8")
    with pytest.raises(CardError, match=r"'title' is missing.*And 5 more\."):
        CorpusCard.from_toml(file)  # 6 missing and 4 unknown


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"id = mine", "not valid TOML.*line 1"), (b"\xff\xfe", "cannot be read"), (None, "cannot")],
)
def test_what_is_no_toml_is_refused_by_file(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "card.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CardError, match=rf"{re.escape(str(file))}: .*{why}"):
        CorpusCard.from_toml(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{", "not valid JSON"), (b"[" * 100_000, "not valid JSON"), (b"[1]", "table"), (b"\xff", "read")],
)  # fmt: skip
def test_what_is_no_json_is_refused_by_file(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(content)
    with pytest.raises(CardError, match=rf"{re.escape(str(file))}: .*{why}"):
        CorpusCard.from_json(file)


def test_a_card_cannot_be_changed() -> None:
    card = CorpusCard.checked({"id": "a", "title": "A", "licence": "MIT", "access": "own",
                               "obtain": "Ask.", "citation": "None."}, "here")  # fmt: skip
    with pytest.raises(ValueError, match="frozen"):
        card.title = "B"
