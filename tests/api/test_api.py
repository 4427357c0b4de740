"""The public names, on a corpus of tones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

import paralbench as pb
from paralbench.records.errors import UsageError
from tests.encoders.small_models import save_wav2vec2
from tests.evaluation import toy

PUBLIC = {
    "Comparison", "KNN", "KNNRegressor", "LDA", "LinearProbe", "LinearProbeRegressor", "Model",
    "ParalbenchError", "Result", "Results", "SVM", "SVMRegressor", "Screener", "Task", "__version__",
    "compare", "evaluate", "extract", "get_model", "get_task", "load_results",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARALBENCH_CATALOG", raising=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("toy")
    toy.write_catalog(root / "catalog")
    toy.write_corpus(root / "data")
    return root


@pytest.fixture
def task(place: Path) -> pb.Task:
    return pb.get_task("toy-tone", data=place / "data", catalog=[place / "catalog"])


@pytest.fixture
def bands(place: Path) -> pb.Model:
    return pb.get_model("bands", catalog=[place / "catalog"])


class Spectrum(torch.nn.Module):
    """A waveform [1, samples] to log energies [1, frames, 8], 100 frames a second at 16 kHz."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(8))
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        frames = waveform.unfold(1, 320, 160) * torch.hann_window(320)
        power = torch.fft.rfft(frames).abs().square()[:, :, :40]
        bands = power.reshape(1, -1, 8, 5).mean(3)
        return torch.as_tensor(self.dropout(self.gain * (bands + 1e-9).log()))


def loudness(waveform: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """[width] of a clip: the level and the rate of crossing zero."""
    crossings = np.mean(np.abs(np.diff(np.sign(waveform))))
    return np.array([np.log(np.mean(waveform**2) + 1e-9), crossings], np.float32)


def test_the_public_names_are_these() -> None:
    assert set(pb.__all__) == PUBLIC
    assert set(pb.__all__) <= set(dir(pb))
    for name in pb.__all__:
        assert getattr(pb, name) is not None
        assert name == "__version__" or (getattr(pb, name).__doc__ or "").strip(), name
    with pytest.raises(AttributeError, match="no attribute 'get_modle'"):
        pb.get_modle  # type: ignore[attr-defined] # noqa: B018


def test_importing_it_imports_nothing_else() -> None:
    program = "import sys; import paralbench; print(*sys.modules)"
    report = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(pb.__file__).parents[1])},
    )  # fmt: skip
    modules = set(report.stdout.split())
    assert {name for name in modules if name.startswith("paralbench")} == {"paralbench"}
    assert {name.partition(".")[0] for name in modules} <= {
        *sys.stdlib_module_names, "paralbench", "__main__",
    }  # fmt: skip


def test_one_entry_is_a_result(task: pb.Task, bands: pb.Model, place: Path) -> None:
    result = pb.evaluate(bands, task)
    assert isinstance(result, pb.Result)
    assert (result.model, result.task, result.head) == ("bands", "toy-tone", "linear-probe")
    assert result.metric == "uar"
    assert result.interval.low <= result.score <= result.interval.high
    assert set(result.scores) == {"uar", "wa"}
    table = result.predictions
    assert list(table.columns[:4]) == ["file", "start", "end", "id"]
    assert {Path(file).parent for file in table["file"]} == {place / "data" / "wav"}
    truth = {f"wav/{Path(row.file).name}": row.truth for row in table.itertuples()}
    assert truth == {row["path"]: row["target"] for row in toy.usual_rows()}
    recall = (table["predicted"] == table["truth"]).groupby(table["truth"]).mean()
    assert recall.mean() == pytest.approx(result.score)
    stored = (result.file.with_suffix(".parquet").read_bytes(), result.file.read_bytes())
    assert not any(str(place).encode() in content for content in stored)


def test_a_current_result_is_read_with_the_file_names(task: pb.Task, bands: pb.Model) -> None:
    first = pb.evaluate(bands, task)
    changed = first.file.stat().st_mtime_ns
    second = pb.evaluate(bands, task)
    assert second.file.stat().st_mtime_ns == changed
    assert second.record == first.record
    pd.testing.assert_frame_equal(second.predictions, first.predictions)


