"""The readers of untrusted files, each with a good file and what must hold where it accepts another.

A reader refuses with an exception of ``REFUSALS`` or returns problems. Where it accepts, its
values equal those of a reader that is not ours, or of the good file.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.records.result import Result
from paralbench.records.strict_text import parse_json, parse_toml
from paralbench.screener.bundle import Bundle, write
from paralbench.submission import archive
from paralbench.submission.loading import load
from paralbench.submission.recomputation import recomputed
from tests.screener import bundles

REFUSALS = (ParalbenchError, ValueError, OSError)
"""What a reader may raise; ``zipfile.BadZipFile`` is made a refusal where an archive is opened."""

_ROOT = Path(__file__).parents[2]
_RESULTS = _ROOT / "leaderboard" / "results"
_NAME = "log-mel/voice-prompts-language/sgd-probe.json"


@dataclass(frozen=True)
class Reader:
    """``good`` makes the file; ``read`` refuses a changed one, or checks that nothing changed its
    meaning (AssertionError)."""

    good: Callable[[], bytes]
    read: Callable[[bytes], None]


def _result() -> bytes:
    return (_RESULTS / _NAME).read_bytes()


def _table() -> bytes:
    return (_RESULTS / _NAME).with_suffix(".parquet").read_bytes()


def _card() -> bytes:
    return (_ROOT / "models" / "log-mel" / "model.toml").read_bytes()


def _read_json(content: bytes) -> None:
    assert parse_json(content) == json.loads(content)
    Result.checked(parse_json(content), "fuzz")


def _read_toml(content: bytes) -> None:
    values = parse_toml(content)
    assert values == tomllib.loads(content.decode())
    ModelCard.checked(values, "fuzz")


def _loaded(result: bytes, table: bytes) -> None:
    """A result whose table stands beside it: its problems are refusals, else scores follow."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / _NAME
        place.parent.mkdir(parents=True)
        place.write_bytes(result)
        place.with_suffix(".parquet").write_bytes(table)
        loaded, problems = load(Path(folder), _NAME)
        if loaded is None or problems:
            raise ParalbenchError("refused")
        if recomputed(loaded, _task()):
            raise ParalbenchError("refused")
    original, _ = load(_RESULTS, _NAME)
    assert original is not None
    assert loaded.result.scores == original.result.scores


@cache
def _task():  # type: ignore[no-untyped-def]
    from paralbench.catalog import Catalog

    return Catalog().task("voice-prompts-language")


def _read_table(content: bytes) -> None:
    """Under the digest of the good table: any change is refused."""
    _loaded(_result(), content)
    assert content == _table()


def _read_forged_table(content: bytes) -> None:
    """Under a digest brought up to date, as by somebody who means it: the scores still follow."""
    values = json.loads(_result())
    values["predictions_sha256"] = hashlib.sha256(content).hexdigest()
    _loaded(json.dumps(values).encode(), content)
    import io

    assert (
        pq.read_table(io.BytesIO(content)).num_rows == pq.read_table(io.BytesIO(_table())).num_rows
    )


@cache
def _archived() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.zip"
        archive.write(file, _members())
        return file.read_bytes()


def _members() -> Mapping[str, bytes]:
    return {
        "manifest.json": b"{}", f"results/{_NAME}": _result(),
        "models/log-mel/model.toml": _card(),
    }  # fmt: skip


def _read_archive(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, to = Path(folder) / "x.zip", Path(folder) / "to"
        file.write_bytes(content)
        to.mkdir()
        try:
            problems = archive.unpack(file, to)
        except Exception as error:
            if type(error).__name__ in ("BadZipFile", "NotImplementedError"):
                raise ParalbenchError("refused") from None
            raise
        if problems:
            raise ParalbenchError("refused")
        members = {
            place.relative_to(to).as_posix(): place.read_bytes()
            for place in to.rglob("*")
            if place.is_file()
        }
        assert all(_members().get(name, member) == member for name, member in members.items())


@cache
def _bundled() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.plb"
        write(file, bundles.manifest(), bundles.members())
        return file.read_bytes()


def _read_bundle(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.plb"
        file.write_bytes(content)
        Bundle.open(file)
        assert content == _bundled()


READERS: Mapping[str, Reader] = {
    "json": Reader(_result, _read_json),
    "toml": Reader(_card, _read_toml),
    "parquet": Reader(_table, _read_table),
    "forged-parquet": Reader(_table, _read_forged_table),
    "zip": Reader(_archived, _read_archive),
    "bundle": Reader(_bundled, _read_bundle),
}
