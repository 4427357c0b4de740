from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.corpora.textgrid import Interval, read_intervals
from paralbench.records.errors import Refused

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "TextTier"
        name = "clicks 7"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 1.25
            mark = "x"
    item [2]:
        class = "IntervalTier"
        name = "label"
        xmin = 0
        xmax = 2.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1e0
            text = "he said ""3"" 4 "
        intervals [2]:
            xmin = 1e0
            xmax = 2.5
            text = ""
"""
EXPECTED = {"label": [Interval(0, 1, 'he said "3" 4 '), Interval(1, 2.5, "")]}


def _short(intervals: list[Interval]) -> str:
    output = "".join(
        '{}\n{}\n"{}"\n'.format(interval.start, interval.end, interval.text.replace('"', '""'))
        for interval in intervals
    )
    return (
        'File type = "ooTextFile"\n"TextGrid"\n\n0\n9\n<exists>\n1\n"IntervalTier"\n"label"\n0\n9\n'
        f"{len(intervals)}\n{output}"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_long_form(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.TextGrid"
    file.write_text(LONG.replace("said", "saïd"), encoding=encoding)
    assert read_intervals(file)["label"][0].text == 'he saïd "3" 4 '


def test_point_tiers_are_passed_over_and_numbers_in_texts_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "a.TextGrid"
    file.write_text(LONG.replace("\n", "\r\n"))
    assert read_intervals(file) == EXPECTED


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
_TIME = st.floats(0, 9).map(lambda value: round(value, 3))


@given(st.lists(st.builds(Interval, _TIME, _TIME, _TEXT), max_size=6))
def test_the_short_form_whatever_the_texts(
    tmp_path_factory: pytest.TempPathFactory, intervals: list[Interval]
) -> None:
    file = tmp_path_factory.mktemp("grid") / "a.TextGrid"
    file.write_text(_short(intervals), encoding="utf-8")
    assert read_intervals(file) == {"label": intervals}


def test_a_grid_that_ends_anywhere_too_early_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.TextGrid"
    complete = _short([Interval(0, 1, "cough"), Interval(1, 2, "x")]).rstrip()
    for end in range(len(complete)):
        file.write_text(complete[:end])
        with pytest.raises(Refused):
            read_intervals(file)


def test_a_grid_without_tiers_is_empty_and_a_file_that_is_not_there_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.TextGrid"
    file.write_text('File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<absent>\n')
    assert read_intervals(file) == {}
    with pytest.raises(Refused, match="cannot be read"):
        read_intervals(tmp_path / "b.TextGrid")