@pytest.mark.slow
def test_several_entries_are_results(task: pb.Task, bands: pb.Model, tmp_path: Path) -> None:
    heads = ["knn", "linear-probe"]
    results = pb.evaluate([bands, "log-mel"], [task], heads, results=tmp_path / "results")
    assert isinstance(results, pb.Results)
    assert [result.model for result in results] == ["bands", "bands", "log-mel", "log-mel"]
    wide = results.to_dataframe()
    assert wide.index.names == ["model", "head"]
    assert wide.loc[("bands", "knn"), "toy-tone"] == results[0].score
    long = results.to_dataframe(format="long")
    assert len(long) == 8
    assert set(long["metric"]) == {"uar", "wa"}
    loaded = pb.load_results(tmp_path / "results")
    pd.testing.assert_frame_equal(loaded.to_dataframe(), wide)
    assert list(loaded[0].predictions.columns[:2]) == ["example", "cluster"]
    with pytest.raises(UsageError, match="'wide' or 'long'"):
        results.to_dataframe(format="broad")  # type: ignore[arg-type]
    compared = pb.compare(results[0], results[2])
    assert compared.difference == pytest.approx(results[0].score - results[2].score)
    assert compared.interval.low <= compared.difference <= compared.interval.high
    assert 0 < compared.p <= 1
    for shown in (results, results[0], compared):
        assert "<table>" in shown._repr_html_()
    assert "<b>" not in results[0]._repr_html_()


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    file = tmp_path / "model" / "task" / "head.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    results = pb.load_results(tmp_path)
    assert len(results) == 0
    ((refused, reason),) = results.refused
    assert refused == file
    assert "is missing" in reason
    with pytest.raises(UsageError, match="no folder of results"):
        pb.load_results(tmp_path / "absent")


def test_an_entry_that_cannot_be_run(task: pb.Task, bands: pb.Model, place: Path) -> None:
    """It is raised where it is the only one, and stands beside the others otherwise."""
    number = pb.get_task("toy-number", data=place / "data", catalog=[place / "catalog"])
    with pytest.raises(pb.ParalbenchError, match="head 'lda' learns class; 'toy-number' is a num"):
        pb.evaluate(bands, number, "lda")
    results = pb.evaluate(bands, [task, number], "lda")
    assert [result.task for result in results] == ["toy-tone"]
    assert [failure.task for failure in results.failed] == ["toy-number"]
    assert "toy-number" in results._repr_html_()
    with pytest.raises(UsageError, match="there is no head 'no-such-head'"):
        pb.evaluate(bands, task, "no-such-head")
    with pytest.raises(UsageError, match="models of different names, got bands, bands"):
        pb.evaluate([bands, bands], task)


def test_a_module_and_a_function(task: pb.Task, bands: pb.Model) -> None:
    module = Spectrum()
    spectrum = pb.get_model(module, rate=16000)
    assert (spectrum.id, spectrum.card.width, spectrum.card.frame_rate) == ("spectrum", 8, 100.0)
    assert spectrum.card.parameters == 8
    assert module.training, "the module stays as it was"
    theirs = pb.evaluate(bands, task)
    ours = pb.evaluate(spectrum, task)
    assert ours.score == pytest.approx(theirs.score)
    np.testing.assert_allclose(ours.predictions["p:high"], theirs.predictions["p:high"], atol=1e-3)
    assert ours.status == "unverified"
    level = pb.get_model(loudness, rate=16000, name="level")
    assert level.card.frame_rate is None
    assert pb.evaluate(level, task).score > 0.6
    assert not list((Path(theirs.file).parents[2]).glob("level*")), "nothing is left in the cache"


