"""Checks of a result against its cards: versions, digests, weights, standing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import paralbench
from paralbench import heads
from paralbench.catalog import Catalog
from paralbench.catalog import Model as Known
from paralbench.evaluation.transfer import derived
from paralbench.records.card import Card
from paralbench.records.errors import CardError
from paralbench.records.model_card import ModelCard, PackageWeights, Policy, SeededWeights
from paralbench.records.result import Model, Result
from paralbench.records.task_card import NumberTarget, Partitions, TaskCard
from paralbench.results import files
from paralbench.results.eligibility import eligibility
from paralbench.results.provenance import card_digest
from paralbench.submission.loading import Loaded
from paralbench.submission.problem import Problem, listed, shown
from paralbench.submission.wording import wording

_NONE = "none"
_CLOCK = timedelta(minutes=10)
"""Tolerance for a submitter's clock that is ahead."""


@dataclass(frozen=True)
class Cards:
    """The reviewer's catalogue, and the models that were submitted and are not in it."""

    catalog: Catalog
    submitted: Mapping[str, ModelCard]

    @cached_property
    def models(self) -> Mapping[str, ModelCard]:
        """Model cards by id; the catalogue's own come first."""
        own = {name: model.card for name, model in self.catalog.models.items()}
        return {**self.submitted, **own}

    def own(self, task: TaskCard) -> bool:
        """Whether a task is of somebody's own data."""
        corpus = self.catalog.corpora.get(task.corpus)
        return corpus is not None and corpus.card.access == "own"

    def task(self, result: Result) -> TaskCard:
        """The card of a result's task; for a cross-corpus one, derived from both.

        Raises:
            UsageError: for an unknown task.
        """
        transfer = result.transfer
        if transfer is None:
            return self.catalog.task(result.task)
        return derived(
            transfer.labels,
            self.catalog.label_set(transfer.labels),
            self.catalog.task(transfer.trained),
            self.catalog.task(transfer.tested),
        )


def submitted(folder: Path | None, catalog: Catalog) -> tuple[dict[str, ModelCard], list[Problem]]:
    """Model cards of a submission; they must equal those of the catalogue."""
    cards: dict[str, ModelCard] = {}
    problems = []
    for place in sorted(folder.iterdir()) if folder else []:
        name = f"models/{place.name}/model.toml"
        try:
            card = ModelCard.from_toml(place / "model.toml")
        except CardError as error:
            message = str(error).removeprefix(f"{place / 'model.toml'}: ").removesuffix(".")
            problems.append(Problem(name, "", message))
            continue
        problems += wording(name, card.model_dump(mode="json"))
        if card.id != place.name:
            message = f"expected '{place.name}', the folder's name, got '{card.id}'"
            problems.append(Problem(name, "id", message))
            continue
        known = catalog.models.get(card.id)
        if known is not None and known.card != card:
            fields = sorted(
                key
                for key in ModelCard.model_fields
                if getattr(card, key) != getattr(known.card, key)
            )
            message = f"differs from the catalogue's card of '{card.id}' in {', '.join(fields)}"
            problems.append(Problem(name, "", message))
        problems += _sources(place, card, known)
        cards[card.id] = card
    return cards, problems


def _sources(place: Path, card: ModelCard, known: Known | None) -> Iterator[Problem]:
    """Files beside a submitted card: those of the catalogue's folder, byte for byte, or those that
    a new model needs; a Python file that nothing loads is refused too."""
    needed = {"adapter.py"} if card.backend == "python" else set()
    for name in sorted(needed | {file.name for file in place.iterdir()} - {"model.toml"}):
        file, relative = place / name, f"models/{place.name}/{name}"
        if known is not None:
            ours = known.folder / name
            if not ours.is_file():
                yield Problem(relative, "", f"the catalogue's model '{card.id}' has no such file")
            elif not file.is_file() or ours.read_bytes() != file.read_bytes():
                yield Problem(
                    relative, "", f"is not the file that the catalogue has of '{card.id}'"
                )
        elif not file.is_file():
            yield Problem(relative, "", f"the backend of '{card.id}' needs it, it is missing")
        elif name.endswith(".py") and name not in needed:
            yield Problem(relative, "", f"no backend loads it; '{card.id}' may have no other code")


def pins(card: ModelCard) -> set[str]:
    """The digests of weights with which a result is ranked."""
    if not card.weights:
        return {_NONE}
    pinned = set()
    for source in card.weights:
        if isinstance(source, SeededWeights):
            pinned.add(hashlib.sha256(f"seed {source.seed}".encode()).hexdigest())
        elif isinstance(source, PackageWeights):
            pinned.add(source.converted or source.sha256)
        elif source.sha256 and getattr(source, "format", "safetensors") != "pickle":
            pinned.add(source.sha256)
    return pinned


