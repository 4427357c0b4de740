"""SEWA: one test for each thing its packages do that a reader may get wrong; then end to end."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import soundfile

from paralbench.catalog import Catalog, Corpus
from paralbench.cli.main import main
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read
from paralbench.corpora.verifying import verify
from paralbench.evaluation.audit import audit
from paralbench.evaluation.folds import splits
from paralbench.evaluation.selection import select
from paralbench.records.example import Example, Refusal, Series
from paralbench.results import files

HEADER = "name;timestamp;arousal;valence;liking"
DEVEL = {
    "DE": [1742, 1648, 975, 1753, 1648, 1753, 1750, 974, 1741, 1755, 1755, 1742, 1750, 1741],
    "HU": [1161, 1148, 1149, 1153, 1149, 1138, 1136, 1148, 1768, 1152, 1138, 1768, 1136, 1161],
}
"""How many labels the recordings of the development partition have (numbers, no labels)."""


def rows(name: str, count: int, quote: str = "'") -> list[str]:
    """``count`` label rows in the package's words; arousal is the row / 1000."""
    return [
        f"{quote}{name}{quote};{n / 10:f};{n / 1000:f};{-n / 1000:f};0.000000" for n in range(count)
    ]


def put(root: Path, name: str, lines: list[str] | None, *, wav: bool = True) -> None:
    for folder in ("labels", "audio"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    if lines is not None:
        (root / "labels" / f"{name}.csv").write_bytes("\n".join([*lines, ""]).encode())
    if wav:
        soundfile.write(root / "audio" / f"{name}.wav", np.zeros(160), 16000)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Catalog().corpus("sewa")


@pytest.fixture(scope="module")
def synthetic(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sewa") / "corpus"
    corpus.synthesize(root, 0)
    return root


def one(corpus: Corpus, root: Path) -> Example:
    (result,) = corpus.read(root)
    assert isinstance(result, Example), result
    return result


def arousal(example: Example) -> list[float]:
    series = example.labels["arousal"]
    assert isinstance(series, Series)
    assert series.rate == 10.0
    return [float(value) for value in series.values]


def test_names_in_single_quotes_and_a_header(corpus: Corpus, tmp_path: Path) -> None:
    put(tmp_path, "Devel_DE_01", [HEADER, *rows("Devel_DE_01", 3)])
    result = one(corpus, tmp_path)
    assert (result.id, result.partition) == ("Devel_DE_01", "Devel")
    assert result.attributes == {"culture": "DE", "language": "de", "part": "Devel_DE"}
    assert arousal(result) == [0, 0.001, 0.002]
    assert set(result.labels) == {"arousal", "valence", "liking"}


def test_labels_of_2017_and_2018_have_no_header_and_2017_no_culture(
    corpus: Corpus, tmp_path: Path
) -> None:
    put(tmp_path, "Train_07", rows("Train_07", 4, quote=""))
    result = one(corpus, tmp_path)
    assert len(arousal(result)) == 4
    assert result.attributes["culture"] == "DE"


def test_crlf_bom_commas_and_blank_trailing_lines(corpus: Corpus, tmp_path: Path) -> None:
    put(tmp_path, "Train_HU_01", None)
    text = "\r\n".join([HEADER, *rows("Train_HU_01", 3), "", "", ""]).replace(";", ",")
    (tmp_path / "labels" / "Train_HU_01.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert arousal(one(corpus, tmp_path)) == [0, 0.001, 0.002]


def test_columns_in_another_order_are_found_by_their_names(corpus: Corpus, tmp_path: Path) -> None:
    put(tmp_path, "Train_DE_01", ["name;timestamp;liking;valence;arousal", "'x';0.0;3;2;1"])
    assert arousal(one(corpus, tmp_path)) == [1]


@pytest.mark.parametrize(
    ("lines", "reason", "line"),
    [
        ([HEADER, "'x';0.0;1;2;nan"], "a label is not a number", 2),
        ([HEADER, "'x';0.0;1;2;3", "'x';0.5;1;2;3"], "its time is 0.5 s, expected 0.1 s", 3),
        ([HEADER, "'x';0.0;1;two;3"], "expected 5 cells with numbers", 2),
        ([HEADER, "'x';0.0;1"], "expected 5 cells with numbers", 2),
        ([HEADER], "it holds no label", 1),
        (["name;timestamp;arousal", "'x';0.0;1"], "expected the columns name, timestamp", 1),
    ],
)
def test_a_broken_label_file_is_refused_with_its_line(
    corpus: Corpus, tmp_path: Path, lines: list[str], reason: str, line: int
) -> None:
    put(tmp_path, "Train_DE_01", lines)
    put(tmp_path, "Train_DE_02", [HEADER, *rows("Train_DE_02", 2)])
    by_name = {getattr(it, "id", getattr(it, "subject", "")): it for it in corpus.read(tmp_path)}
    refused = by_name["Train_DE_01"]
    assert isinstance(refused, Refusal)
    assert reason in refused.reason
    assert refused.where == f"{tmp_path / 'labels' / 'Train_DE_01.csv'}:{line}"
    assert isinstance(by_name["Train_DE_02"], Example)


def test_test_labels_were_never_released(corpus: Corpus, tmp_path: Path) -> None:
    put(tmp_path, "Test_CN_01", None)
    result = one(corpus, tmp_path)
    assert (result.partition, result.labels, result.attributes["language"]) == ("Test", {}, "zh")


def test_a_training_recording_without_labels_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    put(tmp_path, "Train_DE_01", None)
    (result,) = corpus.read(tmp_path)
    assert result == Refusal("Train_DE_01", "its label file is missing", str(tmp_path / "labels"))  # type: ignore[comparison-overlap]


def test_labels_without_audio_are_read_and_verify_misses_the_file(
    corpus: Corpus, tmp_path: Path
) -> None:
    put(tmp_path, "Train_DE_01", [HEADER, *rows("Train_DE_01", 3)], wav=False)
    verification = verify(corpus, tmp_path, read(corpus, tmp_path))
    assert [missing.subject for missing in verification.missing] == ["audio/Train_DE_01.wav"]


def test_turns_are_optional_and_say_when_the_recorded_person_speaks(
    corpus: Corpus, tmp_path: Path
) -> None:
    put(tmp_path, "Train_DE_01", [HEADER, *rows("Train_DE_01", 10)])
    assert "speaking" not in one(corpus, tmp_path).labels
    (tmp_path / "turns").mkdir()
    (tmp_path / "turns" / "Train_DE_01.csv").write_text("0.20;0.40\n0.8;5.0\n")
    speaking = one(corpus, tmp_path).labels["speaking"]
    assert isinstance(speaking, Series)
    assert speaking.values.tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 1, 1]


def test_partners_are_recordings_of_equal_length_in_one_partition_and_culture(
    corpus: Corpus, tmp_path: Path
) -> None:
    for culture, lengths in DEVEL.items():
        for number, length in enumerate(lengths, start=1):
            name = f"Devel_{culture}_{number:02d}"
            put(tmp_path, name, [HEADER, *rows(name, length)], wav=False)
    put(tmp_path, "Train_DE_01", [HEADER, *rows("Train_DE_01", 1742)], wav=False)
    examples = {example.id: example for example in read(corpus, tmp_path).examples}
    pairs = {name: example.groups["pair"] for name, example in examples.items()}
    assert pairs["Devel_DE_01"] == pairs["Devel_DE_12"] == "Devel_DE_1742"
    assert pairs["Devel_DE_09"] == pairs["Devel_DE_14"] != pairs["Devel_DE_01"]
    assert pairs["Devel_DE_03"] == pairs["Devel_DE_08"], "975 and 974 rows, both left alone"
    assert pairs["Train_DE_01"] not in {pairs[name] for name in pairs if name.startswith("Devel")}
    counted = [pairs[name] for name in pairs if name.startswith("Devel")]
    assert {counted.count(pair) for pair in counted} == {2}
    # The card tells the same lengths, so verify would notice other ones.
    verification = verify(corpus, tmp_path, read(corpus, tmp_path))
    assert not [
        difference for difference in verification.differences if difference.what.startswith("pair")
    ]


@pytest.mark.parametrize(
    "name", ["AVEC2019_CES_traindeveltest", "AVEC2019_CES_traindevel_v0.2", "copy of sewa"]
)
def test_the_package_root_is_found_one_level_lower_or_higher(
    corpus: Corpus, tmp_path: Path, name: str
) -> None:
    root = tmp_path / name
    put(root, "Train_DE_01", [HEADER, *rows("Train_DE_01", 3)])
    for inputs in (root, tmp_path, root / "labels"):
        assert locate(corpus.card, {"sewa": inputs}) == root


def test_apple_double_files_are_passed_over(corpus: Corpus, synthetic: Path) -> None:
    assert (synthetic / "labels" / "._Train_DE_01.csv").is_file()
    verification = verify(corpus, synthetic, read(corpus, synthetic))
    assert (verification.verdict, verification.refused, verification.superfluous) == (
        "nothing to compare",
        (),
        (),
    )


def test_folds_keep_pairs_together_and_train_on_both_cultures(
    corpus: Corpus, synthetic: Path
) -> None:
    for task in [task for task in corpus.tasks if "-de-" not in task.id]:
        chosen = select(task, read(corpus, synthetic).examples)
        folds = splits(chosen, range(5))
        assert audit(chosen, folds).unknown == []
        for split in folds:
            assert {chosen.examples[row].partition for row in split.test} == {"Devel"}
            assert len(split.develop)
            assert {chosen.examples[row].attributes["culture"] for row in split.train} == {
                "DE",
                "HU",
            }


@pytest.mark.parametrize(
    ("task", "tested"), [("sewa-arousal-de-hu", "Devel_HU"), ("sewa-valence-de-cn", "Test_CN")]
)
def test_german_trains_and_another_culture_is_tested(
    corpus: Corpus, tmp_path: Path, task: str, tested: str
) -> None:
    names = [
        f"{part}_{n:02d}"
        for part in ("Train_DE", "Train_HU", "Devel_DE", tested)
        for n in range(1, 7)
    ]
    for number, name in enumerate(names):
        put(tmp_path, name, [HEADER, *rows(name, 30 + number // 2)])
    chosen = select(
        next(card for card in corpus.tasks if card.id == task), read(corpus, tmp_path).examples
    )
    (split,) = splits(chosen, [0])
    parts = [{chosen.examples[row].attributes["part"] for row in rows} for rows in
             (split.train, split.develop, split.test)]  # fmt: skip
    assert parts == [{"Train_DE"}, {"Train_DE"}, {tested}]
    assert audit(chosen, [split]).unknown == []


@pytest.mark.slow
def test_series_from_synth_to_result(synthetic: Path, tmp_path: Path) -> None:
    """Audio a third of a second shorter than its labels is among it."""
    code = main(
        ["run", "--task", "sewa-arousal", "--model", "log-mel", "--data", f"sewa={synthetic}",
         "--cache", str(tmp_path / "cache"), "--results", str(tmp_path), "--seeds", "2"]
    )  # fmt: skip
    assert code == 0
    file = files.result_path(tmp_path, "sewa-arousal", "log-mel", "linear-probe", True)
    result = files.read(file)
    assert result.standing == "synthetic"
    assert result.score("ccc").value > 0.3
    assert result.score("ccc-avec").value == pytest.approx(result.score("ccc").value, abs=0.01)
    assert set(result.score("ccc").by_group) == {"culture=DE", "culture=HU"}
    assert result.score("ccc").interval.clusters == 4
    assert (result.target["delay"], result.target["rate"]) == (2.0, 10.0)
    table = parquet.read_table(file.with_suffix(".parquet")).to_pydict()
    labels = [
        len((synthetic / "labels" / f"Devel_{name}.csv").read_text().splitlines()) - 1
        for name in ("DE_01", "DE_02", "DE_03", "DE_04", "HU_01", "HU_02", "HU_03", "HU_04")
    ]
    assert len(table["step"]) == sum(labels), "the default head has one seed"
    assert max(table["step"]) == max(labels) - 1
    # One CCC of all recordings joined, not the mean of the recordings' own.
    of_seed = np.array(table["seed"]) == 0
    truth = np.array(table["truth"])[of_seed]
    predicted = np.array(table["predicted"])[of_seed]
    covariance = np.cov(truth, predicted, bias=True)[0, 1]
    joined = (
        2 * covariance / (truth.var() + predicted.var() + (truth.mean() - predicted.mean()) ** 2)
    )
    assert result.score("ccc").by_seed["0"] == pytest.approx(joined, abs=1e-6)


@pytest.mark.slow
def test_clip_level_features_are_computed_window_by_window(
    corpus: Corpus, synthetic: Path, tmp_path: Path
) -> None:
    pytest.importorskip("opensmile")
    from paralbench.encoders.loading import loadable
    from paralbench.features.extraction import extract
    from paralbench.features.key import clip_key, feature_key
    from paralbench.features.spec import FeatureSpec
    from paralbench.features.store import FeatureStore
    from paralbench.records.example import Clip

    model = loadable(Catalog().model("egemaps"))
    source = synthetic / "audio" / "Train_DE_01.wav"
    store = FeatureStore(tmp_path, feature_key(model, FeatureSpec().moving(2.0, 4.0)))
    key = clip_key("x", Clip(source, 0.0, 6.0))
    extract(model, {key: Clip(source, 0.0, 6.0)}, store, quiet=True)
    (values,) = store.load([key]).arrays
    assert values.shape == (1, 24, 88)
    pairs = values.reshape(12, 2, 88)
    assert not pairs[:, 1].any()
    audio, _ = soundfile.read(source, dtype="float32")
    (alone,) = model.load().encode([audio[16000 : 5 * 16000]])
    np.testing.assert_array_equal(pairs[6, 0], alone[0, 0].numpy())
