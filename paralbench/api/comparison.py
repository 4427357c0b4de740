"""Comparison of two results on the same examples."""

from __future__ import annotations

from dataclasses import dataclass

from paralbench.api.results import Result, html_table
from paralbench.evaluation.comparing import Contender
from paralbench.evaluation.comparing import compare as compare_contenders
from paralbench.records.interval import Interval
from paralbench.records.result import Paired
from paralbench.results import predictions

NO_NUMBERS = "it arranges what was compared"


@dataclass(frozen=True)
class Comparison:
    """``a`` minus ``b``, paired over the speakers of the test examples; ``record`` holds all numbers."""

    a: Result
    b: Result
    record: Paired

    @property
    def difference(self) -> float:
        """The score of ``a`` minus that of ``b``."""
        return self.record.difference

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the difference."""
        return self.record.interval

    @property
    def p(self) -> float:
        """The p-value of the paired test that ``record.test`` names."""
        return self.record.p

    @property
    def detectable(self) -> float | None:
        """The smallest difference that these examples show at the 5 % level in four of five cases."""
        return self.record.detectable

    def __repr__(self) -> str:
        return (
            f"<Comparison {self.a.task}, {self.record.metric.upper()}: {_entry(self.a)} minus "
            f"{_entry(self.b)} {self.difference:+.3f} [{self.interval.low:+.3f}, "
            f"{self.interval.high:+.3f}], p = {self.p:.4f}>"
        )

    def _repr_html_(self) -> str:
        row = [
            _entry(self.a),
            _entry(self.b),
            f"{self.difference:+.3f}",
            f"[{self.interval.low:+.3f}, {self.interval.high:+.3f}]",
            f"{self.p:.4f}",
        ]
        return html_table(["a", "b", self.record.metric.upper(), "95 % interval", "p"], [row])


def compare(a: Result, b: Result, metric: str | None = None) -> Comparison:
    """Compare two results of one task on the same examples.

    Args:
        a: a result with its predictions.
        b: another.
        metric: its name; by default the task's ranking metric.

    Raises:
        UsageError: where they differ in task, version, data or examples.
        ParalbenchError: where predictions are missing.
    """
    contenders = [
        Contender(str(result.file), result.record, *predictions.read(result.file, result.record))
        for result in (a, b)
    ]
    (pair,) = compare_contenders(contenders, metric)
    return Comparison(a, b, pair.paired)


def _entry(result: Result) -> str:
    return f"{result.model} {result.head}"
