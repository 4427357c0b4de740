"""What a result says of code and machine."""

from __future__ import annotations

from paralbench.records.task_card import TaskCard
from paralbench.results import provenance
from tests.evaluation.cases import task


def test_the_engine_is_the_sources_among_the_components() -> None:
    key = {"head.sources": "a", "metric.uar.sources": "1 c", "seeds": "0", "data": "d"}
    made = provenance.provenance(task(), key, {})
    assert made.key == key
    for name, moves in (("head.sources", True), ("metric.uar.sources", True), ("data", False)):
        other = provenance.provenance(task(), {**key, name: "else"}, {})
        assert (other.engine != made.engine) == moves


def test_a_cards_digest_is_of_what_it_decides() -> None:
    card = task()
    assert provenance.card_digest(card) == provenance.card_digest(TaskCard(**card.model_dump()))
    assert provenance.card_digest(card) != provenance.card_digest(task(version=2))
    assert provenance.card_digest(card) == provenance.card_digest(task(title="better put"))
    assert provenance.card_digest(card) == provenance.card_digest(task(where={}))


def test_the_machine_and_the_packages_are_reported() -> None:
    output = provenance.provenance(task(), {}, {"fitting": 1.23456})
    assert output.seconds == {"fitting": 1.235}
    assert {"numpy", "torch", "soundfile"} <= set(output.packages)
    assert output.hardware["cores"] >= 1
    assert output.hardware["processor"]
