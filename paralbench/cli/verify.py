"""Check whether a corpus is complete and as distributed, and which errata apply.

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
    parser.add_argument("corpus", help="the corpus ('paralbench list corpora')")
    parser.add_argument("folder", type=Path, help="its folder")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the differences, then the verdict."""
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
    verification = verify(corpus, root, reading)
    if args.json:
        print(json.dumps(verification.told(), indent=1))
    else:
        _print(corpus, verification)
    return 0 if verification.verdict == "complete" else 1


def _print(corpus: Corpus, check: Verification) -> None:
    print(f"{corpus.card.id} in {check.root}: {check.examples} examples, {check.files} audio files")
    _list("missing", check.missing)
    _list("unreadable", check.unreadable)
    _list("doubled ids", check.doubled)
    _list("refused", check.refused)
    if check.superfluous is None:
        print("superfluous: not checked, the card does not declare which files are audio")
    else:
        _list("superfluous, which no example uses", check.superfluous)
    texts = {erratum.id: erratum.says for erratum in corpus.card.errata}
    for name, count in check.errata.items():
        print(f"erratum {name} applies to {count}: {texts.get(name, 'the card does not list it')}")
    if check.synthetic:
        print("made by 'paralbench synth': the counts of the real corpus do not apply to it")
    elif check.differences:
        print(f"{len(check.differences)} of {check.counts} counts differ:")
        print(columns(("count", "expected", "found", "certainty", "source"), [
            (count.what, str(count.expected), str(count.found),
             count.certainty if count.counts else f"{count.certainty}: does not count", count.source)
            for count in check.differences
        ]))  # fmt: skip
    else:
        print(f"all {check.counts} counts of the card are right")
    print(check.verdict)


def _list(title: str, items: Sequence[object]) -> None:
    if items:
        print(f"{title}: {len(items)}")
        for item in items[:_SHOWN]:
            print(f"  {item}")
        if len(items) > _SHOWN:
            print(f"  and {len(items) - _SHOWN} more; --json has all")
