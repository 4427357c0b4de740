"""Result files on disk: <model>/<task>/<head>.json, with the predictions beside it in Parquet."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.records.card import Card
from paralbench.records.layer_analysis import LayerAnalysis
from paralbench.records.learning_curve import LearningCurve
from paralbench.records.result import Result
from paralbench.records.verdict import Verdict
from paralbench.system.atomic_file import write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

NO_NUMBERS = "it writes and reads what others computed"

_VERDICT = "conformance.json"
_LAYERS = ".layers.json"
CONDITIONS = ".conditions.parquet"
"""How the name of the predictions under conditions ends."""


def result_path(root: Path, task: str, model: str, head: str, synthetic: bool) -> Path:
    """The file of an entry's result below ``root``.

    >>> result_path(Path("results"), "sewa-arousal", "log-mel", "mlp", True).as_posix()
    'results/log-mel/sewa-arousal/mlp.synthetic.json'
    """
    return root / model / task / f"{head}{'.synthetic' if synthetic else ''}.json"


def parquet(table: pa.Table) -> tuple[bytes, str]:
    """A table's bytes and their sha256."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    content = buffer.getvalue()
    return content, hashlib.sha256(content).hexdigest()


def write(root: Path, result: Result, predictions: bytes, conditions: bytes | None = None) -> Path:
    """Write a result and its predictions, each atomically, the result last.

    Args:
        root: folder of results.
        result: what to write.
        predictions: its table.
        conditions: the table of the predictions under conditions; None leaves the one that the result
            names where it is.

    Raises:
        ValueError: for NaN or infinity anywhere in the result.
    """
    file = result_path(root, result.task, result.model.id, result.head, result.data.synthetic)
    content = _encoded(result)
    write_atomically(file.with_suffix(".parquet"), predictions)
    if conditions is not None:
        write_atomically(conditions_path(file), conditions)
    write_atomically(file, content)
    if result.conditions_sha256 is None:
        conditions_path(file).unlink(missing_ok=True)
    return file


def conditions_path(file: Path) -> Path:
    """The table of predictions under conditions beside a result.

    >>> conditions_path(Path("mlp.synthetic.json")).as_posix()
    'mlp.synthetic.conditions.parquet'
    """
    return file.with_name(file.name.removesuffix(".json") + CONDITIONS)


def read(file: Path) -> Result:
    """Read a result; raises CardError with file and key where it is invalid."""
    return Result.from_json(file)


def find(root: Path) -> Iterator[Path]:
    """All result files below ``root``, sorted."""
    yield from sorted(file for file in root.glob("*/*/*.json") if not file.name.endswith(_LAYERS))


def layers_path(root: Path, analysis: LayerAnalysis) -> Path:
    """<head>.layers.json beside the result of the same entry."""
    file = result_path(root, analysis.task, analysis.model, analysis.head, analysis.synthetic)
    return file.with_name(file.name.removesuffix(".json") + _LAYERS)


def write_layers(root: Path, analysis: LayerAnalysis) -> Path:
    """Write the layers of an entry at :func:`layers_path`, atomically."""
    file = layers_path(root, analysis)
    write_atomically(file, _encoded(analysis))
    return file


def find_layers(root: Path) -> Iterator[Path]:
    """All layer analyses below ``root``, sorted."""
    yield from sorted(root.glob(f"*/*/*{_LAYERS}"))


def write_curve(root: Path, curve: LearningCurve) -> Path:
    """Write <model>/<task>/<head>.json below ``root``, a folder of curves, atomically."""
    file = result_path(root, curve.task, curve.model, curve.head, curve.synthetic)
    write_atomically(file, _encoded(curve))
    return file


def write_verdict(root: Path, verdict: Verdict) -> Path:
    """Write <model>/conformance.json atomically."""
    file = root / verdict.model / _VERDICT
    write_atomically(file, _encoded(verdict))
    return file


def verdict(root: Path, model: str) -> Verdict | None:
    """A model's verdict, None where it was not checked; raises CardError as :func:`read` does."""
    file = root / model / _VERDICT
    return Verdict.from_json(file) if file.is_file() else None


def _encoded(card: Card) -> bytes:
    # pydantic's JSON mode would write NaN as null.
    text = json.dumps(card.model_dump(), indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def has_predictions(file: Path, result: Result) -> bool:
    """Whether the predictions that a result was made from are beside it, those under conditions too."""
    tables = [(file.with_suffix(".parquet"), result.predictions_sha256)]
    if result.conditions_sha256 is not None:
        tables.append((conditions_path(file), result.conditions_sha256))
    try:
        return all(
            hashlib.sha256(place.read_bytes()).hexdigest() == digest for place, digest in tables
        )
    except FileNotFoundError:
        return False
