"""Results: scores with intervals and predictions, as records, DataFrames and tables to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import paralbench.results.files as result_files
from paralbench.evaluation.benchmark import Failed
from paralbench.records import result as records
from paralbench.records.errors import CardError, UsageError
from paralbench.records.example import Example
from paralbench.records.interval import Interval

if TYPE_CHECKING:
    import pandas as pd

NO_NUMBERS = "it arranges scores that were computed"


@dataclass(frozen=True)
class Result:
    """The result of a model with a head on a task.

    Attributes:
        record: all that is known of it, as its JSON file has it.
        file: that file; the predictions are beside it.
        examples: the task's examples by their id in the predictions, where it was run here.
        refused: inputs that were not scored, with the reason.
    """

    record: records.Result
    file: Path
    examples: Mapping[str, Example] = field(default_factory=dict, repr=False)
    refused: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The task's id."""
        return self.record.task

    @property
    def model(self) -> str:
        """The model's id."""
        return self.record.model.id

    @property
    def head(self) -> str:
        """The head's name."""
        return self.record.head

    @property
    def metric(self) -> str:
        """The metric that entries of this task are ranked by."""
        return self.record.ranking

    @property
    def score(self) -> float:
        """That metric over all test examples, the mean over seeds."""
        return self.record.score(self.metric).value

    @property
    def interval(self) -> Interval:
        """Its 95 % interval (``low``, ``high``), from resampling speakers, or what the task declares."""
        return self.record.score(self.metric).interval

    @property
    def scores(self) -> dict[str, records.Score]:
        """Every reported metric by name: value, interval, by seed, by fold, by group, chance."""
        return {score.metric: score for score in self.record.scores}

    @property
    def status(self) -> str:
        """Whether it can be ranked: "ranked", "incomplete", "synthetic", "unverified" or "null"."""
        return self.record.standing

    @property
    def predictions(self) -> pd.DataFrame:
        """A row for each test example and seed (and step, of a series).

        Columns: ``example`` (a salted hash), ``cluster``, ``fold``, ``seed``, ``truth``,
        ``predicted``, a probability ``p:CLASS`` for each class, and subgroups ``by:NAME``. Where it was
        run here, the first columns are ``file``, ``start``, ``end`` (Timedelta; of several clips, the
        first clip's) and ``id``, which stay on this machine: no result file has them.

        Raises:
            ParalbenchError: where they are missing, or are not those that the result was made from.
        """
        import pandas as pd
        import pyarrow.parquet as pq

        from paralbench.results import predictions

        predictions.read(self.file, self.record)  # verifies them
        frame = pq.read_table(self.file.with_suffix(".parquet")).to_pandas()
        if not self.examples:
            return frame
        examples = [self.examples[name] for name in frame["example"]]
        clips = [example.clips[0] for example in examples]
        frame.insert(0, "file", [str(clip.path) for clip in clips])
        frame.insert(1, "start", pd.to_timedelta([clip.start for clip in clips], unit="s"))
        ends = [float("nan") if clip.end is None else clip.end for clip in clips]
        frame.insert(2, "end", pd.to_timedelta(ends, unit="s"))
        frame.insert(3, "id", [example.id for example in examples])
        return frame

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each metric, as :meth:`Results.to_dataframe` gives them in long format."""
        return Results((self,)).to_dataframe(format="long")

    def __repr__(self) -> str:
        low, high = self.interval.low, self.interval.high
        return (
            f"<Result {self.task} {self.model} {self.head}: {self.metric.upper()} "
            f"{self.score:.3f} [{low:.3f}, {high:.3f}], {self.status}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            [
                score.metric.upper(),
                f"{score.value:.3f}",
                f"[{score.interval.low:.3f}, {score.interval.high:.3f}]",
                "" if score.chance is None else f"{score.chance:.3f}",
            ]
            for score in self.record.scores
        ]
        about = f"{self.model}, {self.head}, {self.record.data.scored} examples, {self.status}"
        parts = [
            f"<h4>{escape(self.task)}</h4><p>{escape(about)}</p>",
            html_table(["metric", "score", "95 % interval", "chance"], rows),
        ]
        if self.record.confusion:
            parts.append(_confusion(self.record.classes, self.record.confusion))
        return "".join(parts)


@dataclass(frozen=True)
class Results(Sequence[Result]):
    """Several results, in order; ``failed`` names entries that could not be run, with the reason.

    ``refused`` are result files that could not be read, with the reason.
    """

    results: tuple[Result, ...]
    failed: tuple[Failed, ...] = ()
    refused: tuple[tuple[Path, str], ...] = ()

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        if isinstance(index, slice):
            return Results(self.results[index], self.failed, self.refused)
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def to_dataframe(self, format: Literal["wide", "long"] = "wide") -> pd.DataFrame:  # noqa: A002
        """The scores as a DataFrame.

        Args:
            format: ``"wide"``: a row for each (model, head), a column for each task with its ranking
                metric, NaN where there is no result. ``"long"``: a row for each task, model, head and
                metric, with score, interval, chance, status and number of examples.

        Raises:
            UsageError: for another format.
        """
        import pandas as pd

        rows = [
            {
                "task": result.task,
                "model": result.model,
                "head": result.head,
                "metric": score.metric,
                "score": score.value,
                "low": score.interval.low,
                "high": score.interval.high,
                "chance": score.chance,
                "ranking": score.metric == result.metric,
                "status": result.status,
                "synthetic": result.record.data.synthetic,
                "examples": result.record.data.scored,
            }
            for result in self.results
            for score in result.record.scores
        ]
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        if format == "long":
            return frame
        if format != "wide":
            raise UsageError(f"format is 'wide' or 'long', got '{format}'.")
        ranking = frame[frame["ranking"].astype(bool)]
        # A result on synthetic data stands beside, not in the place of, one on the corpus.
        tasks = ranking["task"].where(
            ~ranking["synthetic"].astype(bool), ranking["task"] + " (synthetic)"
        )
        return ranking.assign(task=tasks).pivot(
            index=["model", "head"], columns="task", values="score"
        )

    def __repr__(self) -> str:
        lines = [repr(result) for result in self.results]
        lines += [f"<failed {f.task} {f.model} {f.head}: {f.error}>" for f in self.failed]
        return "\n".join(lines) or "<no results>"

    def _repr_html_(self) -> str:
        tasks = list(dict.fromkeys((result.task, result.metric) for result in self.results))
        entries = list(dict.fromkeys((result.model, result.head) for result in self.results))
        cells = {(r.model, r.head, r.task): _cell(r) for r in self.results}
        rows = [
            [model, head, *(cells.get((model, head, task), "") for task, _ in tasks)]
            for model, head in entries
        ]
        headings = ["model", "head", *(f"{task} ({metric.upper()})" for task, metric in tasks)]
        failures = "".join(
            f"<p>failed: {escape(f'{f.task} {f.model} {f.head}: {f.error}')}</p>"
            for f in self.failed
        )
        return html_table(headings, rows) + failures


_COLUMNS = [
    "task", "model", "head", "metric", "score", "low", "high", "chance", "ranking", "status",
    "synthetic", "examples",
]  # fmt: skip


def load_results(folder: Path | str = "leaderboard/results") -> Results:
    """The results below a folder, as ``paralbench run`` or :func:`evaluate` wrote them.

    Args:
        folder: the folder; files that are no results are in ``refused``, with the reason.

    Raises:
        UsageError: where there is no such folder.

    Example:
        >>> import tempfile
        >>> import paralbench as pb
        >>> len(pb.load_results(tempfile.mkdtemp()))
        0
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise UsageError(f"there is no folder of results {root}.")
    results, refused = [], []
    for file in result_files.find(root):
        try:
            results.append(Result(result_files.read(file), file))
        except CardError as error:
            refused.append((file, str(error)))
    return Results(tuple(results), refused=tuple(refused))


def html_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for a notebook; every cell is escaped."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(result: Result) -> str:
    low, high = result.interval.low, result.interval.high
    mark = "" if result.status == "ranked" else f" {result.status}"
    return f"{result.score:.3f} [{low:.3f}, {high:.3f}]{mark}"


def _confusion(classes: Sequence[str], counts: Sequence[Sequence[float]]) -> str:
    """The confusion matrix as shares of each true class, darker where there are more."""

    def cell(count: float, total: float) -> Any:
        share = count / total if total else 0.0
        colour = "#fff" if share > 0.5 else "#000"
        style = f"background:rgba(8,81,156,{share:.2f});color:{colour}"
        return f'<td style="{style}">{share:.2f}</td>'

    head = "".join(f"<th>{escape(name)}</th>" for name in classes)
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(cell(count, sum(row)) for count in row)}</tr>"
        for name, row in zip(classes, counts, strict=True)
    )
    return (
        "<p>Confusion matrix, shares of each true class (rows)</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
