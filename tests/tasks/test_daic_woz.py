from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Example

CATALOG = Catalog()
CORPUS = CATALOG.corpus("daic-woz")
ITEMS = (
    "PHQ8_NoInterest,PHQ8_Depressed,PHQ8_Sleep,PHQ8_Tired,PHQ8_Appetite,PHQ8_Failure,"
    "PHQ8_Concentrating,PHQ8_Moving"
)
ELLIE = (1, 2, "Ellie", "hi")
Row = tuple[float, float, str, str]


def _tables(root: Path, train: str = "", dev: str = "", test: str = "", full: str = "") -> None:
    header = f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{ITEMS}"
    for name, head, rows in (
        ("train_split_Depression_AVEC2017", header, train),
        ("dev_split_Depression_AVEC2017", header, dev),
        ("test_split_Depression_AVEC2017", "participant_ID,Gender", test),
        ("full_test_split", "Participant_ID,PHQ_Binary,PHQ_Score,Gender", full),
    ):
        if rows or "full" not in name:
            (root / f"{name}.csv").write_text(f"{head}\r\n{rows}\r\n\r\n", encoding="utf-8")


def _session(
    root: Path, name: str, *rows: Row, seconds: float = 30, folder: str = "", tail: str = ""
) -> None:
    place = root / (folder or f"{name}_P")
    place.mkdir(exist_ok=True, parents=True)
    # Nothing here decodes audio; a thousand samples a second are enough of a header.
    silence = np.zeros(round(seconds * 1000), np.float32)
    soundfile.write(place / f"{name}_AUDIO.wav", silence, 1000, subtype="PCM_16")
    output = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (place / f"{name}_TRANSCRIPT.csv").write_text(
        f"start_time\tstop_time\tspeaker\tvalue\n{output}{tail}", encoding="utf-8"
    )


def _row(name: str, binary: int = 0, score: int = 4, items: str = "1,1,1,1,0,0,0,0") -> str:
    return f"{name},{binary},{score},1,{items}"


def _one(root: Path, name: str, *rows: Row, seconds: float = 30, tail: str = "") -> Example:
    """The only participant of a corpus."""
    _tables(root, _row(name))
    _session(root, name, *rows, seconds=seconds, tail=tail)
    (item,) = read(CORPUS, root).examples
    return item


def _times(one: Example) -> list[tuple[float, float]]:
    return [(round(clip.start, 4), round(clip.end or 0, 4)) for clip in one.clips]


def test_only_the_participant_is_encoded_from_ellies_first_row_on(tmp_path: Path) -> None:
    item = _one(
        tmp_path, "303", (0, 0.5, "Participant", "chatter"), ELLIE, (3, 5, "Participant", "well"),
        (5, 6, "Ellie", "okay"), (7, 9.5, "participant", "good"),
    )  # fmt: skip
    assert _times(item) == [(3, 5), (7, 9.5)]
    assert item.groups == {"speaker": "303"}
    assert (item.partition, item.attributes["sex"], item.errata) == ("train", "female", ())


@pytest.mark.parametrize(
    ("name", "offset"), [("318", 34.319917), ("321", 3.8379167), ("341", 6.1892), ("362", 16.8582)]
)
def test_misaligned_transcripts_are_shifted_later(tmp_path: Path, name: str, offset: float) -> None:
    item = _one(tmp_path, name, ELLIE, (3, 5, "Participant", "well"), seconds=50)
    assert _times(item) == [(round(3 + offset, 4), round(5 + offset, 4))]
    assert item.errata == ("misaligned-transcript",)


@pytest.mark.parametrize(
    ("name", "hole", "seconds"), [("373", (352, 428), 450), ("444", (286, 387), 450)]
)
def test_what_is_said_in_an_interruption_is_not_heard(
    tmp_path: Path, name: str, hole: tuple[float, float], seconds: float
) -> None:
    start, end = hole
    item = _one(
        tmp_path, name, ELLIE, (3, 5, "Participant", "well"),
        (start - 2, start + 2, "Participant", "who"), (start + 5, end - 5, "Participant", "xxx"),
        (end - 1, end + 1, "Participant", "where were we"), seconds=seconds,
    )  # fmt: skip
    assert _times(item) == [(3, 5), (start - 2, start), (end, end + 1)]
    assert item.errata == ("interruption",)


def test_an_offset_moves_a_transcript_before_anything_is_cut_off(tmp_path: Path) -> None:
    """The end of the file counts in the shifted times."""
    item = _one(tmp_path, "341", ELLIE, (3, 5, "Participant", "a"), (6, 9, "Participant", "b"),
               seconds=14)  # fmt: skip
    assert _times(item) == [(9.1892, 11.1892), (12.1892, 14)]


@pytest.mark.parametrize("name", ["451", "458", "480"])
def test_without_ellies_rows_the_interview_begins_after_the_sync_marker(
    tmp_path: Path, name: str
) -> None:
    item = _one(
        tmp_path, name, (0, 1, "Participant", "testing"), (1, 2, "Participant", "<synch>"),
        (3, 5, "Participant", "well"),
    )  # fmt: skip
    assert _times(item) == [(3, 5)]
    assert item.errata == ("missing-interviewer",)


