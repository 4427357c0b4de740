"""A pickle becomes safetensors with the same tensors, and whatever else it holds never runs."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from paralbench.catalog import Catalog, Model
from paralbench.encoders import conversion
from paralbench.encoders.compatibility import make_importable
from paralbench.encoders.conversion import convert, converted_folder, rewrite
from paralbench.encoders.loading import loadable
from paralbench.encoders.weights import fetched_pickle, find
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import HubWeights, ModelCard


@pytest.fixture
def card() -> ModelCard:
    """One whose repository holds a pickle that the card does not pin."""
    return Catalog().model("hubert-base").card


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        return os.open, (str(self._file), os.O_CREAT)


def _saved(content: Any, folder: Path, **how: Any) -> Path:
    file = folder / "pytorch_model.bin"
    torch.save(content, file, **how)
    (folder / "config.json").write_text('{"model_type": "hubert"}')
    return file


@pytest.mark.parametrize("archive", [True, False])
def test_the_same_tensors_come_out(tmp_path: Path, archive: bool) -> None:
    shared = torch.arange(6.0).reshape(2, 3)
    state = {"a.weight": shared, "b.weight": shared.T, "steps": torch.tensor(7), "epoch": 3}
    file = _saved(state, tmp_path, _use_new_zipfile_serialization=archive)
    report = rewrite(file, tmp_path / "out.safetensors")
    result = load_file(tmp_path / "out.safetensors")
    assert (report.tensors, report.parameters, report.left_out) == (3, 13, ["epoch"])
    assert result.keys() == {"a.weight", "b.weight", "steps"}
    assert torch.equal(result["b.weight"], shared.T)
    assert result["steps"] == 7


def test_a_trainers_wrapping_is_opened(tmp_path: Path) -> None:
    file = _saved({"model": {"w": torch.ones(2)}, "epoch": 1}, tmp_path)
    report = rewrite(file, tmp_path / "out.safetensors")
    assert (report.below, report.tensors) == ("model", 1)


@pytest.mark.slow
def test_code_in_a_pickle_is_refused_and_not_run(card: ModelCard, tmp_path: Path) -> None:
    trap, refused = tmp_path / "trap", "holds more than tensors, which is refused"
    state = {"w": torch.ones(2), "evil": Touch(trap)}
    file = _saved(state, tmp_path, _use_new_zipfile_serialization=False)
    with pytest.raises(ParalbenchError, match=refused):
        rewrite(file, tmp_path / "out.safetensors")
    file = _saved(state, tmp_path)
    with pytest.raises(ParalbenchError, match=rf"pytorch_model\.bin: not converted: it {refused}"):
        convert(card, file, tmp_path / "out")
    assert not trap.exists()
    assert not list((tmp_path / "out").iterdir())
    torch.load(file, weights_only=False)
    assert trap.exists()  # the trap works: it was refused, not broken


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"epoch": 3}, "holds no state dict"),
        ([torch.ones(2)], "holds no state dict"),
        ({"w": torch.eye(3).to_sparse()}, "'w' is sparse or quantised"),
    ],
)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(ParalbenchError, match=message):
        rewrite(_saved(content, tmp_path), tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", pickle.dumps({"w": 1})])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pytorch_model.bin"
    file.write_bytes(content)
    with pytest.raises(ParalbenchError, match=r"^it (cannot be read|holds)"):
        rewrite(file, tmp_path / "out.safetensors")


def test_other_content_than_pinned_is_refused_unopened(card: ModelCard, tmp_path: Path) -> None:
    file = _saved({"w": torch.ones(2)}, tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    source = card.weights[0].model_copy(update={"sha256": "0" * 64})
    with pytest.raises(ParalbenchError, match=rf"sha256 is {digest[:12]}.* pins 0000"):
        convert(card.model_copy(update={"weights": [source]}), file, tmp_path / "out")


def test_what_is_there_is_not_written_over(card: ModelCard, tmp_path: Path) -> None:
    file = _saved({"w": torch.ones(2)}, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"mine")
    with pytest.raises(ParalbenchError, match="exists already"):
        convert(card, file, tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == b"mine"


@pytest.mark.slow
def test_the_card_finds_what_was_converted_and_it_is_not_pinned(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows the sha256 of what a conversion makes, so its results stand as unverified."""
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ParalbenchError, match="fetch hubert-base; paralbench convert hubert-base"):
        find(card, Path(), {})
    file = _saved({"w": torch.ones(2)}, tmp_path)
    pinned = card.weights[0].model_copy(
        update={"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    )
    card = card.model_copy(update={"weights": [pinned]})
    convert(card, file, converted_folder(card.id))
    module = find(card, Path(), {})
    assert module.path == converted_folder(card.id)
    assert {path.name for path in converted_folder(card.id).iterdir()} == {
        "config.json",
        "model.safetensors",
    }
    assert not module.pinned


def test_the_process_may_start_nothing() -> None:
    for event in ("subprocess.Popen", "os.system", "os.posix_spawn"):
        with pytest.raises(ParalbenchError, match="must not"):
            conversion._forbid(event, ())
    conversion._forbid("os.listdir", (".",))


def test_the_process_may_write_nothing_with_python() -> None:
    with pytest.raises(ParalbenchError, match="asked for 'open x to write'"):
        conversion._forbid("open", ("x", "wb", os.O_WRONLY | os.O_CREAT))
    with pytest.raises(ParalbenchError, match="asked for 'open x to write'"):
        conversion._forbid("open", ("x", None, os.O_RDWR))
    for event in ("os.remove", "os.rename", "os.mkdir", "shutil.rmtree"):
        with pytest.raises(ParalbenchError, match="must not"):
            conversion._forbid(event, ("x",))
    conversion._forbid("open", ("x", "rb", os.O_RDONLY))


def test_a_small_file_that_claims_much_is_refused_before_it_is_filled(tmp_path: Path) -> None:
    """A view of one number, 2^33 numbers long: 32 GiB as safetensors."""
    file = _saved({"w": torch.zeros(1).expand(2**33)}, tmp_path)
    assert file.stat().st_size < 2000
    with pytest.raises(ParalbenchError, match="its tensors claim 34359738368 bytes"):
        rewrite(file, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.slow
def test_the_process_has_memory_for_its_file_and_no_more(card: ModelCard, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from paralbench.encoders import conversion; "
        "conversion.rewrite = lambda file, out: bytearray(2**33); "
        f"sys.argv = ['', {str(tmp_path / 'file')!r}, 'out']; conversion.main()"
    )
    (tmp_path / "file").write_bytes(b"x")
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert process.returncode
    assert "MemoryError" in process.stderr


@pytest.mark.slow
def test_what_is_written_while_a_checkpoint_is_read_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    program = (
        "import sys; from paralbench.encoders import conversion; "
        f"conversion.rewrite = lambda file, out: open({str(trap)!r}, 'w'); "
        f"sys.argv = ['', {__file__!r}, 'out']; conversion.main()"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "to write', which a checkpoint must not" in process.stderr
    assert not trap.exists()


@pytest.mark.slow
def test_the_process_has_no_network() -> None:
    program = (
        "import socket, sys; from paralbench.encoders import conversion; "
        "conversion.rewrite = lambda file, out: socket.gethostbyname('example.org'); "
        f"sys.argv = ['', {__file__!r}, 'out']; conversion.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "no network while a checkpoint is read" in done.stderr


def test_a_pickle_that_was_not_fetched_names_the_way(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = HubWeights(kind="hub", repository="nobody/nothing", revision="main", format="pickle")
    with pytest.raises(ParalbenchError, match="first: paralbench fetch hubert-base"):
        fetched_pickle(card.model_copy(update={"weights": [missing]}))
    with pytest.raises(ParalbenchError, match="names no pickle"):
        fetched_pickle(Catalog().model("whisper-small").card)


@pytest.mark.slow
def test_a_checkpoint_of_years_ago_gives_the_hidden_states_it_gave(
    card: ModelCard, tmp_path: Path
) -> None:
    """The hub's pickles name the position's weight norm as torch did before 2.0."""
    make_importable()
    from transformers import HubertConfig, HubertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    positions = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    config = HubertConfig(**sizes, **positions, intermediate_size=64, conv_dim=[16] * 7)
    model = HubertModel(config).eval()
    state, norm = dict(model.state_dict()), "encoder.pos_conv_embed.conv."
    for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
        state[norm + old] = state.pop(f"{norm}parametrizations.weight.{new}")
    file = _saved(state, tmp_path)
    config.save_pretrained(tmp_path)
    convert(card, file, tmp_path / "out")

    count = sum(parameter.numel() for parameter in model.parameters())
    small = card.model_copy(update={"layers": 3, "width": 32, "parameters": count})
    encoder = loadable(Model(Path(), small), {small.id: tmp_path / "out"}).load()
    recorded = np.random.default_rng(0).normal(size=16000).astype(np.float32)
    normal = torch.from_numpy((recorded - recorded.mean()) / np.sqrt(recorded.var() + 1e-7))
    with torch.no_grad():
        expected = model(normal[None], output_hidden_states=True).hidden_states
    assert torch.allclose(encoder.encode([recorded])[0], torch.cat(expected), atol=1e-5)
