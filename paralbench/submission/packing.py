"""Pack all results of a model into one archive, unless validation would refuse them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import paralbench
from paralbench.catalog import Catalog
from paralbench.records.errors import UsageError
from paralbench.records.submission import Manifest
from paralbench.results import files
from paralbench.submission import archive, layout
from paralbench.submission.contents import digests
from paralbench.submission.validation import Report, validate


def pack(
    model: str, results: Path, catalog: Catalog, to: Path, against: Path | None = None
) -> Report:
    """Write the archive, reproducibly; nothing if it is refused.

    Args:
        model: a model's id, or several joined by '+'.
        results: folder of results.
        catalog: with the model's card.
        to: the zip file.
        against: results on the board.

    Raises:
        UsageError: if the model has no results.
    """
    contents = _contents(model, results, catalog)
    manifest = Manifest(model=model, paralbench=paralbench.__version__, files=digests(contents))
    contents[layout.MANIFEST] = manifest.model_dump_json(indent=1).encode() + b"\n"
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".paralbench-", dir=to.parent) as folder:
        scratch = Path(folder) / to.name
        archive.write(scratch, contents)
        report = validate(scratch, catalog, against)
        if not report.problems:
            scratch.replace(to)
    return replace(report, name=str(to))


def _contents(model: str, results: Path, catalog: Catalog) -> dict[str, bytes]:
    selected = [file for file in files.find(results) if file.parents[1].name == model]
    if not selected:
        models = sorted({file.parents[1].name for file in files.find(results)})
        raise UsageError(
            f"there are no results of '{model}' in {results}; there are of: {', '.join(models) or 'none'}."
        )
    together = [
        path
        for file in selected
        for path in (file, file.with_suffix(".parquet"), files.conditions_path(file))
    ]
    taken = [path for path in together if path.is_file()]
    verdict = results / model / "conformance.json"
    if verdict.is_file():
        taken.append(verdict)
    contents = {
        f"{layout.RESULTS}/{file.relative_to(results).as_posix()}": file.read_bytes()
        for file in taken
    }
    for stream in catalog.streams(model):
        for file in sorted(catalog.model(stream).folder.iterdir()):
            name = f"{layout.MODELS}/{stream}/{file.name}"
            if file.is_file() and layout.allowed(name, packed=True):
                contents[name] = file.read_bytes()
    return contents
