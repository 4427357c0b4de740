"""Score a head on each layer of an encoder alone, and on the learned weighting of all layers."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.analyses import analyse_entries
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.evaluation.preparation import Preparation
    from paralbench.records.layer_analysis import LayerAnalysis

EXAMPLE = (
    "paralbench layers --task iemocap-emotion --data ~/IEMOCAP_full_release --model wavlm-base-plus"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    options.add_entries(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Analyse the entries; print a table for each and write a file beside its result."""
    from paralbench.evaluation.benchmark import Benchmark
    from paralbench.evaluation.layers import analyse
    from paralbench.results import files

    request = options.request(args)
    cache = options.cache(args)
    benchmark = Benchmark(options.catalog(args), request, cache, args.results)

    def analysed(prepared: Preparation) -> LayerAnalysis:
        layers = range(prepared.entry.encoders[0].card.layers)
        alone = (benchmark.again(prepared.entry, layers=layer) for layer in layers)
        return analyse(prepared, alone, cache, engine=request.engine, say=options.say)

    write = partial(files.write_layers, args.results)
    return analyse_entries(args, benchmark, analysed, write, _table)


def _table(analysis: LayerAnalysis) -> str:
    most = max(analysis.weights)
    rows = [
        (
            str(layer),
            f"{score.value:.3f}",
            f"[{score.interval.low:.3f}, {score.interval.high:.3f}]",
            f"{share:.3f} {'#' * round(20 * share / most)}",
        )
        for layer, (score, share) in enumerate(zip(analysis.single, analysis.weights, strict=True))
    ]
    learned = analysis.learned
    rows.append(
        ("all", f"{learned.value:.3f}", f"[{learned.interval.low:.3f}, {learned.interval.high:.3f}]", "")
    )  # fmt: skip
    data = ", SYNTHETIC data" if analysis.synthetic else ""
    title = f"{analysis.task}  {analysis.model}  {analysis.head}{data}"
    headings = ("layer", f"{learned.metric.upper()} alone", "95 % interval", "learned share")
    return f"{title}\n{columns(headings, rows, terminal_width())}"
