"""A result as text for the terminal: the score, what is behind it, and a table over entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.records.result import Paired, RaterScore, Result, Score

_CLASSES = 8
"""A confusion matrix of more classes is wider than a terminal; its largest cells are named instead."""


def headline(result: Result) -> str:
    """Task, model, head, score with interval, chance and standing."""
    score = result.score(result.ranking)
    chance = "" if score.chance is None else f" (chance {score.chance:.3f})"
    groups = "".join(
        f"  {group} {'undefined' if value is None else f'{value:.3f}'}"
        for group, value in score.by_group.items()
    )
    standing = result.standing + (f": {result.standing_reason}" if result.standing_reason else "")
    return (
        f"{result.task}  {result.model.id}  {result.head}  {score.metric.upper()} {_value(score)}"
        f"{chance}{groups}  {standing}"
    )


def details(result: Result) -> list[str]:
    """Confusion matrix with recalls; means over folds; raters; the largest gap; forms; conditions."""
    parts = (_confusion, _fold_means, _annotators, _gap, _forms, _conditions)
    return [line for part in parts for line in part(result)]


def _fold_means(result: Result) -> list[str]:
    """The means over folds that the task's card asks for, as some publications report them."""
    means = [
        f"{score.metric.upper()} {score.fold_mean:.3f}"
        for score in result.scores
        if score.fold_mean is not None
    ]
    return [f"mean over folds, as some publications report it: {', '.join(means)}"] if means else []


def _annotators(result: Result) -> list[str]:
    """What raters reach in the metrics of the result, and the floor of the cross-entropy."""
    raters = result.annotators
    if raters is None:
        return []
    scores = {score.metric: score for score in result.scores}
    rows = [
        (held_out.metric.upper(), _value(scores[held_out.metric]), _value(held_out))
        for held_out in raters.held_out
    ]
    head = ("", "model", "held-out rater")
    return [
        *columns(head, rows, terminal_width()).splitlines(),
        f"floor of CROSS-ENTROPY, the raters' entropy: {_value(raters.floor)}; "
        f"{raters.votes:.1f} votes an example",
    ]


def _conditions(result: Result) -> list[str]:
    """The score under each condition, and the change from the clean score with its interval."""
    rows = [
        (
            item.condition, f"{item.score.value:.3f}", f"{item.paired.difference:+.3f}",
            f"[{item.paired.interval.low:+.3f}, {item.paired.interval.high:+.3f}]",
            ", ".join(f"{sex} {change:+.3f}" for sex, change in item.by_sex.items()),
        )
        for item in result.conditions
    ]  # fmt: skip
    if not rows:
        return []
    return columns(("under", result.ranking.upper(), "change", "95 % interval", ""), rows).split(
        "\n"
    )


def closing_table(results: Sequence[Result]) -> list[str]:
    """All entries of each task, best first, a null beside them; nothing for one entry alone."""
    from paralbench.metrics import metric

    lines: list[str] = []
    for task in dict.fromkeys(result.task for result in results):
        entries = [result for result in results if result.task == task]
        if len(entries) < 2:
            continue
        higher = metric(entries[0].ranking).higher_is_better
        entries.sort(key=lambda r: r.score(r.ranking).value, reverse=higher)
        chance = entries[0].score(entries[0].ranking).chance
        rows = [
            (r.model.id, r.head, _value(r.score(r.ranking)), "null" if r.standing == "null" else "")
            for r in entries
        ]
        if chance is not None:
            rows.append(("chance", "", f"{chance:.3f}", ""))
        lines += [
            "",
            columns((task, "head", entries[0].ranking.upper(), ""), rows, terminal_width()),
        ]
        lines += _beside_null(entries, higher)
    return lines


def next_commands(results: Sequence[tuple[Result, Path]]) -> list[str]:
    """What to run next."""
    models = [(result, file) for result, file in results if result.standing != "null"]
    if not models:
        return []
    lines = [f"paralbench errors {models[0][1]}"]
    if len(models) > 1:
        lines.append(f"paralbench compare {models[0][1]} {models[1][1]}")
    return ["", "next: " + lines[0], *(f"      {line}" for line in lines[1:])]


