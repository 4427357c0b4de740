"""Pack all results of a model into one archive, unless validation would refuse them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import paralbench
from paralbench.catalog import REFERENCES, Catalog
from paralbench.records.errors import UsageError
from paralbench.records.model_card import ModelCard
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
        UsageError: if the model has no results, no card, or weights outside its folder.
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
    if model.startswith(REFERENCES):
        raise _without_card(catalog.model(model).card.id, model.removeprefix("dir:"))
    selected = [file for file in files.find(results) if file.parents[1].name == model]
    if not selected:
        models = sorted({file.parents[1].name for file in files.find(results)})
        raise UsageError(
            f"there are no results of '{model}' in {results}; there are of: {', '.join(models) or 'none'}."
        )
    try:
        streams = catalog.streams(model)
    except UsageError as error:
        raise _without_card(model, "PATH_OR_ID") from error
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
    for stream in streams:
        _check_weights(catalog.model(stream).card)
        for file in sorted(catalog.model(stream).folder.iterdir()):
            name = f"{layout.MODELS}/{stream}/{file.name}"
            if file.is_file() and layout.allowed(name, packed=True):
                contents[name] = file.read_bytes()
    return contents


def _check_weights(card: ModelCard) -> None:
    for source in card.weights:
        if source.kind == "folder" and (
            source.path.startswith("..") or Path(source.path).is_absolute()
        ):
            raise UsageError(
                f"the card of '{card.id}' names its weights by a path of this machine, '{source.path}'. For "
                'a submission put them beside the card and write path = "weights"; results that were '
                "made with this card are then made again with --again, from the same features."
            )


def _without_card(model: str, source: str) -> UsageError:
    return UsageError(
        f"'{model}' has no card, which a submission needs: paralbench new-model {model} --in my-catalog "
        f"--from {source}. Fill in licence and training data, then submit --catalog my-catalog "
        f"--model {model}; its results stay current."
    )
