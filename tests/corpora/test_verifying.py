"""What verify finds: a corpus with three files missing, one unreadable, one doubled, and more."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog, Corpus
from paralbench.cli.main import main
from paralbench.corpora.facts import differences, release
from paralbench.corpora.reading import read
from paralbench.corpora.verifying import Verification, verify
from paralbench.records.corpus_card import SYNTHETIC_MARK, Fact
from paralbench.records.example import Example

CARD = """
id = "toy"
title = "Toy"
licence = "none"
access = "open"
obtain = "Make it."
citation = "none"

[layout]
markers = ["wav/*.wav"]
audio = ["wav/*.wav"]

[[facts]]
value = 12
certainty = "found"
source = "the paper"

[[facts]]
by = "target"
values = { calm = 6, loud = 6 }
certainty = "computed"
source = "counted"

[[facts]]
by = "speaker"
where = { target = ["calm"] }
values = { ann = 99 }
certainty = "unconfirmed"
source = "memory"

[[errata]]
id = "swapped"
says = "Two files are swapped."
certainty = "found"
source = "the paper"
"""
ADAPTER = """
from dataclasses import replace
from paralbench.corpora.manifest import read_manifest
from paralbench.records.example import Refusal

def read(root):
    for one in read_manifest(root):
        if one.id == "e01":
            one = replace(one, errata=("swapped",))
        yield one
"""
Make = Callable[[], tuple[Corpus, Path]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A catalogue with the corpus ``toy``, and twelve whole files of it."""
    folder = tmp_path / "catalog" / "tasks" / "toy"
    folder.mkdir(parents=True)
    (folder / "corpus.toml").write_text(CARD)
    (folder / "adapter.py").write_text(ADAPTER)
    root = tmp_path / "data"
    (root / "wav").mkdir(parents=True)
    lines = ["id,path,target,speaker"]
    for number in range(12):
        name = f"wav/{number:02d}.wav"
        soundfile.write(root / name, np.zeros(800), 16000)
        lines.append(f"e{number:02d},{name},{'calm' if number % 2 else 'loud'},ann")
    (root / "manifest.csv").write_text("\n".join(lines))

    def made() -> tuple[Corpus, Path]:
        return Catalog([tmp_path / "catalog"]).corpus("toy"), root

    return made


def look(made: tuple[Corpus, Path]) -> Verification:
    corpus, root = made
    return verify(corpus, root, read(corpus, root))


def test_a_whole_corpus_with_an_unconfirmed_count_that_differs_is_not_complete(make: Make) -> None:
    state = look(make())
    assert (state.verdict, state.summary) == ("counts differ", "12 of 12 present")
    (only,) = state.differences
    assert (only.expected, only.found, only.certainty) == (99, 6, "unconfirmed")
    assert state.errata == {"swapped": 1}
    assert state.counts == 4


def test_three_missing_one_unreadable_one_doubled_are_reported_exactly_so(make: Make) -> None:
    corpus, root = make()
    for number in (3, 5, 8):
        (root / f"wav/{number:02d}.wav").unlink()
    (root / "wav/04.wav").write_text("<html>not found</html>")
    with (root / "manifest.csv").open("a") as table:
        table.write("\ne07,wav/07.wav,calm,ann\n")
    state = look((corpus, root))
    assert state.verdict == "incomplete"
    assert [item.subject for item in state.missing] == ["wav/03.wav", "wav/05.wav", "wav/08.wav"]
    assert [item.subject for item in state.unreadable] == ["wav/04.wav"]
    assert "web page" in state.unreadable[0].reason
    assert [item.subject for item in state.doubled] == ["e07"]
    assert state.refused == ()
    assert state.superfluous == ()
    assert [item.counts for item in state.differences] == [False]


def test_superfluous_audio_is_named_and_system_files_are_not(make: Make) -> None:
    corpus, root = make()
    soundfile.write(root / "wav/extra.wav", np.zeros(800), 16000)
    (root / "wav/._00.wav").write_bytes(b"\x00\x05\x16\x07")
    (root / "wav/__MACOSX").mkdir()
    state = look((corpus, root))
    assert state.superfluous == ("wav/extra.wav",)
    assert state.verdict == "counts differ"  # the unconfirmed count, as without the extra file


def test_a_clip_beyond_its_file_is_unreadable(make: Make) -> None:
    corpus, root = make()
    (root / "manifest.csv").write_text(
        "id,path,target,start,end\na,wav/00.wav,calm,0,0.05\nb,wav/00.wav,loud,0.04,9"
    )
    (output,) = look((corpus, root)).unreadable
    assert output.subject == "wav/00.wav"
    assert output.where == "example b"


def test_a_count_that_is_sure_and_fails_makes_it_incomplete(make: Make) -> None:
    corpus, root = make()
    lines = (root / "manifest.csv").read_text().splitlines()
    (root / "manifest.csv").write_text("\n".join(lines[:-1]))
    state = look((corpus, root))
    assert state.verdict == "incomplete"
    assert [
        (difference.what, difference.expected, difference.found)
        for difference in state.differences
        if difference.counts
    ] == [
        ("examples", 12, 11),
        ("target calm", 6, 5),
    ]
    assert state.superfluous == ("wav/11.wav",)


def test_counts_do_not_apply_to_a_synthetic_corpus_and_files_still_count(make: Make) -> None:
    corpus, root = make()
    (root / SYNTHETIC_MARK).write_text("{}")
    lines = (root / "manifest.csv").read_text().splitlines()
    (root / "manifest.csv").write_text("\n".join(lines[:-2]))
    state = look((corpus, root))
    assert state.synthetic
    assert state.counts == 0
    assert state.verdict == "nothing to compare"
    (root / "wav/00.wav").unlink()
    assert look((corpus, root)).verdict == "incomplete"