def _value(score: Score | RaterScore) -> str:
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


def _beside_null(entries: Sequence[Result], higher: bool) -> list[str]:
    """A sentence where a null, which cannot know the answer, is within the best model's interval."""
    nulls = [result for result in entries if result.standing == "null"]
    models = [result for result in entries if result.standing != "null"]
    if not nulls or not models:
        return []
    best, null = models[0].score(models[0].ranking), nulls[0].score(nulls[0].ranking)
    reaches = null.value >= best.interval.low if higher else null.value <= best.interval.high
    if not reaches:
        return []
    return [
        f"{nulls[0].model.id} reaches {null.value:.3f} from {_reads(nulls[0].model.id)} alone, within "
        f"the interval of {models[0].model.id}: the classes differ in that, and the score may rest on it."
    ]


def _reads(null: str) -> str:
    return {
        "null-duration": "the clips' length",
        "null-channel": "level, bandwidth and noise",
        "null-non-speech": "what is not speech",
        "null-metadata": "age, sex, language and site",
        "null-words": "the words",
    }.get(null, "what its card names")


def _confusion(result: Result) -> list[str]:
    matrix, classes = result.confusion, result.classes
    if not matrix:
        return []
    recalls = [row[place] / sum(row) if sum(row) else None for place, row in enumerate(matrix)]
    if len(classes) <= _CLASSES:
        rows = [
            (name, *(f"{count:.0f}" for count in matrix[place]), _recall(recalls[place]))
            for place, name in enumerate(classes)
        ]
        table = columns(("truth \\ predicted", *classes, "recall"), rows, terminal_width())
        return [line.rstrip() for line in table.splitlines()]
    lines = ["recall: " + ", ".join(f"{n} {_recall(r)}" for n, r in zip(classes, recalls, strict=True))]  # fmt: skip
    mistakes = sorted(
        ((matrix[i][j], classes[i], classes[j]) for i in range(len(classes)) for j in range(len(classes)) if i != j),
        reverse=True,
    )  # fmt: skip
    named = ", ".join(f"{truth} as {other} {count:.0f}" for count, truth, other in mistakes[:5])
    return [*lines, f"most frequent confusions: {named}"]


def _recall(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _gap(result: Result) -> list[str]:
    """A line for the attribute with the largest gap in the ranking metric."""
    gaps = [
        (subgroup.gap.difference, subgroup.attribute, subgroup.gap)
        for subgroup in result.subgroups
        if subgroup.metric == result.ranking and subgroup.gap is not None
    ]
    if not gaps:
        return []
    _, attribute, gap = max(gaps, key=lambda row: row[:2])
    return [
        f"largest gap: {attribute} {gap.high} above {gap.low} by {gap.difference:.3f} "
        f"[{gap.interval.low:+.3f}, {gap.interval.high:+.3f}] {result.ranking.upper()}"
    ]


def _forms(result: Result) -> list[str]:
    """Lines for the folded and compressed forms of the head, and for its control."""
    lines = []
    if result.forms is not None and result.forms.trained != result.forms.deployed:
        trained, deployed = result.forms.trained, result.forms.deployed
        lines.append(
            f"folded: parameters {trained.parameters:,} to {deployed.parameters:,}, MACs "
            f"{trained.macs / 1e6:.1f} M to {deployed.macs / 1e6:.1f} M, {1000 * trained.latency:.2f} ms to "
            f"{1000 * deployed.latency:.2f} ms; outputs differ by {result.forms.difference:.0e}, "
            f"{result.forms.changed} predictions changed"
        )
    if result.control is not None:
        lines.append(f"plain control {_paired(result.control.score, result.control.paired)}")
    lines += [
        f"{form.form}, {form.share:.0%} of the bytes, {_paired(form.score, form.paired)}"
        for form in result.compressed
    ]
    return lines


def _paired(score: Score, paired: Paired) -> str:
    return (
        f"{score.metric.upper()} {score.value:.3f}, difference {paired.difference:+.3f} "
        f"[{paired.interval.low:+.3f}, {paired.interval.high:+.3f}], p = {paired.p:.3f}"
    )
