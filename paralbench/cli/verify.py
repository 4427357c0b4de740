"""Tell whether a corpus is complete and as distributed, and which errata apply.

Exit codes: 0 complete; 1 incomplete; 3 not this corpus.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system.text_table import columns

if TYPE_CHECKING:
    from paralbench.catalog import Corpus
    from paralbench.corpora.verifying import Verification

EXAMPLE = "paralbench verify iemocap ~/IEMOCAP_full_release"
_SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_catalog(parser)
    parser.add_argument("corpus", help="which corpus ('paralbench list corpora')")
    parser.add_argument("folder", type=Path, help="where it lies")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what differs, then the verdict."""
    from paralbench.corpora.locating import locate
    from paralbench.corpora.reading import read
    from paralbench.corpora.verifying import verify

    corpus = options.catalog(args).corpus(args.corpus)
    if not args.folder.exists():
        raise UsageError(f"the folder {args.folder} does not exist.")
    try:
        root = locate(corpus.card, {corpus.card.id: args.folder})
        reading = read(corpus, root)
    except ParalbenchError as error:
        if args.json:
            print(json.dumps({"verdict": "not this corpus", "reason": str(error)}, indent=1))
        else:
            print(f"{error}\nnot this corpus")
        return error.exit_code
    found = verify(corpus, root, reading)
    if args.json:
        print(json.dumps(found.told(), indent=1))
    else:
        _print(corpus, found)
    return 0 if found.verdict == "complete" else 1


def _print(corpus: Corpus, found: Verification) -> None:
    print(f"{corpus.card.id} in {found.root}: {found.examples} examples, {found.files} audio files")
    _list("missing", found.missing)
    _list("unreadable", found.unreadable)
    _list("doubled ids", found.doubled)
    _list("refused", found.refused)
    if found.superfluous is None:
        print("superfluous: not looked for, the card does not say which files are audio")
    else:
        _list("superfluous, which no example uses", found.superfluous)
    said = {erratum.id: erratum.says for erratum in corpus.card.errata}
    for name, count in found.errata.items():
        print(f"erratum {name} applies to {count}: {said.get(name, 'the card does not list it')}")
    if found.synthetic:
        print("made by 'paralbench synth': the counts of the real corpus do not apply to it")
    elif found.differences:
        print(f"{len(found.differences)} of {found.counts} counts differ:")
        print(columns(("count", "expected", "found", "certainty", "source"), [
            (one.what, str(one.expected), str(one.found),
             one.certainty if one.counts else f"{one.certainty}: does not count", one.source)
            for one in found.differences
        ]))  # fmt: skip
    else:
        print(f"all {found.counts} counts of the card are right")
    print(found.verdict)


def _list(what: str, items: Sequence[object]) -> None:
    if items:
        print(f"{what}: {len(items)}")
        for item in items[:_SHOWN]:
            print(f"  {item}")
        if len(items) > _SHOWN:
            print(f"  and {len(items) - _SHOWN} more; --json has all")
