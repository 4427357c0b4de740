"""What a model has heard: by its card, by overlaps, by hand; the committed file is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.contamination import derived, exposure, read, text
from paralbench.leaderboard.board import tables
from paralbench.records.contamination import Exposure, Ledger, Overlap
from paralbench.records.model_card import ModelCard
from tests.leaderboard.boards import result

FILE = Path(__file__).parents[2] / "leaderboard" / "contamination.toml"
SHARED = Overlap(
    corpora=["daic-woz", "e-daic"], kind="shared", certainty="found", source="same talks"
)
POSSIBLE = Overlap(
    corpora=["Tubes", "mosei"], kind="possible", certainty="inferred", source="both of a site"
)


def _card(*heard: str, how: str = "pretrained", **more: object) -> ModelCard:
    record: dict[str, object] = {
        "id": "m", "title": "M", "backend": "python", "rate": 16000, "layers": 1, "width": 1,
        "parameters": 5, "licence": "none", "citation": "none", **more,
        "training": [{"corpus": item, "how": how, "certainty": "found"} for item in heard],
    }  # fmt: skip
    return ModelCard.checked(record, "test")


def test_the_committed_file_is_current() -> None:
    output = "run python -m paralbench.corpora.contamination leaderboard/contamination.toml"
    assert FILE.read_text(encoding="utf-8") == text(derived(Catalog(), read(FILE))), output


@pytest.mark.parametrize(
    ("card", "corpus", "state"),
    [
        (_card(parameters=0), "iemocap", "clean"),
        (_card(weights=[{"kind": "seeded", "seed": 0}]), "iemocap", "clean"),
        (_card(), "iemocap", "unknown"),
        (_card("LibriSpeech"), "iemocap", "unknown"),
        (_card("LibriSpeech", training_complete=True), "iemocap", "clean"),
        (_card("CMU-MOSEI"), "cmu-mosei", "trained"),
        (_card("IEMOCAP", how="tuned", training_complete=True), "iemocap", "tuned"),
        (_card("E-DAIC", training_complete=True), "daic-woz", "trained"),
        (_card("E-DAIC", training_complete=True), "e-daic", "trained"),
        (_card("Tubes", training_complete=True), "mosei", "unknown"),
        (_card("mosei", training_complete=True), "daic-woz", "clean"),
    ],
)
def test_what_the_cards_say(card: ModelCard, corpus: str, state: str) -> None:
    actual = exposure(card, corpus, [SHARED, POSSIBLE])
    assert actual.state == state
    assert actual.clean == (state == "clean")
    assert actual.source


def test_what_was_declared_by_hand_goes_first_and_stays(tmp_path: Path) -> None:
    by_hand = Exposure(
        state="tuned", certainty="found", source='its authors "said" so', declared=True
    )
    stale = Exposure(state="clean", certainty="found", source="an older card")
    catalog = Catalog()
    ledger = derived(catalog, Ledger(models={"wavlm-large": {"iemocap": by_hand, "emodb": stale}}))
    assert ledger.models["wavlm-large"]["iemocap"] == by_hand
    assert ledger.models["wavlm-large"]["emodb"] != stale
    (tmp_path / "contamination.toml").write_text(text(ledger), encoding="utf-8")
    again = read(tmp_path / "contamination.toml")
    assert again == ledger
    assert derived(catalog, again) == ledger
    assert read(tmp_path / "nothing.toml") is None


def test_the_known_cases_of_the_field() -> None:
    models = derived(Catalog()).models
    assert models["emotion2vec-base"]["msp-podcast"].state == "trained"
    assert models["emotion2vec-base"]["emodb"].state == "unknown"
    assert models["wavlm-large"]["iemocap"].state == "clean"
    assert models["wavlm-large"]["msp-podcast"].state == "unknown"
    assert models["whisper-large-v3"]["iemocap"].state == "unknown"
    assert models["egemaps"]["iemocap"].state == "clean"
    assert "manifest" not in models["egemaps"]


def test_several_encoders_are_as_the_worst_of_them() -> None:
    clean, trained = (
        Exposure(state=state, certainty="found", source="s") for state in ("clean", "trained")
    )
    ledger = Ledger(models={"a": {"c": clean}, "b": {"c": trained}})
    assert ledger.exposure(["a"], "c").clean
    assert ledger.exposure(["a", "b"], "c") == trained
    assert ledger.exposure(["a", "nobody"], "c").state == "unknown"


def test_it_stands_beside_the_score() -> None:
    entry = result("a")
    recorded = Exposure(state="trained", certainty="found", source="s")
    ledger = Ledger(models={"a": {entry.data.corpus: recorded}})
    (table,) = tables([entry, result("b")], ledger=ledger)
    assert {row.result.model.id: row.exposure.state for row in table.rows} == {
        "a": "trained",
        "b": "unknown",
    }
