"""A small run of everything that makes numbers; a program of its own, so that copies can be run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import paralbench
from paralbench.catalog import Catalog
from paralbench.encoders.loading import loadable
from paralbench.features.digests import digests
from paralbench.features.extraction import extract
from paralbench.features.key import clip_key, feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.example import Clip
from tests.evaluation.toy import score

HEADS: dict[str, dict[str, Any]] = {
    "linear-probe": {},
    "transformer": {"epochs": 2, "width": 8, "blocks": 1, "inner": 8},
}
SPECS = (FeatureSpec(), FeatureSpec("frames", rate=10.0), FeatureSpec().moving(4.0, 1.0))


def numbers(catalog: Path, data: Path, work: Path) -> dict[str, object]:
    """Digests of features of every kind, of predictions, and scores with their intervals."""
    by_name: dict[str, object] = {}
    encoder = loadable(Catalog([catalog]).model("bands"))
    files = digests(sorted(data.rglob("*.wav"))[:4])
    clips = {clip_key(str(digest), Clip(file)): Clip(file) for file, digest in files.items()}
    for spec in SPECS:
        store = FeatureStore(work, feature_key(encoder, spec))
        extract(encoder, clips, store, quiet=True)
        by_name[spec.name] = store.digest()
    for head, settings in HEADS.items():
        result = score(catalog, data, work / head, heads=[head], seeds=(0,), **settings).result
        scores = [[item.value, item.interval.low, item.interval.high] for item in result.scores]
        by_name[head] = [result.predictions_sha256, result.entry, scores]
    return by_name


if __name__ == "__main__":
    catalog, data, work = map(Path, sys.argv[1:])
    print(json.dumps([paralbench.__file__, numbers(catalog, data, work)]))
