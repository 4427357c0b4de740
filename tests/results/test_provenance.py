"""What a result says of code and machine."""

from __future__ import annotations

from pathlib import Path

import paralbench
from paralbench.records.task_card import TaskCard
from paralbench.results import provenance
from tests.evaluation.cases import task


def test_the_engine_is_every_file_that_can_change_a_score(tmp_path: Path) -> None:
    """A package beside the real one, changed in one file at a time."""
    package = Path(paralbench.__file__).parent
    rooms = {file.relative_to(package).parts[0] for file in package.rglob("*.py")}
    assert set(provenance._ROOMS) <= rooms
    assert len(provenance.engine()) == 64
    assert provenance.engine() == provenance.engine.__wrapped__()


def test_a_cards_digest_is_of_what_it_decides() -> None:
    card = task()
    assert provenance.card_digest(card) == provenance.card_digest(TaskCard(**card.model_dump()))
    assert provenance.card_digest(card) != provenance.card_digest(task(version=2))
    assert provenance.card_digest(card) == provenance.card_digest(task(title="better put"))
    assert provenance.card_digest(card) == provenance.card_digest(task(where={}))


def test_the_machine_and_the_packages_are_told() -> None:
    told = provenance.provenance(task(), {"fitting": 1.23456})
    assert told.seconds == {"fitting": 1.235}
    assert {"numpy", "torch", "soundfile"} <= set(told.packages)
    assert told.hardware["cores"] >= 1
    assert told.hardware["processor"]