def test_a_module_that_was_trained_on_is_another_model(task: pb.Task) -> None:
    module = Spectrum()
    model = pb.get_model(module, rate=16000)
    first = pb.evaluate(model, task)
    with torch.no_grad():
        module.gain[:] = 0
    second = pb.evaluate(model, task)
    assert second.record.entry != first.record.entry
    assert second.score < first.score


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((loudness,), "its rate in Hz"),
        ((5, 16000), "its rate in Hz; got int"),
        ((lambda waveform: "nothing", 16000), "expected hidden states"),
        ((torch.nn.Linear(3, 2), 16000), "failed: RuntimeError"),
        (("no-such-model",), "there is no model 'no-such-model'"),
        (("acme/absent",), "paralbench fetch hf:acme/absent"),
    ],
)
def test_what_is_no_model_is_explained(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(pb.ParalbenchError, match=message):
        pb.get_model(*arguments)


@pytest.mark.slow
def test_a_folder_of_transformers_is_a_model(tmp_path: Path) -> None:
    folder = save_wav2vec2(tmp_path / "checkpoint")
    by_path, by_text = pb.get_model(folder), pb.get_model(f"dir:{folder}")
    assert by_path.id == by_text.id
    assert by_path.encode(np.zeros(16000)).shape == (3, 49, 16)


def test_transformers_own_module_gives_all_hidden_states(tmp_path: Path) -> None:
    folder = save_wav2vec2(tmp_path / "checkpoint")
    import transformers

    module = transformers.Wav2Vec2Model.from_pretrained(folder)
    model = pb.get_model(module, rate=16000)
    waveform = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    normal = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
    np.testing.assert_allclose(
        model.encode(normal), pb.get_model(folder).encode(waveform), atol=1e-4
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{number}.wav" for number in range(3)]
    for number, file in enumerate(files):
        soundfile.write(file, 0.1 * rng.standard_normal(16000 + 4000 * number), 16000)
    return files


def test_extraction_is_indexed_as_audinterface_does(files: list[Path], bands: pb.Model) -> None:
    import audinterface

    names = [str(file) for file in files]
    frame = pb.extract(bands, names)
    process = audinterface.Feature(["mean"], process_func=lambda signal, rate: signal.mean())
    pd.testing.assert_index_equal(frame.index, process.process_files(names).index, exact="equiv")
    assert frame.columns.names == ["layer", "statistic", "dimension"]
    waveform = soundfile.read(files[1], dtype="float32")[0]
    states = bands.encode(waveform)
    row = frame.iloc[1]
    np.testing.assert_allclose(row[0]["mean"], states[0].mean(0), rtol=1e-5)
    np.testing.assert_allclose(row[0]["deviation"], states[0].std(0), rtol=1e-4)


def test_extraction_of_segments(files: list[Path], bands: pb.Model) -> None:
    import audformat

    index = audformat.segmented_index(
        [str(files[0])] * 2, starts=["0s", "0.5s"], ends=["0.5s", pd.NaT]
    )
    frame = pb.extract(bands, index)
    assert frame.index.get_level_values("end").total_seconds().tolist() == [0.5, 1.0]
    waveform = soundfile.read(files[0], dtype="float32")[0]
    expected = bands.encode(waveform[8000:])[0].mean(0)
    np.testing.assert_allclose(frame.iloc[1][0]["mean"], expected, rtol=1e-5)
    with pytest.raises(UsageError, match=r"expected an index of \(file, start, end\)"):
        pb.extract(bands, index.swaplevel())


def test_a_file_that_cannot_be_decoded_is_warned_of(files: list[Path], bands: pb.Model) -> None:
    files[1].write_bytes(b"not audio")
    with pytest.warns(UserWarning, match=r"1 of 3 are not in the frame; the first: .*1\.wav"):
        frame = pb.extract(bands, files)
    assert len(frame) == 2
    assert list(frame.attrs["refused"]) == [str(files[1])]


def test_an_extracted_frame_fits_an_estimator(place: Path, bands: pb.Model) -> None:
    rows = toy.usual_rows()
    frame = pb.extract(bands, [place / "data" / row["path"] for row in rows])
    labels, speakers = ([row[key] for row in rows] for key in ("target", "speaker"))
    probe = pb.LinearProbe().fit(frame, labels, groups=speakers)
    assert probe.score(frame, labels) > 0.8


def test_a_result_of_other_data_is_kept_unless_it_is_to_be_replaced(
    place: Path, task: pb.Task, bands: pb.Model, tmp_path: Path
) -> None:
    first = pb.evaluate(bands, task, results=tmp_path / "results")
    content = first.file.read_bytes()
    rows = toy.usual_rows()[: -toy.EACH]
    for row in rows:
        file = tmp_path / "data" / row["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((place / "data" / row["path"]).read_bytes())
    toy.write_table(tmp_path / "data", rows)
    fewer = pb.get_task("toy-tone", data=tmp_path / "data", catalog=[place / "catalog"])
    with pytest.raises(pb.ParalbenchError, match=r"is of other data \(32 .*replace=True"):
        pb.evaluate(bands, fewer, results=tmp_path / "results")
    assert first.file.read_bytes() == content
    second = pb.evaluate(bands, fewer, results=tmp_path / "results", replace=True)
    assert second.predictions["file"].nunique() == len(rows)


def test_own_recordings_are_dealt_to_the_folds_asked_for(bands: pb.Model, tmp_path: Path) -> None:
    rows = [
        (f"{speaker}{text}{label}.wav", label, speaker, text)
        for speaker in "abcd"
        for text in "wxyz"
        for label in ("high", "low")
    ]
    for number, (path, label, _, _) in enumerate(rows):
        noise = 0.01 * np.random.default_rng(number).standard_normal(8000)
        tone = 0.3 * np.sin(np.arange(8000) * (0.5 if label == "high" else 0.05))
        soundfile.write(tmp_path / path, tone + noise, 16000)
    table = pd.DataFrame(rows, columns=["path", "target", "speaker", "text"])
    table.to_csv(tmp_path / "clips.csv", index=False)
    own = pb.get_task("manifest", data=tmp_path / "clips.csv")
    with pytest.raises(pb.ParalbenchError, match=r"cannot separate texts .*evaluate's folds"):
        pb.evaluate(bands, own)
    crossed = pb.evaluate(bands, own, folds="crossed", results=tmp_path / "crossed")
    assert crossed.record.audit.never_cross == ["speaker", "text"]
    left_out = pb.evaluate(bands, own, folds="loso", groups=["speaker"], results=tmp_path / "loso")
    assert left_out.record.folds == 4
    with pytest.raises(UsageError, match="folds of 2 or more, 'loso' or 'crossed', got 1"):
        pb.evaluate(bands, own, folds=1)
    with pytest.raises(UsageError, match="list of groups, got 'speaker'"):
        pb.evaluate(bands, own, groups="speaker")
