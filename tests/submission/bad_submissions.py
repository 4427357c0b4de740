"""Every way we know to spoil a submission, each with the words it is refused with."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.submission.spoiling import (
    CARD,
    RESULT,
    TABLE,
    Files,
    Spoil,
    cell,
    column,
    columns_changed,
    gone,
    json_of,
    list_files,
    raw,
    rows_kept,
    setting,
    table_of,
    text,
    with_bytes,
    with_json,
    with_table,
)


def _flipped(columns: dict[str, list[Any]]) -> None:
    """The first wrong prediction becomes right, probabilities and all."""
    pairs = zip(columns["truth"], columns["predicted"], strict=True)
    place = next(number for number, (truth, predicted) in enumerate(pairs) if truth != predicted)
    other = {"low": "high", "high": "low"}[columns["predicted"][place]]
    columns["predicted"][place] = other
    columns["p:low"][place], columns["p:high"][place] = (
        columns["p:high"][place], columns["p:low"][place],
    )  # fmt: skip


def _without_cluster(columns: dict[str, list[Any]]) -> None:
    del columns["cluster"]


def _moved(files: Files) -> None:
    files["results/bands/toy-tone/mlp.json"] = files.pop(RESULT)
    files["results/bands/toy-tone/mlp.parquet"] = files.pop(TABLE)
    list_files(files)


def _doubled_entry(files: Files) -> None:
    document = json_of(files)
    document["head"] = "mlp"
    files["results/bands/toy-tone/mlp.json"] = json.dumps(document).encode()
    files["results/bands/toy-tone/mlp.parquet"] = files[TABLE]
    list_files(files)


def _deep(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def _nested(files: Files) -> None:
    document = json_of(files)
    document["training"]["settings"]["x"] = json.loads(_deep(40))
    with_json(files, document)


def _bomb(files: Files) -> None:
    """A million rows of the same pack into next to nothing, times sixty columns."""
    column = pa.array(np.zeros(1_000_000))
    buffer = io.BytesIO()
    pq.write_table(pa.table([column] * 60, [f"c{n}" for n in range(60)]), buffer)
    with_bytes(files, buffer.getvalue())


def _long_word(files: Files) -> None:
    table = table_of(files)
    place = table.column_names.index("example")
    words = pa.array(["x" * 100_000] * table.num_rows)
    with_table(files, table.set_column(place, "example", words))


def _other_card(files: Files) -> None:
    files[CARD] = files[CARD].replace(b"parameters = 0", b"parameters = 5")
    files[CARD] += b'\n[[weights]]\nkind = "seeded"\nseed = 1\n'
    list_files(files)


def _repeated_seed(files: Files) -> None:
    rows = table_of(files).to_pylist()
    first = {(row["example"], row["cluster"]): row for row in rows if row["seed"] == 0}
    copied = [{**first[row["example"], row["cluster"]], "seed": row["seed"]} for row in rows]
    with_table(files, pa.Table.from_pylist(copied, schema=table_of(files).schema))


def _tied(files: Files) -> None:
    """Probabilities of one half, and each prediction right."""

    def change(columns: dict[str, list[Any]]) -> None:
        columns["p:low"] = columns["p:high"] = [0.5] * len(columns["truth"])
        columns["predicted"] = columns["truth"]

    columns_changed(change)(files)


def _of_another(files: Files) -> None:
    for name in (RESULT, TABLE):
        files[name.replace("bands", "other")] = files[name]
    list_files(files)


def _new_model(backend: bytes) -> Spoil:
    """A second card, of a model that no catalogue has, with a Python file."""

    def spoil(files: Files) -> None:
        card = files[CARD].replace(b'id = "bands"', b'id = "other"')
        if backend:
            lines = [line for line in card.splitlines(True) if not line.startswith(b"backend")]
            card = backend + b"".join(lines)
        files["models/other/model.toml"] = card
        files["models/other/extra.py"] = b"x = 1"
        list_files(files)

    return spoil


def _inflated(files: Files) -> None:
    document = json_of(files)
    for score in document["scores"]:
        score["value"] = min(1.0, score["value"] + 0.05)
        score["by_seed"] = dict.fromkeys(score["by_seed"], score["value"])
    with_json(files, document)


KINDS: dict[str, tuple[Spoil, str]] = {
    "score edited": (setting("scores/0/value", 0.123), "scores.0.value: expected"),
    "scores edited together": (_inflated, "scores.0.value: expected"),
    "interval narrowed": (
        setting("scores/0/interval/low", lambda v: v + 0.01),
        "scores.0.interval.low: expected",
    ),
    "interval's clusters": (
        setting("scores/0/interval/clusters", 80),
        "scores.0.interval.clusters",
    ),
    "seed's score edited": (setting("scores/0/by_seed/1", 0.123), "scores.0.by_seed.1: expected"),
    "seed's score left out": (
        setting("scores/0/by_seed", {"0": 0.5}),
        "scores.0.by_seed.1: expected",
    ),
    "fold's score edited": (setting("scores/0/by_fold/2", 0.123), "scores.0.by_fold.2: expected"),
    "group's score invented": (
        setting("scores/0/by_group", {"sex=f": 0.9}),
        "scores.0.by_group.sex=f: got",
    ),
    "chance lowered": (setting("scores/0/chance", 0.1), "scores.0.chance: expected"),
    "confusion edited": (setting("confusion/0/0", lambda v: v + 1), "confusion.0.0: expected"),
    "calibration edited": (
        setting("calibration/after/0/errors/ece", 0.0),
        "calibration.after.0.errors.ece: expected",
    ),
    "scaling edited": (
        setting("calibration/after/1/fits/0/factor", 9.0),
        "calibration.after.1.errors.brier: expected",
    ),
    "scaling of a fold left out": (
        setting("calibration/after/0/fits", lambda v: v[1:]),
        "calibration.after.0.fits: expected one for each tested fold and seed",
    ),
    "older metric": (setting("scores/0/version", 0), "scores.0.version: expected"),
    "other metric": (setting("scores/1/metric", "f1"), "scores.1.metric: expected"),
    "metric left out": (setting("scores", lambda v: v[:1]), "scores: expected 2"),
    "ranked by another": (setting("ranking", "wa"), "ranking: expected 'uar'"),
    "NaN in the text": (text(b'"value": ', b'"value": NaN, "x": '), "holds NaN"),
    "infinite score": (setting("scores/0/value", 10**400), "beyond 64 bits (key 'scores.0.value')"),
    "unknown key": (
        text(b'"schema_version"', b'"surprise": 1, "schema_version"'),
        "unknown key 'surprise'",
    ),
    "doubled key": (
        text(b'"standing"', b'"standing": "ranked", "standing"'),
        "has the key 'standing' twice",
    ),
    "later schema": (setting("schema_version", 99), "key 'schema_version'"),
    "not JSON": (raw(RESULT, b"{"), "expected JSON"),
    "no table of keys": (raw(RESULT, b"[]"), "expected a table of keys"),
    "nested without end": (raw(RESULT, _deep(200_000)), "nested more than"),
    "nested deeply": (_nested, "nested more than"),
    "predictions missing": (gone(TABLE), "are missing"),
    "predictions' digest": (
        setting("predictions_sha256", "0" * 64),
        "predictions_sha256: expected the sha256",
    ),
    "predictions no table": (
        lambda files: with_bytes(files, b"PAR1" * 9),
        "expected predictions as the run wrote them",
    ),
    "predictions too large": (_bomb, " cells in "),
    "a word a hundred thousand letters long": (_long_word, "expected words of at most 200 bytes"),
    "seed left out": (rows_kept(lambda row: row["seed"] == 0), "seeds: expected 1"),
    "fold left out": (
        rows_kept(lambda row: row["fold"] > 0),
        "folds: expected 3 from the predictions, got 4",
    ),
    "seed picked": (column("seed", lambda seed: seed + 7), "seeds must not be selected"),
    "seeds of a deterministic head": (
        setting("head", "linear-probe"),
        "seed: expected the seed 0 alone, got [0, 1]; 'linear-probe' is deterministic",
    ),
    "hard example left out": (
        rows_kept(lambda row: row["cluster"] > 0),
        "data.scored: expected 28",
    ),
    "example left out of a seed": (
        rows_kept(lambda row: (row["seed"], row["cluster"]) != (1, 0)),
        "predictions under seed 1",
    ),
    "example doubled": (
        rows_kept(lambda row: row["cluster"] == 0, twice=True),
        "more than once under one seed",
    ),
    "true names": (column("example", lambda name: f"speaker/{name}"), "expected salted hashes"),
    "fold changed under a seed": (cell("fold", 3), "expected the same fold"),
    "cluster in two folds": (
        column("cluster", lambda number: number // 3),
        "tested in more than one fold",
    ),
    "truth changed under a seed": (
        columns_changed(
            lambda c: c["truth"].__setitem__(0, {"low": "high", "high": "low"}[c["truth"][0]])
        ),
        "another truth under another seed",
    ),
    "prediction flipped": (columns_changed(_flipped), "from the predictions, got"),
    "probabilities off": (column("p:low", lambda p: p / 2), "expected probabilities that sum to 1"),
    "probability negative": (cell("p:low", -0.5), "expected probabilities, got -0.5"),
    "probability NaN": (cell("p:low", float("nan")), "holds NaN"),
    "not the most probable": (
        column("predicted", lambda _: "low"),
        "another class than the most probable",
    ),
    "unknown class": (
        column("predicted", lambda _: "middle"),
        "'middle' in the column 'predicted'",
    ),
    "column missing": (
        columns_changed(_without_cluster),
        "'cluster' is missing",
    ),
    "column too many": (
        columns_changed(lambda columns: columns.update(extra=columns["fold"])),
        "'extra' does not belong",
    ),
    "empty table": (rows_kept(lambda row: False), "the table is empty"),
    "ranked but incomplete": (setting("data/listed", 40), "standing: expected 'incomplete'"),
    "declared changed": (setting("data/declared", 16), "data.declared: expected 32"),
    "examples lost silently": (setting("data/listed", 33), "expected a reason for each"),
    "synthetic as real": (setting("data/synthetic", True), "standing: expected 'synthetic'"),
    "reason invented": (setting("standing_reason", "great"), "standing_reason: expected"),
    "class counts": (setting("data/classes/low", 1), "data.classes.low: expected 16"),
    "audit without a fold": (
        setting("audit/folds", lambda v: v[1:]),
        "audit.folds: expected each of 8",
    ),
    "audit's counts": (setting("audit/folds/0/test", 1), "audit.folds.0.test: expected the 8"),
    "audit of another group": (
        setting("audit/never_cross", ["text"]),
        "audit.never_cross: expected ['speaker']",
    ),
    "audit that crosses": (setting("audit/crossing", {"speaker": 2}), "may never cross"),
    "task's version": (setting("task_version", 2), "task_version: expected 1"),
    "task's digest": (
        setting("provenance/task_card", "f" * 64),
        "provenance.task_card: expected the digest",
    ),
    "another target": (setting("target/label", "mood"), "target: expected"),
    "another task": (setting("task", "toy-other"), "there is no task 'toy-other'"),
    "model's weights": (setting("model/weights", "f" * 64), "model.weights: expected none"),
    "model's size": (setting("model/parameters", 1), "model.parameters: expected 0"),
    "no such model": (setting("model/id", "nobody"), "there is no card of 'nobody'"),
    "another card": (_other_card, "differs from the catalogue's card of 'bands'"),
    "another adapter": (raw("models/bands/adapter.py", b"def load(): ..."), "is not the file that"),
    "code beside a card": (raw("models/bands/setup.py", b"x = 1"), "has no such file"),
    "code beside a new card": (
        _new_model(b""),
        "models/other/extra.py: no backend loads it",
    ),
    "a new model without its code": (
        _new_model(b'backend = "python"\n'),
        "models/other/adapter.py: the backend of 'other' needs it",
    ),
    "at another place": (
        _moved,
        "holds the entry that belongs to bands/toy-tone/sgd-probe.json",
    ),
    "entry twice": (_doubled_entry, "is the entry that"),
    "path in a name": (setting("head", "../../etc"), "key 'head'"),
    "markup in a title": (setting("task_title", "<script>alert(1)</script>"), "got markup"),
    "markup in a reason": (
        setting("data/refused", [{"subject": "0" * 24, "reason": "<b>"}]),
        "got markup",
    ),
    "a head that does not exist": (setting("head", "best-head"), "there is no head 'best-head'"),
    "one seed five times": (_repeated_seed, "the outputs under seed 1 are those under seed 0"),
    "ties that fall on the truth": (_tied, "rows with equal probabilities predict another class"),
    "another model's results": (_of_another, "belongs to 'other'; the submission is of 'bands'"),
    "another model's card": (_new_model(b""), "belongs to 'other'; the submission is of 'bands'"),
    "another corpus's card": (
        setting("cards/corpus/id", "emodb"),
        "cards.corpus.id: expected 'toy'",
    ),
    "another task's card": (setting("cards/task/version", 7), "cards.task: expected"),
    "an unknown release": (setting("data/release", "9.9"), "data.release: expected one of []"),
    "hidden characters": (setting("task_title", "good\u202ebad"), "got control characters"),
    "path of a machine": (
        setting("data/refused", [{"subject": "0" * 24, "reason": "see /home/me/x.wav"}]),
        "no path of a machine",
    ),
    "licensed name": (
        setting("data/refused", [{"subject": "Ses01F_001", "reason": "short"}]),
        "expected a salted hash",
    ),
    "negative cost": (setting("provenance/seconds/fitting", -1.0), "expected no negative number"),
    "negative parameters": (
        setting("training/trained_parameters", -1),
        "expected no negative number",
    ),
    "audio heard": (setting("audio/fraction", 0.5), "audio.fraction: expected"),
    "from the future": (
        setting("provenance/created", "2999-01-01T00:00:00+00:00"),
        "lies in the future",
    ),
    "no date": (setting("provenance/created", "yesterday"), "expected an ISO 8601 time"),
    "later platform": (setting("provenance/paralbench", "99.0"), "or older, got"),
    "entry no digest": (setting("entry", "mine"), "entry: expected a sha256"),
    "file too many": (
        raw("results/bands/toy-tone/run.sh", b"true"),
        "a submission has no such file",
    ),
    "file not listed": (
        raw("models/bands/NOTES.md", b"x", listed=False),
        "the manifest does not name this file",
    ),
    "file listed and gone": (gone(CARD), "names a file that is missing"),
    "file changed": (raw(RESULT, b"{}", listed=False), "expected the sha256"),
    "manifest broken": (raw("manifest.json", b"{}", listed=False), "the key 'model' is missing"),
    "stray predictions": (
        lambda files: raw("results/bands/toy-tone/mlp.parquet", files[TABLE])(files),
        "have no result beside them",
    ),
    "verdict of another": (
        raw(
            "results/bands/conformance.json",
            json.dumps(
                {
                    "model": "x",
                    "encoder": "e",
                    "findings": [{"check": "c", "outcome": "passed", "sentence": "s"}],
                    "paralbench": "0",
                    "packages": {},
                    "seconds": 1,
                }
            ).encode(),
        ),
        "model: expected 'bands'",
    ),
}
