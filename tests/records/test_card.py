"""Cards: what they may not hold is refused, with the file and the key named."""

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard
from paralbench.records.task_card import TaskCard

CORPUS = """
id = "lab"
title = "A lab"
licence = "own"
access = "own"
obtain = "Record it."
citation = "None."
"""
ERRATUM = """
[[errata]]
id = "a"
says = "Something."
certainty = "found"
source = "Seen."
"""
MODEL = """
id = "ear"
title = "An ear"
backend = "log-mel"
rate = 16000
layers = 1
width = 80
parameters = 0
licence = "MIT"
citation = "None."
"""
TASK = """
id = "lab-mood"
version = 1
corpus = "lab"
title = "Mood"
about = "Mood."
term = "short"
[target]
kind = "class"
label = "mood"
classes = ["low", "high"]
[protocol]
kind = "group-folds"
by = "speaker"
folds = 5
never_cross = ["speaker"]
cluster = "speaker"
[metrics]
ranking = "uar"
report = ["uar"]
"""


def refused(tmp_path: Path, kind: type[CorpusCard | ModelCard | TaskCard], text: str) -> str:
    file = tmp_path / "card.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CardError) as error:
        kind.from_toml(file)
    assert str(file) in str(error.value)
    return str(error.value)


def test_the_cards_used_here_are_valid(tmp_path: Path) -> None:
    for kind, text in ((CorpusCard, CORPUS + ERRATUM), (ModelCard, MODEL), (TaskCard, TASK)):
        file = tmp_path / "card.toml"
        file.write_text(text, encoding="utf-8")
        assert kind.from_toml(file)


def test_unknown_key(tmp_path: Path) -> None:
    assert "unknown key 'licens'" in refused(tmp_path, CorpusCard, CORPUS + 'licens = "MIT"')


def test_unknown_key_below_a_table(tmp_path: Path) -> None:
    text = refused(tmp_path, CorpusCard, CORPUS + '[layout]\nmarker = ["x"]')
    assert "unknown key 'layout.marker'" in text


@pytest.mark.parametrize(("kind", "text"), [(CorpusCard, CORPUS), (ModelCard, MODEL)])
def test_missing_licence(tmp_path: Path, kind: type[CorpusCard | ModelCard], text: str) -> None:
    stored = "\n".join(line for line in text.splitlines() if not line.startswith("licence"))
    assert "the key 'licence' is missing" in refused(tmp_path, kind, stored)


@pytest.mark.parametrize("licence", ["", "   "])
def test_empty_licence(tmp_path: Path, licence: str) -> None:
    text = refused(tmp_path, CorpusCard, CORPUS.replace('"own"', f'"{licence}"', 1))
    assert "key 'licence'" in text


@pytest.mark.parametrize(
    ("kind", "text", "old", "new", "key"),
    [
        (ModelCard, MODEL, "rate = 16000", "rate = 0", "rate"),
        (ModelCard, MODEL, "layers = 1", "layers = 0", "layers"),
        (ModelCard, MODEL, "layers = 1", "layers = 1.5", "layers"),
        (ModelCard, MODEL, 'id = "ear"', 'id = "../ear"', "id"),
        (ModelCard, MODEL, "parameters = 0", "parameters = 7", "a model with parameters"),
        (ModelCard, MODEL, "parameters = 0", "parameters = 0\nframe_rate = inf", "frame_rate"),
        (CorpusCard, CORPUS, 'access = "own"', 'access = "free"', "access"),
        (TaskCard, TASK, "folds = 5", "folds = 1", "protocol.group-folds.folds"),
        (TaskCard, TASK, '["low", "high"]', '["low"]', "target.class"),
        (TaskCard, TASK, '["low", "high"]', '["low", "low"]', "target.class"),
        (TaskCard, TASK, 'ranking = "uar"', 'ranking = "wa"', "metrics"),
        (TaskCard, TASK, 'corpus = "lab"', 'corpus = "den"', "the id must be 'den'"),
        (TaskCard, TASK, 'kind = "group-folds"', 'kind = "random"', "protocol"),
    ],
)
def test_impossible_value(
    tmp_path: Path,
    kind: type[CorpusCard | ModelCard | TaskCard],
    text: str,
    old: str,
    new: str,
    key: str,
) -> None:
    assert old in text
    assert key in refused(tmp_path, kind, text.replace(old, new))


def test_bad_toml(tmp_path: Path) -> None:
    assert "not valid TOML" in refused(tmp_path, CorpusCard, "id = ")


def test_not_text(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CardError, match="cannot be read"):
        CorpusCard.from_toml(tmp_path / "card.toml")


def test_doubled_erratum(tmp_path: Path) -> None:
    assert "two errata" in refused(tmp_path, CorpusCard, CORPUS + ERRATUM + ERRATUM)


def test_shipped_cards_load() -> None:
    catalog = Catalog()
    assert {"iemocap", "voice-prompts", "manifest"} <= catalog.corpora.keys()
    assert {"iemocap-emotion", "voice-prompts-language", "manifest"} <= catalog.tasks.keys()
    assert {"whisper-tiny.en", "egemaps", "log-mel"} <= catalog.models.keys()


def test_a_card_is_read_anew_where_its_file_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "corpus.toml"
    file.write_text(CORPUS)
    card = CorpusCard.from_toml(file)
    assert CorpusCard.from_toml(file) is card
    file.write_text(CORPUS.replace("A lab", "Another lab"))
    assert CorpusCard.from_toml(file).title == "Another lab"
    file.write_text("id = 1")
    for _ in range(2):
        with pytest.raises(CardError, match=f"{file}: key 'id'"):
            CorpusCard.from_toml(file)
