"""The cross-corpus matrix: trained on the row's task, tested on the column's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paralbench.records.result import Result
from paralbench.system.text_table import columns


@dataclass(frozen=True)
class Matrix:
    """One model and head over the tasks of a label set; a cell that was not run is missing.

    ``cells`` holds results by (trained, tested). The diagonal is each task under its own protocol.
    """

    labels: str
    model: str
    head: str
    synthetic: bool
    trained: tuple[str, ...]
    tested: tuple[str, ...]
    cells: Mapping[tuple[str, str], Result]

    @property
    def name(self) -> str:
        """The name of its file, without a suffix."""
        made = ".synthetic" if self.synthetic else ""
        return f"{self.labels}.{self.model}.{self.head}{made}"

    def csv(self) -> str:
        """One line a cell, with a header."""
        lines = ["trained,tested,metric,score,low,high"]
        for (trained, tested), cell in sorted(self.cells.items()):
            score = cell.score(cell.ranking)
            numbers = (score.value, score.interval.low, score.interval.high)
            lines.append(
                f"{trained},{tested},{score.metric},{','.join(f'{number:.6f}' for number in numbers)}"
            )
        return "\n".join([*lines, ""])


def matrices(results: Iterable[Result]) -> list[Matrix]:
    """The matrices of these results, in order of label set, model and head."""
    grouped: dict[tuple[bool, str, str, str], dict[tuple[str, str], Result]] = defaultdict(dict)
    for result in results:
        if result.transfer is not None:
            transfer = result.transfer
            key = (result.data.synthetic, transfer.labels, result.model.id, result.head)
            grouped[key][transfer.trained, transfer.tested] = result
    return [
        Matrix(
            labels, model, head, synthetic,
            trained=tuple(sorted({trained for trained, _ in cells})),
            tested=tuple(sorted({tested for _, tested in cells})),
            cells=cells,
        )
        for (synthetic, labels, model, head), cells in sorted(
            grouped.items(), key=lambda item: item[0]
        )
    ]  # fmt: skip


def render(matrix: Matrix) -> str:
    """The matrix for the terminal: each cell a score and its interval."""
    rows = []
    for trained in matrix.trained:
        cells = [matrix.cells.get((trained, tested)) for tested in matrix.tested]
        rows.append([trained, *("-" if cell is None else _cell(cell) for cell in cells)])
    data = ", SYNTHETIC data" if matrix.synthetic else ""
    title = f"{matrix.labels}: {matrix.model}, {matrix.head}, UAR; trained on the row{data}"
    return f"{title}\n{columns(('', *matrix.tested), rows)}"


def _cell(result: Result) -> str:
    score = result.score(result.ranking)
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"