def test_any_other_session_without_ellie_is_refused_by_name(tmp_path: Path) -> None:
    _tables(tmp_path, f"{_row('303')}\n{_row('304')}")
    _session(tmp_path, "303", (3, 5, "Participant", "well"))
    _session(tmp_path, "304", ELLIE, (3, 5, "Participant", "well"))
    reading = read(CORPUS, tmp_path)
    assert [example.id for example in reading.examples] == ["304"]
    assert str(reading.refused[0]).startswith("303: 303_TRANSCRIPT.csv has no row of Ellie")


@pytest.mark.parametrize(
    "message",
    ["<sync>", "<synch>", "[sync]", "[synch]", "[syncing]", "[synching]", "<sync.", "<Sync>"],
)
def test_sync_rows_are_dropped(tmp_path: Path, message: str) -> None:
    item = _one(
        tmp_path, "303", ELLIE, (2, 3, "Participant", message), (3, 5, "Participant", "well")
    )
    assert _times(item) == [(3, 5)]


def test_409_is_depressed(tmp_path: Path) -> None:
    _tables(tmp_path, f"{_row('409', 0, 10)}\n{_row('410', 0, 4)}")
    for name in ("409", "410"):
        _session(tmp_path, name, ELLIE, (3, 5, "Participant", "well"))
    mended, other = read(CORPUS, tmp_path).examples
    assert (mended.labels["depression"], mended.errata) == ("depressed", ("wrong-binary",))
    assert (other.labels["depression"], other.errata) == ("not-depressed", ())


def test_409_as_mended_by_its_owner_lists_no_erratum(tmp_path: Path) -> None:
    _tables(tmp_path, _row("409", 1, 10))
    _session(tmp_path, "409", ELLIE, (3, 5, "Participant", "well"))
    (item,) = read(CORPUS, tmp_path).examples
    assert (item.labels["depression"], item.errata) == ("depressed", ())


def test_319s_sleep_item_is_what_the_others_leave_of_the_score(tmp_path: Path) -> None:
    _tables(tmp_path, _row("319", 1, 13, "2,2,,3,1,1,1,1"))
    _session(tmp_path, "319", ELLIE, (3, 5, "Participant", "well"))
    (item,) = read(CORPUS, tmp_path).examples
    assert (item.labels["phq8-sleep"], item.labels["phq8"]) == (2, 13)
    assert item.errata == ("missing-sleep-item",)


@pytest.mark.parametrize("name", ["342", "394", "398", "460"])
def test_sessions_that_do_not_exist_are_not_missing(tmp_path: Path, name: str) -> None:
    _tables(tmp_path, f"{_row(name)}\n{_row('303')}")
    _session(tmp_path, "303", ELLIE, (3, 5, "Participant", "well"))
    reading = read(CORPUS, tmp_path)
    assert [item.id for item in reading.examples] == ["303"]
    assert [(item.subject, item.erratum) for item in reading.refused] == [(name, "absent-sessions")]


def test_440_is_read_as_any_other_and_refused_where_its_archive_was_corrupt(
    tmp_path: Path,
) -> None:
    assert _one(tmp_path, "440", ELLIE, (3, 5, "Participant", "well")).errata == ()
    audio = tmp_path / "440_P" / "440_AUDIO.wav"
    audio.write_bytes(audio.read_bytes()[:1000])
    with pytest.raises(ParalbenchError, match="440: truncated: its header declares 60000 bytes"):
        read(CORPUS, tmp_path)


def test_402s_sound_is_complete(tmp_path: Path) -> None:
    item = _one(
        tmp_path, "402", ELLIE, (3, 5, "Participant", "well"), (28, 30, "Participant", "so")
    )
    assert (_times(item), item.errata) == ([(3, 5), (28, 30)], ())


def test_487s_apple_double_is_no_transcript(tmp_path: Path) -> None:
    (tmp_path / "487_P").mkdir()
    (tmp_path / "487_P" / "._487_TRANSCRIPT.csv").write_bytes(b"\x00\x05\x16\x07\xff")
    assert _times(_one(tmp_path, "487", ELLIE, (3, 5, "Participant", "well"))) == [(3, 5)]


def test_the_test_tables_spell_their_columns_otherwise(tmp_path: Path) -> None:
    _tables(tmp_path, test="300,1", full="300,1,15,0")
    _session(tmp_path, "300", ELLIE, (3, 5, "Participant", "well"))
    (item,) = read(CORPUS, tmp_path).examples
    assert (item.labels, item.partition) == ({"phq8": 15, "depression": "depressed"}, "test")
    assert item.attributes["sex"] == "male"


