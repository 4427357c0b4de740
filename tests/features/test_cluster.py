"""Ray: the same store to the byte as one process, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from paralbench.features.cluster import Answer
from paralbench.features.engine import Engine
from paralbench.features.extraction import extract
from paralbench.features.key import feature_key
from paralbench.features.spec import FeatureSpec
from paralbench.features.store import FeatureStore
from paralbench.records.errors import CardError, ParalbenchError
from paralbench.records.example import Clip
from tests.features.encoders import clips, encoder
from tests.ray_nodes import RayNodes

pytestmark = pytest.mark.xdist_group("ray")  # one process starts the cluster

FRAMES = "w[: len(w) // 160 * 160].view(-1, 160)[:, :4].unsqueeze(0)"


def _files(store: FeatureStore) -> list[bytes]:
    return [(store.folder / name).read_bytes() for name in ("data.bin", "index.bin")]


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(tmp_path: Path, ray_nodes: RayNodes) -> None:
    """Refused clips, a recording of many pieces, and one actor killed while it works."""
    calls = tmp_path / "calls"
    chosen = encoder(
        tmp_path, FRAMES, before=f"open({str(calls)!r}, 'a').write(f'{{os.getpid()}}\\n')"
    )
    asked = clips(tmp_path, [0.2] * 20 + [3.3] + [0.2] * 60)
    asked[b"m" * 16] = Clip(tmp_path / "missing.wav")
    local = FeatureStore(tmp_path / "local", feature_key(chosen, FeatureSpec("frames")))
    at_home = extract(chosen, asked, local, quiet=True)
    calls.write_text("")
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 20
        while not killed and time.monotonic() < until:
            lines = calls.read_text().split()
            if len(lines) > 5:
                killed.append(int(lines[0]))
                os.kill(killed[0], signal.SIGKILL)
            time.sleep(0.002)

    killer = threading.Thread(target=kill)
    killer.start()
    away = FeatureStore(tmp_path / "away", feature_key(chosen, FeatureSpec("frames")))
    extraction = extract(chosen, asked, away, engine=Engine("ray", workers=2), quiet=True)
    killer.join()
    assert killed, "no worker was killed while it worked"
    assert (extraction.made, extraction.refused) == (at_home.made, at_home.refused)
    assert extraction.refused == {b"m" * 16: "the file does not exist"}
    assert _files(away) == _files(local)
    assert extract(chosen, asked, away, engine=Engine("ray"), quiet=True).made == 0


@pytest.mark.slow
def test_an_error_on_a_worker_is_the_same_sentence(tmp_path: Path, ray_nodes: RayNodes) -> None:
    chosen = encoder(tmp_path, f"{FRAMES}[..., :3]")
    store = FeatureStore(tmp_path / "store", feature_key(chosen, FeatureSpec()))
    with pytest.raises(CardError, match=r"declares \[1, frames, 4\], the encoder returned"):
        extract(chosen, clips(tmp_path, [0.2]), store, engine=Engine("ray", 1), quiet=True)


def test_audio_that_a_worker_cannot_see_is_named(tmp_path: Path) -> None:
    (tmp_path / "here.wav").touch()
    away = Answer([], [tmp_path / "gone.wav", tmp_path / "here.wav"], "node7")
    with pytest.raises(ParalbenchError, match=r"on node7 cannot find '.*here\.wav', which exists"):
        away.checked()
