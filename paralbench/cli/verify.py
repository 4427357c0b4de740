"""Check whether a corpus is complete and as distributed, and which errata apply.

Exit codes: 0 complete, or nothing to compare with; 1 incomplete, or counts that differ; 3 not this
corpus.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system.text_table import columns, terminal_width

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
    """Print a summary, the details, then the verdict."""
    from paralbench.corpora.locating import PartsMissingError, locate
    from paralbench.corpora.reading import read
    from paralbench.corpora.verifying import verify

    corpus = options.catalog(args).corpus(args.corpus)
    if not args.folder.exists():
        raise UsageError(f"the folder {args.folder} does not exist.")
    try:
        root = locate(corpus.card, {corpus.card.id: args.folder})
    except PartsMissingError as error:
        return _without("incomplete", error, 1, args.json)
    except ParalbenchError as error:
        return _without("not this corpus", error, error.exit_code, args.json)
    try:
        reading = read(corpus, root)
    except ParalbenchError as error:
        return _without("incomplete", error, 1, args.json)
    verification = verify(corpus, root, reading)
    if args.json:
        print(json.dumps(verification.as_json(), indent=1))
    else:
        _print(corpus, verification)
    return 0 if verification.verdict in ("complete", "nothing to compare") else 1


def _without(verdict: str, error: ParalbenchError, code: int, as_json: bool) -> int:
    """The verdict on a folder that cannot be read as the corpus."""
    if as_json:
        print(json.dumps({"verdict": verdict, "reason": str(error)}, indent=1))
    else:
        print(f"{error}\n{verdict}")
    return code


def _print(corpus: Corpus, check: Verification) -> None:
    print(f"{corpus.card.id}: {check.summary}; {check.verdict}")
    print(f"in {check.root}: {check.examples} examples, {check.files} audio files")
    for file in check.absent:
        print(f"absent: {file}")
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
    elif check.releases:
        known = ", ".join(check.releases)
        print(f"release {check.release}" if check.release else f"no known release ({known})")
    if check.differences:
        print(f"{len(check.differences)} of {check.counts} counts differ:")
        print(columns(("count", "expected", "found", "certainty", "source"), [
            (count.what, str(count.expected), str(count.found), count.certainty, count.source)
            for count in check.differences
        ], terminal_width()))  # fmt: skip
    elif check.counts:
        print(f"all {check.counts} counts of the card are right")
    elif not check.synthetic:
        print("the card has no count to compare with")
    print(check.verdict)


def _list(title: str, items: Sequence[object]) -> None:
    if items:
        print(f"{title}: {len(items)}")
        for item in items[:_SHOWN]:
            print(f"  {item}")
        if len(items) > _SHOWN:
            print(f"  and {len(items) - _SHOWN} more; --json has all")