def test_without_the_full_test_table_test_participants_have_no_label(tmp_path: Path) -> None:
    _tables(tmp_path, test="300,1")
    _session(tmp_path, "300", ELLIE, (3, 5, "Participant", "well"))
    (item,) = read(CORPUS, tmp_path).examples
    assert (item.labels, item.partition, item.attributes["sex"]) == ({}, "test", "female")


@pytest.mark.parametrize("folder", [".", "303_P", "303_P/303_P"])
def test_zips_may_be_unpacked_flat_or_nested(tmp_path: Path, folder: str) -> None:
    _tables(tmp_path, _row("303"))
    _session(tmp_path, "303", ELLIE, (3, 5, "Participant", "well"), folder=folder)
    (item,) = read(CORPUS, tmp_path).examples
    assert item.clips[0].path == tmp_path / folder / "303_AUDIO.wav"


def test_blank_lines_and_rows_without_speaker_or_value_are_passed_over(tmp_path: Path) -> None:
    tail = "9\t10\t\tnobody\n10\t11\tParticipant\t\n11\t12\tParticipant\n\t\t\t\n\n  \n"
    item = _one(tmp_path, "303", ELLIE, (3, 5, "Participant", "well"), tail=tail)
    assert _times(item) == [(3, 5)]


def test_quotes_and_commas_are_what_somebody_said(tmp_path: Path) -> None:
    item = _one(
        tmp_path, "303", ELLIE, (3, 5, "Participant", '"well, she said'),
        (6, 7, "Participant", "um"),
    )  # fmt: skip
    assert _times(item) == [(3, 5), (6, 7)]


def test_turns_end_with_the_file_and_what_is_too_short_is_left_out(tmp_path: Path) -> None:
    item = _one(
        tmp_path, "303", ELLIE, (3, 3.05, "Participant", "m"), (8, 14, "Participant", "well"),
        (20, 22, "Participant", "gone"), seconds=10,
    )  # fmt: skip
    assert _times(item) == [(8, 10)]


def test_broken_sessions_are_refused_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    names = ["302", "303", "304", "305", "306", "307"]
    _tables(tmp_path, "\n".join([*map(_row, names), _row("308").replace(",4,", ",four,")]))
    for name in [*names, "308"]:
        _session(tmp_path, name, ELLIE, (3, 5, "Participant", "well"))
    (tmp_path / "303_P/303_AUDIO.wav").unlink()
    (tmp_path / "304_P/304_TRANSCRIPT.csv").unlink()
    (tmp_path / "305_P/305_TRANSCRIPT.csv").write_text("start_time,stop_time,speaker,value\n")
    (tmp_path / "306_P/306_AUDIO.wav").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "307_P/307_TRANSCRIPT.csv").write_text(
        "start_time\tstop_time\tspeaker\tvalue\nx\ty\tEllie\thi\n"
    )
    reading = read(CORPUS, tmp_path)
    assert [item.id for item in reading.examples] == ["302"]
    record = {item.subject: item.reason for item in reading.refused}
    assert "does not exist" in record["303"]
    assert "is missing" in record["304"]
    assert "does not begin with the columns" in record["305"]
    assert "Git-LFS pointer" in record["306"]
    assert "expected two times in seconds" in record["307"]
    assert record["308"] == "its PHQ8_Score is 'four', expected a number"


def test_errata_are_data_that_the_adapter_reads() -> None:
    errata = {erratum.id: erratum for erratum in CORPUS.card.errata}
    assert errata["misaligned-transcript"].values["318"] == 34.319917
    assert errata["interruption"].values == {"373": "352-428", "444": "286-387"}
    assert errata["absent-sessions"].subjects == ["342", "394", "398", "460"]


@pytest.mark.slow
def test_a_synthetic_corpus_is_read_completely_and_its_folds_leak_nothing(
    made: Callable[[str], Path],
) -> None:
    reading = read(CORPUS, locate(CORPUS.card, {"": made(CORPUS.card.id).parent}))
    assert (len(reading.examples), reading.refused) == (40, ())
    applied = {erratum for example in reading.examples for erratum in example.errata}
    assert applied == {
        "misaligned-transcript", "interruption", "missing-interviewer", "wrong-binary",
        "missing-sleep-item",
    }  # fmt: skip
    for task in CORPUS.tasks:
        chosen = select(task, reading.examples)
        report = audit(chosen, splits(chosen, (0, 1)))
        assert (report.crossing, report.unknown) == ({}, [])
        assert all(min(fold.train, fold.develop, fold.test) > 0 for fold in report.folds)


@pytest.mark.slow
def test_synthetic_turns_are_cut_where_somebody_speaks(made: Callable[[str], Path]) -> None:
    """Offsets planted and offsets applied cancel: what is heard is the participant, not a pause."""
    for example in read(CORPUS, made(CORPUS.card.id)).examples:
        assert len(example.clips) == 4, example.id
        for clip in example.clips:
            sound, rate = soundfile.read(clip.path)
            assert clip.end is not None
            recorded = sound[round(clip.start * rate) : round(clip.end * rate)]
            assert np.sqrt(np.mean(recorded**2)) > 0.01, example.id