def test_a_fact_looks_at_partitions_groups_and_labels_alike() -> None:
    examples = [
        Example(str(number), (), {"score": float(number % 2)}, {"session": "s1"}, {}, "train")
        for number in range(4)
    ]

    def told(**values: object) -> list[tuple[str, int, int]]:
        fact = Fact.model_validate({"certainty": "found", "source": "s", **values})
        return [
            (difference.what, difference.expected, difference.found)
            for difference in differences(fact, examples)
        ]

    assert told(by="partition", values={"train": 4}) == []
    assert told(by="session", values={"s1": 4, "s2": 1}) == [("session s2", 1, 0)]
    assert told(value=2, where={"score": ["1.0"]}) == []
    assert told(value=3, where={"score": ["1.0"]}) == [("examples, score 1.0", 3, 2)]


def test_the_verb_ends_with_the_verdict_and_its_code(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, root = make()
    verb = ["verify", "toy", str(root), "--catalog", str(tmp_path / "catalog")]
    card = tmp_path / "catalog" / "tasks" / "toy" / "corpus.toml"
    assert main(verb) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "counts differ"
    card.write_text(CARD.replace("ann = 99", "ann = 6"))
    assert main(verb) == 0
    out = capsys.readouterr().out.splitlines()
    assert (out[0], out[-1]) == ("toy: 12 of 12 present; complete", "complete")
    card.write_text(CARD[: CARD.index("[[facts]]")])
    assert main(verb) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing to compare"
    card.write_text(CARD)
    (root / "wav/03.wav").unlink()
    assert main(verb) == 1
    out = capsys.readouterr().out.splitlines()
    assert "missing: 1" in out
    assert out[0] == "toy: 11 of 12 present; incomplete"
    assert out[-1] == "incomplete"
    assert main([*verb, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "incomplete"
    assert document["missing"][0]["subject"] == "wav/03.wav"
    (tmp_path / "elsewhere").mkdir()
    verb[2] = str(tmp_path / "elsewhere")
    assert main(verb) == 3
    assert capsys.readouterr().out.splitlines()[-1] == "not this corpus"
    verb[2] = str(tmp_path / "nowhere")
    assert main(verb) == 2


def test_a_part_of_the_corpus_is_incomplete_and_packed_or_deeper_gets_a_hint(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, root = make()
    catalog = tmp_path / "catalog"
    card = catalog / "tasks" / "toy" / "corpus.toml"
    card.write_text(CARD.replace('["wav/*.wav"]', '["wav/*.wav", "labels"]', 1))

    def verdict(folder: Path) -> list[str]:
        main(["verify", "toy", str(folder), "--catalog", str(catalog)])
        return capsys.readouterr().out.splitlines()

    assert verdict(root) == [
        f"{root} holds a part of corpus 'toy'; missing: labels.", "incomplete"
    ]  # fmt: skip
    (root / "labels").mkdir()
    (root / "manifest.csv").write_text("a,b")
    reason, last = verdict(root)
    assert "expected a column" in reason
    assert last == "incomplete", "a broken table does not make it another corpus"
    deep = tmp_path / "disk" / "1" / "2" / "3"
    deep.mkdir(parents=True)
    root.rename(deep / "data")
    assert f"It is deeper: give {deep / 'data'}." in verdict(tmp_path / "disk")[0]
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "toy.tar.gz").touch()
    assert "unpack toy.tar.gz first" in verdict(tmp_path / "packed")[0]


def test_an_absent_label_file_has_a_line_with_its_name(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = tmp_path / "catalog" / "tasks" / "toy" / "corpus.toml"
    _, root = make()
    layout = (
        '[[layout.labels]]\npaths = ["truth.csv", "test/truth.csv"]\nholds = "the test labels"\n'
    )
    card.write_text(CARD.replace("[[facts]]", f"{layout}\n[[facts]]", 1).replace("99", "6"))
    verb = ["verify", "toy", str(root), "--catalog", str(tmp_path / "catalog")]
    assert main(verb) == 1
    out = capsys.readouterr().out.splitlines()
    assert "absent: truth.csv: the test labels" in out
    (root / "test").mkdir()
    (root / "test" / "truth.csv").touch()
    assert main(verb) == 0


def test_a_copy_is_the_release_whose_counts_are_all_right(make: Make) -> None:
    corpus, root = make()
    examples = read(corpus, root).examples
    source: dict[str, object] = {"certainty": "unconfirmed", "source": "s"}
    counts: list[dict[str, object]] = [
        {"by": "target", "values": {"calm": 6, "loud": 6}}, {"value": 12}
    ]  # fmt: skip
    known = [
        {"id": "1", "counts": [{"value": 11, **source}]},
        {"id": "2", "counts": [{**count, **source} for count in counts]},
    ]
    card = corpus.card.model_validate({**corpus.card.model_dump(), "releases": known})
    assert release(card, examples) == "2"
    assert release(card, examples[1:]) == "1"
    assert release(card, examples[2:]) is None
    other = replace(corpus, card=card.model_copy(update={"facts": []}))
    state = verify(other, root, read(corpus, root))
    assert (state.verdict, state.release) == ("complete", "2")
    (root / "manifest.csv").write_text("id,path,target\na,wav/00.wav,calm")
    state = verify(other, root, read(corpus, root))
    assert (state.verdict, state.release) == ("counts differ", None)
