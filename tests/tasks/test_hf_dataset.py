import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from paralbench.audio.decoding import header
from paralbench.catalog import Catalog
from paralbench.corpora.reading import Reading, read
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.errors import ParalbenchError


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))


def _read(root: Path) -> Reading:
    return read(Catalog().corpus("hf-dataset"), root)


def _wavs(folder: Path, count: int) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number}.wav" for number in range(count)]
    for number, file in enumerate(files):
        soundfile.write(file, np.full(800 * (number + 1), 0.1), 8000)
    return [str(file) for file in files]


def _parquet(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file


def _saved(root: Path, wavs: list[str]) -> Any:
    """What the package ``datasets`` itself makes of two classes and two speakers."""
    datasets: Any = pytest.importorskip("datasets")
    rows = {
        "audio": wavs,
        "label": [number % 2 for number in range(len(wavs))],
        "speaker": [f"s{number}" for number in range(len(wavs))],
    }
    # Cast, not encoded: encoding audio would ask for a further package.
    data = datasets.Dataset.from_dict(rows).cast_column("audio", datasets.Audio(decode=False))
    return data.cast_column("label", datasets.ClassLabel(names=["sad", "glad"]))


def test_a_data_set_saved_to_disk(tmp_path: Path) -> None:
    wavs = _wavs(tmp_path / "wavs", 3)
    _saved(tmp_path, wavs).save_to_disk(str(tmp_path / "saved"))
    examples = _read(tmp_path / "saved").examples
    assert [item.id for item in examples] == ["0", "1", "2"]
    assert [item.labels["target"] for item in examples] == ["sad", "glad", "sad"]
    assert [item.groups for item in examples] == [{"speaker": f"s{n}"} for n in range(3)]
    for item, wav in zip(examples, wavs, strict=True):
        assert item.clips[0].path.read_bytes() == Path(wav).read_bytes()
        assert item.clips[0].path.is_relative_to(tmp_path / "cache" / "audio")
        assert header(item.clips[0].path).rate == 8000


def test_saved_splits_and_shards_become_partitions(tmp_path: Path) -> None:
    data = _saved(tmp_path, _wavs(tmp_path / "wavs", 6))
    parts: Any = pytest.importorskip("datasets").DatasetDict(
        train=data.select(range(4)), test=data.select([5, 4])
    )
    parts.save_to_disk(str(tmp_path / "saved"), num_shards={"train": 2, "test": 1})
    examples = _read(tmp_path / "saved").examples
    assert [item.id for item in examples] == [*(f"train/{n}" for n in range(4)), "test/0", "test/1"]
    # A selection in another order is saved as it was selected.
    assert [item.groups["speaker"] for item in examples] == ["s0", "s1", "s2", "s3", "s5", "s4"]
    assert [item.partition for item in examples] == ["train"] * 4 + ["test"] * 2


def test_parquet_as_datasets_writes_it(tmp_path: Path) -> None:
    data = _saved(tmp_path, _wavs(tmp_path / "wavs", 2))
    (tmp_path / "hub").mkdir()
    data.to_parquet(str(tmp_path / "hub" / "test.parquet"))
    first, second = _read(tmp_path / "hub").examples
    assert (first.labels["target"], second.labels["target"]) == ("sad", "glad")
    assert first.partition == "test"
    assert header(second.clips[0].path).seconds == 0.2


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("data/train-00000-of-00002.parquet", "train"),
        ("default/validation/0000.parquet", "validation"),
        ("test.parquet", "test"),
        ("everything.parquet", None),
    ],
)
def test_the_split_stands_in_the_name(tmp_path: Path, name: str, split: str | None) -> None:
    _parquet(tmp_path / name, [{"audio": "1.wav", "label": "a"}])
    (item,) = _read(tmp_path).examples
    assert item.partition == split


def test_paths_beside_the_table_and_rows_without_audio(tmp_path: Path) -> None:
    _parquet(
        tmp_path / "d/x.parquet", [{"audio": "1.wav", "label": 0.5}, {"audio": None, "label": 1.0}]
    )
    reading = _read(tmp_path)
    assert reading.examples[0].clips[0].path == tmp_path / "d/1.wav"
    assert reading.examples[0].labels["target"] == 0.5
    assert [refusal.reason for refusal in reading.refused] == ["its column 'audio' holds no audio"]


def test_minus_one_is_no_label(tmp_path: Path) -> None:
    features = {"label": {"_type": "ClassLabel", "names": ["sad", "glad"]}}
    table = pa.Table.from_pylist([{"audio": f"{n}.wav", "label": n} for n in (-1, 0, 1)])
    record = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    pq.write_table(table.replace_schema_metadata(record), tmp_path / "train.parquet")
    assert [example.labels.get("target") for example in _read(tmp_path).examples] == [
        None,
        "sad",
        "glad",
    ]


