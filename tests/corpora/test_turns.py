from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from paralbench.corpora.turns import SHORTEST, Stretch, turns, without
from paralbench.records.errors import Refused

times = st.integers(0, 40).map(lambda quarter: quarter / 4)
stretches = st.lists(st.tuples(times, times), max_size=8)


@given(stretches, st.tuples(times, times).map(lambda pair: (min(pair), max(pair))))
def test_what_is_left_is_what_lies_outside_the_hole(told: list[Stretch], hole: Stretch) -> None:
    """Against counting, quarter second by quarter second, how often each is covered."""
    left = without(told, hole)
    for quarter in range(40):
        middle = quarter / 4 + 0.125
        covered = sum(start < middle < end for start, end in told)
        expected = 0 if hole[0] < middle < hole[1] else covered
        assert sum(start < middle < end for start, end in left) == expected


def _file(root: Path) -> Path:
    soundfile.write(root / "a.wav", np.zeros(10000, np.float32), 1000, subtype="PCM_16")
    return root / "a.wav"


def test_turns_are_cut_off_where_the_file_begins_and_ends(tmp_path: Path) -> None:
    clips = turns(_file(tmp_path), [(-1, 1), (2, 3), (9, 12), (12, 13)])
    assert [(clip.start, clip.end) for clip in clips] == [(0, 1), (2, 3), (9, 10)]


def test_what_is_too_short_to_hear_is_left_out(tmp_path: Path) -> None:
    clips = turns(_file(tmp_path), [(1, 1 + SHORTEST / 2), (2, 2), (4, 3), (5, 5.5)])
    assert [(clip.start, clip.end) for clip in clips] == [(5, 5.5)]


def test_a_recording_without_turns_is_refused_with_its_length(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"none of its turns lies within the 10\.000 s of a\.wav"):
        turns(_file(tmp_path), [(11, 12)])


def test_what_is_no_audio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        turns(tmp_path / "b.wav", [(0, 1)])
