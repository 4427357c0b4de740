"""Whole entries on a tiny corpus: what is refused, what is recorded, what stands where."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Failed, Request
from paralbench.features.store import FeatureStore, Loaded
from paralbench.heads import head as find_head
from paralbench.metrics import metric
from paralbench.records.corpus_card import SYNTHETIC_MARK
from paralbench.records.errors import UsageError
from paralbench.results import files
from tests.evaluation import toy
from tests.evaluation.cases import write_tone


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return toy.write_catalog(tmp_path / "catalog")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return toy.write_corpus(tmp_path / "data")


def _predictions(done: Done) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = pq.read_table(done.file.with_suffix(".parquet")).to_pydict()
    return table


def test_a_whole_entry(catalog: Path, data: Path, tmp_path: Path) -> None:
    done = toy.score(catalog, data, tmp_path)
    result = done.result
    assert (result.standing, result.standing_reason) == ("ranked", "")
    assert result.score("uar").value > 0.9
    assert result.data.scored == result.data.listed == toy.SPEAKERS * toy.EACH
    assert result.data.classes == {"low": 16, "high": 16}
    assert np.sum(result.confusion) == pytest.approx(32)
    assert result.audio.asked == pytest.approx(32 * 0.3, abs=0.01)
    assert (result.folds, result.seeds) == (4, [0, 1])
    assert result.score("uar").interval.clusters == toy.SPEAKERS
    assert len(result.training.chosen) == 8
    assert result.calibration is not None
    assert [scaled.method for scaled in result.calibration.after] == ["temperature", "platt"]
    assert len(result.calibration.after[0].fits) == 8
    assert files.read(done.file) == result


def test_scores_are_those_of_the_predictions_beside_them(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    """Recomputed from the Parquet file alone."""
    done = toy.score(catalog, data, tmp_path)
    output = _predictions(done)
    truth, predicted, seeds = (np.array(output[name]) for name in ("truth", "predicted", "seed"))
    by_seed = []
    for seed in (0, 1):
        of_seed = seeds == seed
        assert of_seed.sum() == 32
        right = (truth == predicted)[of_seed]
        by_seed.append(np.mean([right[truth[of_seed] == name].mean() for name in ("low", "high")]))
    score = done.result.score("uar")
    assert score.value == pytest.approx(np.mean(by_seed))
    assert list(score.by_seed.values()) == pytest.approx(by_seed)
    assert np.array(output["p:low"]) + np.array(output["p:high"]) == pytest.approx(1, abs=1e-5)


def test_a_missing_file_is_named_and_the_others_are_scored(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    value = toy.score(catalog, data, tmp_path / "whole")
    (data / "wav" / "3-1.wav").unlink()
    done = toy.score(catalog, data, tmp_path / "part")
    (refusal,) = done.refused
    assert refusal.subject == "wav/3-1.wav"
    assert "does not exist" in refusal.reason
    assert done.result.standing == "incomplete"
    assert done.result.standing_reason == "31 of 32 examples were scored"
    assert done.result.data.scored == 31
    before, after = _folds(value), _folds(done)
    assert set(before) - set(after) == {_name_of_missing(before, after)}
    assert all(before[name] == fold for name, fold in after.items()), "no other example moved"


def _folds(done: Done) -> dict[str, int]:
    output = _predictions(done)
    return dict(zip(output["example"], output["fold"], strict=True))


def _name_of_missing(before: dict[str, int], after: dict[str, int]) -> str:
    (name,) = before.keys() - after.keys()
    return name


def test_a_speaker_whose_only_clip_is_broken_stops_nobody(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    rows = [*toy.usual_rows()[:8], {"path": "wav/empty.wav", "target": "low", "speaker": "x"},
            {"path": "wav/2-1.wav", "target": "high", "speaker": "y"}]  # fmt: skip
    (data / "wav" / "empty.wav").touch()
    toy.write_table(data, rows)
    done = toy.score(catalog, data, tmp_path)
    assert done.result.data.scored == 9
    assert [refusal.subject for refusal in done.refused] == ["wav/empty.wav"]


def test_nan_from_an_encoder_is_a_refusal_never_a_score(data: Path, tmp_path: Path) -> None:
    """The encoder fails on loud audio alone."""
    broken = toy.ENCODER.replace(
        "        return (power", "        if waveform.abs().max() > 0.9:\n"
        "            power = power * float('nan')\n        return (power"
    )  # fmt: skip
    catalog = toy.write_catalog(tmp_path / "broken", encoder=broken)
    import soundfile

    soundfile.write(data / "wav" / "2-2.wav", np.full(8000, 0.99), 16000)
    done = toy.score(catalog, data, tmp_path)
    (refusal,) = done.refused
    assert refusal.subject == "wav/2-2.wav"
    assert "bands returned NaN or infinity" in refusal.reason
    assert done.result.data.scored == 31


def test_the_encoder_must_keep_its_cards_word(data: Path, tmp_path: Path) -> None:
    wrong = toy.ENCODER.replace("8, 5).mean(2)", "4, 10).mean(2)")
    catalog = toy.write_catalog(tmp_path / "wrong", encoder=wrong)
    (failed,) = toy.entries(catalog, data, tmp_path)
    assert isinstance(failed, Failed)
    assert "its card declares [1, frames, 8], the encoder returned [1, 29, 4]" in str(failed.error)


def test_numbers_are_scored_too(catalog: Path, data: Path, tmp_path: Path) -> None:
    rows = [
        {**row, "target": "5.5" if row["target"] == "high" else "1"} for row in toy.usual_rows()
    ]
    rows[7]["target"] = "nan"
    toy.write_table(data, rows)
    done = toy.score(catalog, data, tmp_path, "toy-number")
    output = _predictions(done)
    seeds = np.array(output["seed"])
    ccc = [
        metric("ccc")(
            np.array(output["truth"])[seeds == seed], np.array(output["predicted"])[seeds == seed]
        )
        for seed in (0, 1)
    ]
    assert done.result.score("ccc").value == pytest.approx(np.mean(ccc))
    assert np.mean(ccc) > 0.8
    assert [refusal.subject for refusal in done.refused] == ["wav/1-3.wav"]
    assert done.result.confusion == []


# Where a result stands.


def test_synthetic_data_never_rank(catalog: Path, data: Path, tmp_path: Path) -> None:
    (data / SYNTHETIC_MARK).write_text("{}")
    result = toy.score(catalog, data, tmp_path).result
    assert result.standing == "synthetic"
    assert result.data.synthetic


def test_the_mark_of_synthetic_data_changes_the_standing_of_a_kept_result(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    assert toy.score(catalog, data, tmp_path).result.standing == "ranked"
    (data / SYNTHETIC_MARK).write_text("{}")
    assert toy.score(catalog, data, tmp_path).result.standing == "synthetic"


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_null_never_ranks(catalog: Path, data: Path, tmp_path: Path, synthetic: bool) -> None:
    if synthetic:
        (data / SYNTHETIC_MARK).write_text("{}")
    card = catalog / "models" / "bands" / "model.toml"
    card.write_text(f"null = true\n{card.read_text()}")
    result = toy.score(catalog, data, tmp_path).result
    assert result.standing == "null"
    assert "must not know the answer" in result.standing_reason
    assert result.data.synthetic == synthetic


@pytest.mark.parametrize(
    ("declared", "standing", "words"),
    [(32, "ranked", ""), (40, "incomplete", "32 of 40"), (30, "unverified", "32 examples were found")],
)  # fmt: skip
def test_the_declared_count_decides(
    data: Path, tmp_path: Path, declared: int, standing: str, words: str
) -> None:
    catalog = toy.write_catalog(tmp_path / "declared", examples=declared)
    result = toy.score(catalog, data, tmp_path).result
    assert result.standing == standing
    assert words in result.standing_reason


def test_unknown_speakers_are_unverified(catalog: Path, data: Path, tmp_path: Path) -> None:
    rows = toy.usual_rows()
    rows[0]["speaker"] = ""
    toy.write_table(data, rows)
    result = toy.score(catalog, data, tmp_path).result
    assert result.standing == "unverified"
    assert "speaker" in result.standing_reason
    assert result.audit.unknown == ["speaker"]


# What is run again, and what is not.


def test_the_same_entry_is_not_run_twice(catalog: Path, data: Path, tmp_path: Path) -> None:
    first = toy.score(catalog, data, tmp_path)
    again = toy.score(catalog, data, tmp_path)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.result == first.result


def test_two_runs_give_the_same_scores(catalog: Path, data: Path, tmp_path: Path) -> None:
    value = toy.score(catalog, data, tmp_path / "one")
    other = toy.score(catalog, data, tmp_path / "other")
    assert value.result.scores == other.result.scores
    assert value.result.training == other.result.training
    assert value.result.entry == other.result.entry
    assert _predictions(value) == _predictions(other)


def _new_audio(catalog: Path, data: Path) -> dict[str, Any]:
    write_tone(data / "wav" / "0-0.wav", False, np.random.default_rng(99))
    return {}


def _new_speakers(catalog: Path, data: Path) -> dict[str, Any]:
    rows = toy.usual_rows()
    rows[0]["speaker"], rows[4]["speaker"] = rows[4]["speaker"], rows[0]["speaker"]
    toy.write_table(data, rows)
    return {}


def _new_label(catalog: Path, data: Path) -> dict[str, Any]:
    rows = toy.usual_rows()
    rows[0]["target"] = "high"
    toy.write_table(data, rows)
    return {}


def _one_row_refused(catalog: Path, data: Path) -> dict[str, Any]:
    toy.write_table(data, [*toy.usual_rows(), {"path": "wav/0-0.wav", "speaker": "speaker0"}])
    return {}


def _new_encoder(catalog: Path, data: Path) -> dict[str, Any]:
    adapter = catalog / "models" / "bands" / "adapter.py"
    adapter.write_text(toy.ENCODER.replace("1e-9", "1e-6"))
    return {}


def _new_setting(catalog: Path, data: Path) -> dict[str, Any]:
    return {"steps": 20}


def _new_seeds(catalog: Path, data: Path) -> dict[str, Any]:
    return {"seeds": (0, 1, 2)}


def _damaged_predictions(catalog: Path, data: Path) -> dict[str, Any]:
    (file,) = (data.parent / "results").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    return {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [_new_audio, _new_speakers, _new_label, _one_row_refused, _new_encoder, _new_setting, _new_seeds,
     _damaged_predictions],
)  # fmt: skip
def test_what_could_change_a_score_makes_it_run_again(
    catalog: Path, data: Path, tmp_path: Path, change: Any
) -> None:
    first = toy.score(catalog, data, tmp_path)
    second = toy.score(catalog, data, tmp_path, **change(catalog, data))
    assert second.fresh
    if change is not _damaged_predictions:
        assert second.result.entry != first.result.entry


def test_a_default_given_by_name_is_the_same_entry(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    toy.score(catalog, data, tmp_path)
    assert not toy.score(catalog, data, tmp_path, steps=150).fresh


# Names.


def test_ids_are_salted_and_the_same_wherever_the_data_lie(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(data, copy)
    value = toy.score(catalog, data, tmp_path / "one")
    other = toy.score(catalog, copy, tmp_path / "other")
    ids = set(_predictions(value)["example"])
    assert len(ids) == 32
    assert ids == set(_predictions(other)["example"])
    assert value.result.entry == other.result.entry
    names = [row["path"] for row in toy.usual_rows()]
    plain = {digest(name.encode()).hexdigest()[:24] for name in names
             for digest in (hashlib.sha256, hashlib.md5, hashlib.blake2b)}  # fmt: skip
    assert not ids & (plain | set(names))


@pytest.mark.parametrize("access", ["own", "open", "agreement", "request"])
def test_a_licensed_corpus_is_not_named_in_its_result(
    data: Path, tmp_path: Path, access: str
) -> None:
    catalog = toy.write_catalog(tmp_path / access, access=access)
    (data / "wav" / "5-0.wav").write_text("secret words of speaker5")
    rows = toy.usual_rows()
    rows[3]["path"] = rows[2]["path"]
    toy.write_table(data, rows)
    done = toy.score(catalog, data, tmp_path)
    assert {refusal.subject for refusal in done.refused} == {"wav/5-0.wav", "wav/0-2.wav"}, (
        "the user is told"
    )
    text = done.file.read_text()
    output = {refusal.subject for refusal in done.result.data.refused}
    assert len(output) == 2
    if access == "open":
        assert "wav/5-0.wav" in output
        return
    for word in ("5-0", "0-2", "secret", "speaker5", "manifest.csv", str(tmp_path)):
        assert word not in text
    plain = {hashlib.sha256(b"wav/5-0.wav").hexdigest()[:24], "wav/5-0.wav"}
    assert not output & plain
    assert all(refusal.reason for refusal in done.result.data.refused)


# What the user got wrong.


def test_an_unknown_setting_is_refused_before_anything_is_extracted(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="unknown key 'stepps'"):
        toy.entries(catalog, data, tmp_path, stepps=3)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("what", "near"), [("models", "bands"), ("heads", "linear-probe")])
def test_an_unknown_name_is_refused_before_anything_is_extracted(
    catalog: Path, data: Path, tmp_path: Path, what: str, near: str
) -> None:
    asked: dict[str, Any] = {what: [near, near[:-1]]}
    with pytest.raises(UsageError, match=near):
        toy.entries(catalog, data, tmp_path, "toy-tone", **asked)
    assert not (tmp_path / "cache").exists()


def test_an_unknown_metric_is_refused_before_anything_is_extracted(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    card = catalog / "tasks" / "toy" / "tone.toml"
    card.write_text(card.read_text().replace('"wa"', '"waa"'))
    with pytest.raises(UsageError, match="no metric 'waa'"):
        toy.entries(catalog, data, tmp_path)
    assert not (tmp_path / "cache").exists()


def test_a_model_without_its_weights_stops_no_other(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    folder = catalog / "models" / "lost"
    shutil.copytree(catalog / "models" / "bands", folder)
    card = (folder / "model.toml").read_text().replace('"bands"', '"lost"')
    (folder / "model.toml").write_text(card + '[[weights]]\nkind = "folder"\npath = "nowhere"\n')
    lost, bands = toy.entries(catalog, data, tmp_path, models=["lost", "bands"])
    assert isinstance(lost, Failed)
    assert "nowhere" in str(lost.error)
    assert isinstance(bands, Done)


def test_predictions_that_are_all_the_same_have_no_ccc(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    """One and the same number everywhere: nothing to be said, and said so."""
    toy.write_table(data, [{**row, "target": "3"} for row in toy.usual_rows()])
    (failed,) = toy.entries(catalog, data, tmp_path, "toy-number")
    assert isinstance(failed, Failed)
    assert "ccc" in str(failed.error)


def test_the_result_file_is_plain_json_without_nan(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    def refuse(word: str) -> float:
        raise AssertionError(f"{word} in a result file")

    done = toy.score(catalog, data, tmp_path)
    json.loads(done.file.read_text(), parse_constant=refuse)


def test_a_damaged_record_is_extracted_again(catalog: Path, data: Path, tmp_path: Path) -> None:
    before = toy.score(catalog, data, tmp_path)
    shutil.rmtree(tmp_path / "results")
    (stored,) = tmp_path.glob("cache/features/*/data.bin")
    content = bytearray(stored.read_bytes())
    content[5] ^= 0xFF
    stored.write_bytes(content)
    remarks: list[str] = []
    request = Request(["toy-tone"], ["bands"], ["sgd-probe"], {"toy": data}, seeds=(0, 1))
    benchmark = Benchmark(
        Catalog([catalog]), request, tmp_path / "cache", tmp_path / "results"
    )  # fmt: skip
    (after,) = benchmark.run(remarks.append, quiet=True)
    assert isinstance(after, Done)
    assert _predictions(after) == _predictions(before)
    assert "1 damaged records of bands are extracted again." in remarks


def test_a_disk_that_keeps_no_record_is_an_error(
    catalog: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = FeatureStore.load

    def damaged(store: FeatureStore, keys: list[bytes]) -> Loaded:
        return replace(load(store, keys), corrupt=[0])

    monkeypatch.setattr(FeatureStore, "load", damaged)
    (failed,) = toy.entries(catalog, data, tmp_path)
    assert isinstance(failed, Failed)
    assert "the disk does not store what is written" in str(failed.error)


def test_a_deterministic_head_has_one_seed(catalog: Path, data: Path, tmp_path: Path) -> None:
    assert find_head("linear-probe").deterministic
    done = toy.score(catalog, data, tmp_path, heads=["linear-probe"], seeds=(3, 4, 5))
    assert done.result.seeds == [3]
    assert set(_predictions(done)["seed"]) == {3}


def test_what_has_no_sound_left_is_refused_and_faults_are_counted(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    """Inverted stereo would be averaged to silence, and scored."""
    import soundfile

    tone, rate = soundfile.read(data / "wav" / "0-0.wav")
    soundfile.write(data / "wav" / "0-0.wav", np.zeros(rate), rate)
    soundfile.write(data / "wav" / "1-0.wav", np.stack([tone, -tone], axis=1), rate)
    soundfile.write(data / "wav" / "2-0.wav", np.stack([tone, 0 * tone], axis=1), rate)
    soundfile.write(data / "wav" / "3-0.wav", np.clip(20 * tone, -1, 1), rate)
    for _ in range(2):  # fresh features, then stored ones
        done = toy.score(catalog, data, tmp_path)
        reasons = {refusal.subject: refusal.reason for refusal in done.refused}
        assert reasons["wav/0-0.wav"] == "it is silent [0-0.wav]"
        assert reasons["wav/1-0.wav"].startswith("its channels cancel each other")
        assert done.result.data.quality["clipped"] == 1
        assert done.result.data.quality["dead-channel"] == 1
        assert done.result.data.scored == len(toy.usual_rows()) - 2
        done.file.unlink()


def test_a_result_of_other_data_is_not_replaced_unasked(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    value = toy.score(catalog, data, tmp_path)
    before = value.file.read_bytes()
    toy.write_table(data, toy.usual_rows()[:-4])
    (other,) = toy.entries(catalog, data, tmp_path, replace=False)
    assert isinstance(other, Failed)
    assert "is of other data (32 examples scored); give --replace to lose it" in str(other.error)
    assert value.file.read_bytes() == before
    assert toy.score(catalog, data, tmp_path).result.data.scored == 28


def test_a_result_of_more_seeds_is_not_replaced_unasked(
    catalog: Path, data: Path, tmp_path: Path
) -> None:
    value = toy.score(catalog, data, tmp_path, seeds=(0, 1))
    before = value.file.read_bytes()
    (fewer,) = toy.entries(catalog, data, tmp_path, replace=False, seeds=(0,))
    assert isinstance(fewer, Failed)
    assert "has 2 seeds, this run 1; give --replace" in str(fewer.error)
    assert value.file.read_bytes() == before
    (more,) = toy.entries(catalog, data, tmp_path, replace=False, seeds=(0, 1, 2))
    assert isinstance(more, Done)