def test_whole_numbers_name_classes_and_speakers_as_they_are_and_nan_is_no_label(
    tmp_path: Path,
) -> None:
    rows = [{"audio": "1.wav", "label": 3, "speaker": 7, "stress": float("nan")}]
    _parquet(tmp_path / "x.parquet", rows)
    (item,) = _read(tmp_path).examples
    assert (str(item.labels["target"]), item.groups["speaker"]) == ("3", "7")
    assert "stress" not in item.labels


def test_other_names_are_reported_beside_the_data(tmp_path: Path) -> None:
    row = {
        "recording": "1.wav",
        "mood": "up",
        "stress": 3,
        "who": "p1",
        "key": "k1",
        "site": "north",
    }
    _parquet(tmp_path / "x.parquet", [row])
    output = 'audio = "recording"\ntarget = "mood"\nspeaker = "who"\nid = "key"\n'
    (tmp_path / "paralbench.toml").write_text(output)
    (item,) = _read(tmp_path).examples
    assert (item.id, item.labels["target"], item.groups) == ("k1", "up", {"speaker": "p1"})
    assert item.labels["stress"] == 3.0
    assert item.attributes == {"site": "north"}


def test_which_column_must_be_told_where_there_are_several(tmp_path: Path) -> None:
    _parquet(tmp_path / "x.parquet", [{"audio": "1.wav", "mood": "up", "stress": 3}])
    with pytest.raises(ParalbenchError, match="Found: mood, stress"):
        _read(tmp_path)


@pytest.mark.parametrize("name", ["x.parquet", "state.json"])
def test_what_cannot_be_read_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not this")
    with pytest.raises(ParalbenchError, match=f"{name}: cannot be read"):
        _read(tmp_path)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("[]", "expected a list '_data_files'"),
        ('{"_indices_data_files": [{"filename": "indices.arrow"}]}', "saved with a separate index"),
        ('{"_data_files": [{"filename": "gone.arrow"}]}', "gone.arrow: cannot be read"),
    ],
)
def test_a_saved_folder_that_is_not_whole_is_reported(
    tmp_path: Path, state: str, message: str
) -> None:
    (tmp_path / "state.json").write_text(state)
    with pytest.raises(ParalbenchError, match=message):
        _read(tmp_path)


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParalbenchError, match="written by save_to_disk, or parquet"):
        _read(tmp_path / "empty")


def test_the_hub_is_asked_only_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked: list[tuple[str, dict[str, Any]]] = []

    def download(name: str, **options: Any) -> str:
        asked.append((name, options))
        return str(tmp_path / "hub")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    _parquet(tmp_path / "hub/train.parquet", [{"audio": "1.wav", "label": "a"}])
    _read(tmp_path / "hub")
    assert asked == []
    (tmp_path / "named").mkdir()
    (tmp_path / "named/paralbench.toml").write_text('hub = "owner/name"\nrevision = "abc"\n')
    assert len(_read(tmp_path / "named").examples) == 1
    ((name, options),) = asked
    assert (name, options["repo_type"], options["revision"]) == ("owner/name", "dataset", "abc")


@pytest.mark.slow
def test_synth_runs_under_folds_and_under_its_own_split(made: Callable[[str], Path]) -> None:
    reading = _read(made("hf-dataset"))
    assert (len(reading.examples), reading.refused) == (60, ())
    for task in ("hf-dataset", "hf-dataset-split"):
        chosen = select(Catalog().task(task), reading.examples)
        assert audit(chosen, splits(chosen, seeds=(0,))).unknown == []


@pytest.mark.parametrize("name", ["../../other.arrow", "/etc/other.arrow"])
def test_a_data_file_outside_the_folder_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(ParalbenchError, match=r"the data file .* (leads out|absolute)"):
        _read(tmp_path)


def test_offsets_beyond_the_buffers_of_an_arrow_file_are_refused(tmp_path: Path) -> None:
    """Arrow trusts a file's offsets; without a check, reading one goes beyond the buffer."""
    offsets = pa.py_buffer(np.array([0, 2**30, 5], np.int32).tobytes())
    words = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"happy")])
    table = pa.table({"audio": ["x.wav", "y.wav"], "label": words})
    with pa.ipc.new_stream(tmp_path / "data.arrow", table.schema) as stream:
        stream.write_batch(pa.record_batch([table["audio"].chunk(0), words], table.schema.names))
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
    with pytest.raises(ParalbenchError, match="cannot be read"):
        _read(tmp_path)
