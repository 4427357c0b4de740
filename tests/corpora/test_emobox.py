from pathlib import Path

import pytest

from paralbench.corpora.emobox import test_folds as folds_of
from paralbench.records.errors import ParalbenchError


def _write(folder: Path, fold: int, *lines: str) -> None:
    file = folder / f"fold_{fold}" / f"emodb_test_fold_{fold}.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("place", ["EmoBox/data/emodb", "emobox/emodb", "EmoBox/emodb"])
def test_each_file_has_the_fold_that_tests_it(tmp_path: Path, place: str) -> None:
    _write(tmp_path / place, 1, '{"key": "emodb-03a02Wb", "emo": "anger"}')
    _write(tmp_path / place, 2, '{"key": "emodb-03a07Wc"}', '{"key": "emodb-08a01Na"}')
    assert folds_of(tmp_path, "emodb") == {"03a02Wb": "1", "03a07Wc": "2", "08a01Na": "2"}
    assert folds_of(tmp_path, "mesd") == {}


@pytest.mark.parametrize("line", ["[1]", '{"wav": "x"}', "nothing"])
def test_a_line_of_another_form_is_refused_by_its_place(tmp_path: Path, line: str) -> None:
    _write(tmp_path / "emobox" / "emodb", 1, line)
    with pytest.raises(ParalbenchError, match=r"jsonl:1: expected an object with 'key'"):
        folds_of(tmp_path, "emodb")