def of_cards(loaded: Loaded, card: TaskCard, cards: Cards) -> list[Problem]:
    """Contradictions to the cards or the path of the result."""
    result = loaded.result
    problems = [
        *_place(loaded),
        *_task(result, card),
        *_models(result, cards),
        *_data(result, cards),
        *_standing(loaded, card, cards),
        *_head(result),
        *_copies_of_cards(result, card),
        *_release(loaded, card, cards),
        *_code(result),
    ]
    return listed(loaded.name, problems)


def _place(loaded: Loaded) -> Iterator[tuple[str, str]]:
    result = loaded.result
    synthetic = result.data.synthetic
    expected = files.result_path(
        Path(), result.task, result.model.id, result.head, synthetic
    ).as_posix()
    if expected != loaded.name:
        yield "", f"holds the entry that belongs to {expected}"


def _task(result: Result, card: TaskCard) -> Iterator[tuple[str, str]]:
    if result.task_version != card.version:
        yield (
            "task_version",
            f"expected {card.version} of the task's card, got {result.task_version}",
        )
    expected = card_digest(card)
    if result.provenance.task_card != expected:
        message = f"expected the digest {expected[:12]} of {card.id} {card.version}, got"
        yield "provenance.task_card", f"{message} {shown(result.provenance.task_card[:12])}"
    for field, declared, actual in (
        ("task", card.id, result.task),
        ("transfer", card.transfer, result.transfer),
        ("target", _keys(card.target), _keys_of(result.target, type(card.target))),
        ("ranking", card.metrics.ranking, result.ranking),
        ("data.corpus", card.corpus, result.data.corpus),
        ("data.declared", card.examples, result.data.declared),
    ):
        if declared != actual:
            yield field, f"expected {shown(declared)} of the task's card, got {shown(actual)}"
    classes = getattr(card.target, "classes", [])
    if classes and classes != result.classes:
        yield (
            "classes",
            f"expected {shown(classes)} of the task's card, got {shown(result.classes)}",
        )


def _models(result: Result, cards: Cards) -> Iterator[tuple[str, str]]:
    model = result.model
    streams = model.streams or [model]
    for number, stream in enumerate(streams):
        place = f"model.streams.{number}" if model.streams else "model"
        yield from _model(place, stream, cards)
    if not model.streams:
        return
    for field in ("weights", "encoder"):
        joined = "\n".join(getattr(stream, field) for stream in streams)
        if getattr(model, field) != hashlib.sha256(joined.encode()).hexdigest():
            yield f"model.{field}", "is not the digest of its streams'"
    if model.id != "+".join(stream.id for stream in streams):
        yield "model.id", f"expected the streams' ids joined by '+', got {model.id}"
    if model.parameters != sum(stream.parameters for stream in streams):
        yield "model.parameters", f"expected the sum of the streams', got {model.parameters}"


def _model(place: str, model: Model, cards: Cards) -> Iterator[tuple[str, str]]:
    card = cards.models.get(model.id)
    if card is None:
        yield (
            f"{place}.id",
            f"there is no card of '{model.id}', neither in the submission nor in the catalogue; that of a "
            "dir: or hf: model is written by 'paralbench new-model'",
        )
        return
    for field, expected in (
        ("parameters", card.parameters),
        ("licence", card.licence),
        ("policy", _keys(card.policy)),
    ):
        actual = getattr(model, field)
        if field == "policy":
            actual = _keys_of(model.policy, Policy)
        if expected != actual:
            yield f"{place}.{field}", f"expected {shown(expected)} of the card, got {shown(actual)}"
    if not card.weights and model.weights != _NONE:
        yield (
            f"{place}.weights",
            f"expected none, as the card has none, got {shown(model.weights)}",
        )
    if len(model.encoder) != 64:
        yield f"{place}.encoder", f"expected a sha256, got {shown(model.encoder)}"


def _data(result: Result, cards: Cards) -> Iterator[tuple[str, str]]:
    data, audio = result.data, result.audio
    if data.listed < data.scored:
        yield "data.listed", f"expected {data.scored} or more, got {data.listed}"
    if data.listed - data.scored > len(data.refused):
        message = f"{data.listed - data.scored} examples are not scored, expected a reason for each"
        yield "data.refused", f"{message}, got {len(data.refused)}"
    access = (
        cards.catalog.corpus(data.corpus).card.access
        if data.corpus in cards.catalog.corpora
        else ""
    )
    if access != "open":
        for number, refused in enumerate(data.refused):
            if len(refused.subject) != 24 or set(refused.subject) - set("0123456789abcdef"):
                message = f"expected a salted hash, for the corpus is not open, got {shown(refused.subject)}"
                yield f"data.refused.{number}.subject", message
    fraction = audio.consumed / audio.asked if audio.asked else 0.0
    if not 0 <= audio.fraction <= 1 or abs(audio.fraction - fraction) > 1e-3:
        message = f"expected {fraction:.4f}, consumed over asked, got {audio.fraction}"
        yield "audio.fraction", message


