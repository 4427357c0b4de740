"""Any Hugging Face data set with an audio column: saved by ``save_to_disk``, or as parquet files.

Arrow and Parquet are read directly, row by row; the package ``datasets`` is not needed. Audio inside
the table is written out once into the cache, named by its content.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from paralbench.corpora.embedded import cached_file
from paralbench.corpora.folders import visible
from paralbench.corpora.roles import GROUPS, Roles
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal
from paralbench.records.strict_text import parse_json
from paralbench.system.member_names import name_fault

_SHARD = re.compile(r"^(?P<split>.+)-\d{5}-of-\d{5}$")
_SPLITS = {"train", "validation", "valid", "val", "dev", "devel", "development", "test"}


@dataclass(frozen=True)
class _Columns:
    """Which column plays which part, and the names behind the numbers of class labels."""

    audio: str
    target: str
    id: str | None
    partition: str | None
    groups: Mapping[str, str | None]
    names: Mapping[str, list[str]]


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a row; a row without audio or with another's id is refused."""
    roles = Roles.beside(root)
    folder = _download(roles.hub, roles.revision) if roles.hub else root
    counts: dict[str, int] = {}
    for file, split in _files(folder):
        columns: _Columns | None = None
        for batch in _batches(file):
            columns = columns or _columns(batch.schema, roles, root)
            for place in range(batch.num_rows):
                (cells,) = batch.slice(place, 1).to_pylist()
                number = counts[split] = counts.get(split, -1) + 1
                yield _row(cells, columns, file, split, number)


def _download(hub: str, revision: str) -> Path:
    """The parquet files of a data set on the hub; the hub's own cache keeps them."""
    import huggingface_hub

    try:
        folder = huggingface_hub.snapshot_download(
            hub, repo_type="dataset", revision=revision, allow_patterns=["*.parquet"]
        )
    except (OSError, ValueError) as error:
        raise ParalbenchError(f"the data set '{hub}' could not be downloaded ({error}).") from error
    if not visible(Path(folder), "**/*.parquet"):
        raise ParalbenchError(
            f"the data set '{hub}' holds no parquet files at '{revision}'; "
            'the hub\'s own conversion stands at revision = "refs/convert/parquet".'
        )
    return Path(folder)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Data files in order, with the split each belongs to ("" for none)."""
    splits = folder / "dataset_dict.json"
    if splits.is_file():
        for split in _list(splits, "splits"):
            if fault := name_fault(str(split)):
                raise ParalbenchError(f"{splits}: the split {ascii(split)[:80]} {fault}.")
            yield from ((file, split) for file in _saved(folder / split))
    elif (folder / "state.json").is_file():
        yield from ((file, "") for file in _saved(folder))
    else:
        parquet = visible(folder, "**/*.parquet")
        if not parquet:
            raise ParalbenchError(
                f"{folder}: expected a data set written by save_to_disk, or parquet files."
            )
        yield from ((file, _split(file)) for file in parquet)


def _saved(folder: Path) -> list[Path]:
    state = folder / "state.json"
    if _json(state).get("_indices_data_files"):
        raise ParalbenchError(
            f"{folder}: saved with a separate index by an old version of datasets; "
            "load it there and save it again."
        )
    names = [str(entry["filename"]) for entry in _list(state, "_data_files")]
    for name in names:
        if fault := name_fault(name):
            raise ParalbenchError(f"{state}: the data file {ascii(name)[:80]} {fault}.")
    return [folder / name for name in names]


def _list(file: Path, key: str) -> list[Any]:
    values = _json(file).get(key)
    if not isinstance(values, list):
        raise ParalbenchError(f"{file}: expected a list '{key}', as save_to_disk writes it.")
    return values


def _json(file: Path) -> dict[str, Any]:
    try:
        values = parse_json(file.read_bytes(), any_form=True)
    except (OSError, ValueError) as error:
        raise ParalbenchError(f"{file}: cannot be read ({error}).") from error
    return values if isinstance(values, dict) else {}


def _split(file: Path) -> str:
    """train-00000-of-00002.parquet, train/0000.parquet or train.parquet."""
    shard = _SHARD.match(file.stem)
    if shard is not None:
        return shard["split"]
    named = file.parent.name if file.stem.isdigit() else file.stem
    return named if named in _SPLITS else ""


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    """A few rows at a time: a row may hold minutes of audio."""
    try:
        if file.suffix == ".parquet":
            with pq.ParquetFile(file) as table:
                yield from _checked(table.iter_batches(batch_size=16))
        else:
            with pa.memory_map(str(file)) as source, pa.ipc.open_stream(source) as stream:
                yield from _checked(stream)
    except (OSError, pa.ArrowInvalid) as error:
        raise ParalbenchError(f"{file}: cannot be read ({error}).") from error


def _checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches whose offsets and lengths lie within their buffers: Arrow trusts those of a file."""
    for batch in batches:
        batch.validate(full=True)
        yield batch


