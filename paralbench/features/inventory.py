"""An inventory of the store by key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from paralbench.features.key import FeatureKey
from paralbench.features.store import FeatureStore

NO_NUMBERS = "it lists the store"


@dataclass(frozen=True, slots=True)
class Holding:
    """The features of one key; equal features have equal digests."""

    folder: Path
    model: str
    kind: str
    records: int
    bytes: int
    digest: str

    def json(self) -> dict[str, object]:
        """The fields as JSON."""
        return {
            "model": self.model, "kind": self.kind, "records": self.records, "bytes": self.bytes,
            "digest": self.digest, "folder": str(self.folder),
        }  # fmt: skip


def holdings(root: Path) -> list[Holding]:
    """All features below a store's root, by model and kind."""
    inventory = []
    for file in sorted((root / "features").glob("*/space.json")):
        key = FeatureKey.restored(json.loads(file.read_text(encoding="utf-8")))
        store = FeatureStore(root, key, file.parent)
        size = sum(part.stat().st_size for part in file.parent.iterdir())
        records = len(store.index())
        inventory.append(
            Holding(file.parent, key.model, key.spec.kind, records, size, store.digest())
        )
    return sorted(inventory, key=lambda holding: (holding.model, holding.kind, holding.folder.name))