def _head(result: Result) -> Iterator[tuple[str, str]]:
    if result.head not in heads.names():
        yield "head", f"there is no head {shown(result.head)} in this installation"


def _copies_of_cards(result: Result, card: TaskCard) -> Iterator[tuple[str, str]]:
    """The cards that a result carries are of its own task, corpus and models; the board takes their
    words from the catalogue."""
    if result.cards is None:
        return
    streams = result.model.streams or [result.model]
    for field, expected, actual in (
        ("cards.task", card_digest(card), card_digest(result.cards.task)),
        ("cards.task.id", card.id, result.cards.task.id),
        ("cards.corpus.id", card.corpus, result.cards.corpus.id),
        ("cards.models", [stream.id for stream in streams], [m.id for m in result.cards.models]),
    ):
        if expected != actual:
            yield field, f"expected {shown(expected)} of the catalogue's card, got {shown(actual)}"


def _release(loaded: Loaded, card: TaskCard, cards: Cards) -> Iterator[tuple[str, str]]:
    """A claimed release is one of the corpus's, and its own split bounds the test examples."""
    claimed = loaded.result.data.release
    corpus = cards.catalog.corpora.get(card.corpus)
    if claimed is None or corpus is None:
        return
    known = {release.id: release for release in corpus.card.releases}
    if claimed not in known:
        yield "data.release", f"expected one of {shown(sorted(known))}, got {shown(claimed)}"
        return
    if not isinstance(card.protocol, Partitions):
        return
    tested, parts = loaded.predictions.examples(), card.protocol.test
    for fact in known[claimed].counts:
        if fact.where or not set(parts) <= set(fact.values):
            continue
        most = sum(fact.values[part] for part in parts)
        # A task may leave out what belongs to none of its classes, but no number is without one.
        if tested > most or (isinstance(card.target, NumberTarget) and tested < most):
            yield "data.scored", f"expected {most} test examples of {claimed}, got {tested}"


def _standing(loaded: Loaded, card: TaskCard, cards: Cards) -> Iterator[tuple[str, str]]:
    result, predictions = loaded.result, loaded.predictions
    streams = result.model.streams or [result.model]
    known = [cards.models[model.id] for model in streams if model.id in cards.models]
    expected, reason = eligibility(
        card,
        synthetic=result.data.synthetic,
        listed=result.data.listed,
        scored=result.data.scored,
        classes=result.data.classes,
        tested=predictions.examples(),
        tested_classes=predictions.class_counts(),
        release=result.data.release,
        unknown=result.audit.unknown,
        clusters=result.scores[0].interval.clusters,
        pinned=len(known) == len(streams)
        and all(m.weights in pins(c) for m, c in zip(streams, known, strict=True)),
        null=len(known) == len(streams) and all(card.null for card in known),
        own=cards.own(card),
    )
    if result.standing != expected:
        why = f" ({reason})" if reason else ""
        yield "standing", f"expected '{expected}'{why}, got '{result.standing}'"
    elif result.standing_reason != reason:
        yield "standing_reason", f"expected {shown(reason)}, got {shown(result.standing_reason)}"


def _code(result: Result) -> Iterator[tuple[str, str]]:
    provenance = result.provenance
    for field, value in (("entry", result.entry), ("provenance.engine", provenance.engine)):
        if len(value) != 64 or set(value) - set("0123456789abcdef"):
            yield field, f"expected a sha256, got {shown(value)}"
    if _version(provenance.paralbench) > _version(paralbench.__version__):
        message = f"expected {paralbench.__version__} or older, got {shown(provenance.paralbench)}"
        yield "provenance.paralbench", message
    try:
        created = datetime.fromisoformat(provenance.created)
    except ValueError:
        yield "provenance.created", f"expected an ISO 8601 time, got {shown(provenance.created)}"
        return
    if created.tzinfo is None:
        yield (
            "provenance.created",
            f"expected a time with its zone, got {shown(provenance.created)}",
        )
    elif created > datetime.now(UTC) + _CLOCK:
        yield "provenance.created", f"lies in the future: {provenance.created}"


def _version(text: str) -> tuple[int, ...]:
    """The leading numbers; an invalid version counts as newest."""
    parts = text.split(".")
    if not all(part.isdecimal() for part in parts[:2]):
        return (10**9,)
    return tuple(int(part) for part in parts if part.isdecimal())


def _keys(card: Card) -> dict[str, Any]:
    return card.model_dump(mode="json")


def _keys_of(values: dict[str, Any], kind: type[Card]) -> dict[str, Any]:
    """Values with today's defaults, because a result may be older than a key."""
    try:
        return _keys(kind.checked(values, ""))
    except CardError:
        return values