def _columns(schema: pa.Schema, roles: Roles, root: Path) -> _Columns:
    features = _features(schema, root)
    sounds = [
        field.name
        for field in schema
        if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
    ]
    audio = roles.column("audio", schema.names, root) or next(iter(sounds), None)
    if audio is None:
        raise ParalbenchError(
            f"{root}: expected an audio column, found: {', '.join(schema.names)}."
        )
    groups = {part: roles.column(part, schema.names, root) for part in GROUPS}
    id_column = roles.column("id", schema.names, root)
    partition = roles.column("partition", schema.names, root)
    taken = {audio, id_column, partition, *groups.values()}
    candidates = [
        field.name
        for field in schema
        if field.name not in taken and not pa.types.is_nested(field.type)
    ]
    return _Columns(
        audio=audio,
        target=roles.target_column(schema.names, candidates, root),
        id=id_column,
        partition=partition,
        groups=groups,
        names={
            name: feature["names"]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        },
    )


def _features(schema: pa.Schema, root: Path) -> dict[str, Any]:
    """What the package ``datasets`` wrote of each column."""
    try:
        written = parse_json((schema.metadata or {}).get(b"huggingface", b"{}"), any_form=True)
    except ValueError as error:
        raise ParalbenchError(f"{root}: the table's metadata {error}.") from None
    info = written.get("info") if isinstance(written, dict) else None
    features = info.get("features") if isinstance(info, dict) else None
    return features if isinstance(features, dict) else {}


def _row(
    cells: dict[str, Any], columns: _Columns, file: Path, split: str, number: int
) -> Example | Refusal:
    where = f"{file}, row {number} of {split or 'the data'}"
    name = str(cells[columns.id]) if columns.id else f"{split}/{number}" if split else str(number)
    path = _audio(cells[columns.audio], file.parent)
    if path is None:
        return Refusal(name, f"its column '{columns.audio}' holds no audio", where)
    values = {
        key: _value(value, columns.names.get(key))
        for key, value in cells.items()
        if key != columns.audio and value is not None and not isinstance(value, dict | list)
    }
    known = {key: value for key, value in values.items() if value is not None}
    named = {columns.target, columns.id, columns.partition, *columns.groups.values()}
    learnt = {"target": known[columns.target]} if columns.target in known else {}
    return Example(
        id=name,
        clips=(Clip(path),),
        labels=known | learnt,
        groups={part: str(known[key]) for part, key in columns.groups.items() if key in known},
        attributes={
            key: value
            for key, value in known.items()
            if isinstance(value, str) and key not in named
        },
        partition=str(known[columns.partition]) if columns.partition in known else split or None,
        source=where,
    )


def _audio(value: Any, folder: Path) -> Path | None:
    """The file of a cell: {"bytes", "path"}, or a path alone."""
    content = value.get("bytes") if isinstance(value, dict) else None
    path = value.get("path") if isinstance(value, dict) else value
    if content:
        return cached_file(content, Path(path or "").suffix.lower())
    return folder / path if path else None


def _value(value: Any, names: list[str] | None) -> str | float | None:
    """A class's number as its name; -1 is the format's sign for no label, NaN anybody's."""
    if names is not None:
        return names[value] if 0 <= value < len(names) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return None if math.isnan(value) else value
