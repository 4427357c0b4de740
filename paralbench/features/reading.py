"""Reads the stored records of clips; those that are damaged are extracted again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.extraction import extract
from paralbench.features.store import FeatureStore, Loaded, Mapped
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip

NO_NUMBERS = "records are bytes under a checksum"


def read(
    encoder: LoadableEncoder,
    clips: Mapping[bytes, Clip],
    store: FeatureStore,
    keys: Sequence[bytes],
    *,
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Loaded | Mapped:
    """The records of ``keys``, in order: pooled ones in memory, longer ones as maps of the file.

    ``clips`` are those of the keys; the other arguments are those of ``extract``.

    Raises:
        KeyError: for a key that is not stored.
        ParalbenchError: where a damaged record cannot be extracted again.
    """
    records = _stored(store, keys)
    if not records.corrupt:
        return records
    damaged = {keys[place]: clips[keys[place]] for place in records.corrupt}
    subject = f"{len(damaged)} damaged records of {encoder.card.id}"
    say(f"{subject} are extracted again.")
    extraction = extract(
        encoder, damaged, store, renew=list(damaged), engine=engine, quiet=quiet, say=say
    )
    for key, reason in extraction.refused.items():
        raise ParalbenchError(
            f"{store.folder}: {subject} cannot be extracted again: {reason} "
            f"[{clips[key].path.name}]."
        )
    records = _stored(store, keys)
    if records.corrupt:
        raise ParalbenchError(
            f"{store.folder}: {len(records.corrupt)} damaged records of {encoder.card.id} directly "
            "after extraction; the disk does not store what is written."
        )
    return records


def _stored(store: FeatureStore, keys: Sequence[bytes]) -> Loaded | Mapped:
    return store.load(keys) if store.key.spec.kind == "pooled" else store.map(keys)
