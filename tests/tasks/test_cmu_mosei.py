from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError

CATALOG = Catalog()
CORPUS = CATALOG.corpus("cmu-mosei")


def _read(root: Path, text: str, encoding: str = "latin-1") -> Reading:
    (root / "CMU_MOSEI_Labels.csv").write_bytes(text.encode(encoding))
    return read(CORPUS, root)


def test_the_table_is_latin_1(tmp_path: Path) -> None:
    reading = _read(tmp_path, ",file,index,split,sentiment,text\n0,-a_b,0,0,1.0,déjà vu\n")
    assert [example.id for example in reading.examples] == ["-a_b_0"]
    assert reading.examples[0].groups == {"video": "-a_b"}


def test_scores_beyond_three_are_clamped_and_marked(tmp_path: Path) -> None:
    rows = "".join(f"v{n},{n},0,{score}\n" for n, score in enumerate((3.6, -4.0, 3.0, 0.333)))
    examples = _read(tmp_path, f"file,index,split,sentiment\n{rows}").examples
    assert [item.labels["sentiment"] for item in examples] == [3.0, -3.0, 3.0, 0.333]
    erratum = "scores-beyond-three"
    assert [item.errata for item in examples] == [(erratum,), (erratum,), (), ()]


def test_the_standard_split_and_what_is_in_none_of_it(tmp_path: Path) -> None:
    rows = "".join(f"v{part},1,{part},{part - 1}\n" for part in range(4))
    reading = _read(tmp_path, f"file,index,split,label7\n{rows}v4,1,9,0\n")
    examples = reading.examples
    assert [item.partition for item in examples] == ["train", "dev", "test"]
    refused = [(item.subject, item.erratum) for item in reading.refused]
    assert refused == [("v3_1", "never-cut"), ("v4_1", "")]
    assert examples[1].clips[0].path == tmp_path / "Segmented_Audio" / "dev" / "v1_1.wav"
    chosen = select(CATALOG.task("cmu-mosei-polarity"), examples)
    assert [item.partition for item in chosen.examples] == ["train", "dev", "test"]
    assert [chosen.classes[int(target)] for target in chosen.targets] == [
        "negative", "non-negative", "non-negative",
    ]  # fmt: skip


def test_a_table_without_scores_serves_polarity_and_says_why_not_sentiment(tmp_path: Path) -> None:
    examples = _read(tmp_path, "file,index,split,label7\nv,1,0,-1\nw,1,2,2\n").examples
    with pytest.raises(ParalbenchError, match=r"no example has a usable label 'sentiment'.*step"):
        select(CATALOG.task("cmu-mosei-sentiment"), examples)


def test_a_score_is_rounded_away_from_zero_as_s3prl_does(tmp_path: Path) -> None:
    scores = (-3.0, -2.1, -2.0, -1.3, -0.1, 0.0, 0.1, 1.0, 1.3, 2.0, 2.3, 3.0)
    rows = "".join(f"v{n},0,0,{score}\n" for n, score in enumerate(scores))
    examples = _read(tmp_path, f"file,index,split,sentiment\n{rows}").examples
    expected = [-3, -3, -2, -2, -1, 0, 1, 1, 2, 2, 3, 3]
    assert [item.labels["step"] for item in examples] == expected


def test_rows_without_a_number_are_refused(tmp_path: Path) -> None:
    rows = "a,0,0,1\nb,0,0,\nc,0,0,nan\nd,0,0,good\n"
    reading = _read(tmp_path, f"file,index,split,sentiment\n{rows}")
    assert [item.id for item in reading.examples] == ["a_0"]
    assert [item.subject for item in reading.refused] == ["b_0", "c_0", "d_0"]
