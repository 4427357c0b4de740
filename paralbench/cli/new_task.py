"""Create a corpus folder with one task; its example adapter reads a CSV or class folders."""

from __future__ import annotations

import argparse

from paralbench.cli.scaffold import add_folder, write

EXAMPLE = "paralbench new-task my-lab --in my-catalog"

_CORPUS = """id = "{name}"
title = "{name}"
licence = "who may use the recordings, and how"
access = "own" # open, request, agreement, membership or own
obtain = "How to get the corpus; shown to users when it is not found."
citation = "the publication to cite"
"""

_TASK = """id = "{name}-class"
version = 1
corpus = "{name}"
title = "Classes of {name}"
about = "What is to be recognised, and which cues could reveal the label without it."
term = "short" # short, medium or long recordings

[target]
kind = "class" # class or number
label = "target"
# classes = ["one", "other"] # fixes the classes and their order; by default the data declare them

[protocol]
kind = "group-folds"
by = "speaker"
folds = 5
never_cross = ["speaker"]
cluster = "speaker"
development = { by = "speaker", share = 0.2 }

[metrics]
ranking = "uar"
report = ["uar", "wa", "macro-f1"]
"""

_ADAPTER = '''"""Reads the label files of {name} into Examples; it must not decode audio.

This example reads the same input as the task 'manifest': a CSV with the columns path, target,
speaker and so on, or a folder for each class.
"""

from collections.abc import Iterable
from pathlib import Path

from paralbench.corpora.manifest import read_manifest
from paralbench.records.example import Example, Refusal


def read(root: Path) -> Iterable[Example | Refusal]:
    """One Example per recording; a Refusal for a row that cannot be used."""
    return read_manifest(root)
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_folder(parser, "corpus")


def run(args: argparse.Namespace) -> int:
    """Write tasks/<name>/ in the catalogue folder."""
    folder = args.into / "tasks" / args.name.replace("-", "_")
    write(folder, args.name, {"corpus.toml": _CORPUS, "class.toml": _TASK, "adapter.py": _ADAPTER})
    print(
        f"{folder} works as it is. Try:\n"
        f"  paralbench run --catalog {args.into} --task {args.name}-class --data YOUR.csv --model log-mel"
    )
    return 0
