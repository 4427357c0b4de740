"""``make board``: the committed board made again, from nothing but packages.

Fetches the open corpora and the models whose weights come inside ordinary packages, runs every head on
every open task with the nulls beside and all conditions, profiles the entries, and builds the site.
Entries whose result is current are skipped, so a stopped run goes on where it was.

    python -m benchmarks.make_board                                     everything
    python -m benchmarks.make_board --task game-voices-affect --model log-mel --head knn
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from paralbench.catalog import Catalog, Model
from paralbench.cli.main import main as paralbench
from paralbench.records.model_card import PackageWeights

HEADS = ("linear-probe", "knn", "mlp", "hrf-conformer", "haffformer")
CORPORA = ("voice-prompts", "game-voices")
MODELS = (
    "log-mel", "mfcc", "egemaps", "ge2e", "speech-embedding", "turn-end", "campplus-embedding",
    "whisper-tiny.en",
)  # fmt: skip
"""Models whose true weights come inside ordinary packages, or that need none."""
_TRAINED = {"hrf-conformer", "haffformer", "mlp"}
"""Networks: their test clips are scored clean only, where a condition would cost the most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the worst exit code of the verbs."""
    catalog = Catalog()
    tasks = [task.id for name in CORPORA for task in catalog.corpus(name).tasks]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.make_board", description=__doc__)
    add = parser.add_argument
    add("--task", nargs="+", default=tasks, choices=tasks, metavar="TASK")
    add("--model", nargs="+", default=list(MODELS), metavar="MODEL")
    add("--head", nargs="+", default=list(HEADS), metavar="HEAD")
    add("--results", type=Path, default=Path("leaderboard/results"), metavar="DIR")
    add("--site", type=Path, default=Path("leaderboard/site"), metavar="DIR")
    args = parser.parse_args(arguments)
    codes = [_verb("fetch", name) for name in _needed(catalog, args.task)]
    codes += [_verb("fetch", name) for name in args.model if _packaged(catalog.model(name))]
    results = ["--results", str(args.results)]
    for model in args.model:
        for head in args.head:
            under = [] if head in _TRAINED else ["--under", "all"]
            codes.append(
                _verb(
                    "run", "--task", *args.task, "--model", model, "--head", head, "--nulls",
                    *under, *results,
                )
            )  # fmt: skip
    codes.append(_verb("leaderboard", "build", *results, "--site", str(args.site)))
    return max(codes)


def _needed(catalog: Catalog, tasks: Sequence[str]) -> list[str]:
    """The corpora of the tasks, each once."""
    return list(dict.fromkeys(catalog.task(task).corpus for task in tasks))


def _packaged(model: Model) -> bool:
    """Whether its weights come inside a package that has to be fetched."""
    return any(isinstance(weights, PackageWeights) for weights in model.card.weights)


def _verb(*arguments: str) -> int:
    began = time.process_time()
    code = paralbench(list(arguments))
    print(
        f"[{time.process_time() - began:.0f} CPU s, exit {code}] paralbench {' '.join(arguments)}",
        file=sys.stderr,
        flush=True,
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
