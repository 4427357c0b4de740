"""Extraction, conditions and fits on a cluster of several nodes: the bytes of one machine's run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.features.engine import LOCAL, Engine
from paralbench.system import plug_ins
from tests.evaluation import toy
from tests.ray_nodes import RayNodes

pytestmark = pytest.mark.xdist_group("ray")  # one process starts the cluster

LOG = "PARALBENCH_TEST_LOG"
"""Where workers write on which node they did what."""

WRITE = """
import os, time

def write(what):
    import ray

    if file := os.environ.get("PARALBENCH_TEST_LOG"):
        with open(file, "a") as log:
            log.write(f"{what} {ray.get_runtime_context().get_node_id()}\\n")
        until = time.monotonic() + 30  # nothing is done before two nodes do it
        while time.monotonic() < until:
            if len({line for line in open(file) if line.startswith(what)}) > 1:
                break
            time.sleep(0.02)
        time.sleep(0.1)
"""

HEAD = f'''"""The linear probe, which writes where it is fitted."""
{WRITE}
from paralbench.heads.linear_probe import LinearProbe

class Logged(LinearProbe):
    name = "logged"
    deterministic = False

    def fit(self, streams, problem, splits, settings, work=None):
        write("fit")
        return super().fit(streams, problem, splits, settings, work)

HEAD = Logged()
'''


def _run(root: Path, engine: Engine, heads: list[str], **asked: Any) -> list[Done]:
    request = Request(
        ["toy-tone"], ["bands"], heads, {"toy": root / "data"}, seeds=(0, 1), engine=engine, **asked
    )
    folder = root / engine.kind
    benchmark = Benchmark(
        Catalog([root / "catalog"]), request, folder / "cache", folder / "results"
    )
    done = list(benchmark.run(lambda message: None, quiet=True))
    assert all(isinstance(each, Done) for each in done), done
    return [each for each in done if isinstance(each, Done)]


def _content(done: Done) -> tuple[str, bytes]:
    """A result without times, which no two runs share, and its predictions."""
    record = done.result.model_dump(mode="json")
    for part in ("created", "seconds"):
        del record["provenance"][part]
    for form in (record["forms"] or {}).values():
        if isinstance(form, dict):
            form.pop("latency", None)
    return repr(record), done.file.with_suffix(".parquet").read_bytes()


def _stores(folder: Path) -> dict[str, bytes]:
    files = folder.rglob("data.bin")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def _when(log: Path, what: str, action: Callable[[], None]) -> threading.Thread:
    """Do it as soon as three lines of the log are about ``what``."""

    def watch() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if sum(line.startswith(what) for line in log.read_text().splitlines()) >= 3:
                action()
                return
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_network_of_frames_is_fitted_on_other_nodes(ray_nodes: RayNodes, tmp_path: Path) -> None:
    """Workers read the frames from the store, and finished fits are kept beside it until all are."""
    toy.write_catalog(tmp_path / "catalog")
    toy.write_corpus(tmp_path / "data")
    heads, settings = ["attentive-statistics"], {"epochs": 2, "hidden": 8, "bottleneck": 4}
    (local,) = _run(tmp_path, LOCAL, heads, head_settings=settings)
    (away,) = _run(tmp_path, Engine("ray"), heads, head_settings=settings)
    assert _stores(tmp_path / "ray") == _stores(tmp_path / "local")
    assert _content(away) == _content(local)
    assert not list((tmp_path / "ray").rglob("*.fit"))


@pytest.mark.slow
def test_nodes_killed_midway_change_no_byte(
    ray_nodes: RayNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One node dies while clips are encoded, another while heads are fitted."""
    encoder = toy.ENCODER.replace("import torch\n", f"import torch\n{WRITE}", 1).replace(
        "        return [self", '        write("encode")\n        return [self', 1
    )
    catalog = toy.write_catalog(tmp_path / "catalog", encoder=encoder)
    toy.write_corpus(tmp_path / "data")
    (catalog / "heads").mkdir()
    (catalog / "heads" / "logged.py").write_text(HEAD)
    monkeypatch.setenv(plug_ins.FOLDERS, str(catalog))
    (local,) = _run(tmp_path, LOCAL, ["logged"], under=["babble-0"])
    logged = tmp_path / "log"
    logged.touch()
    monkeypatch.setenv(LOG, str(logged))
    first = _when(logged, "encode", ray_nodes.kill)
    second = _when(logged, "fit", ray_nodes.kill)
    (away,) = _run(tmp_path, Engine("ray"), ["logged"], under=["babble-0"])
    first.join()
    second.join()
    killed = not ray_nodes.others
    ray_nodes.restore()
    assert killed, "no node was killed midway"
    lines = logged.read_text().splitlines()
    for what in ("encode", "fit"):
        assert len({line for line in lines if line.startswith(what)}) > 1, "one node did all"
    assert _stores(tmp_path / "ray") == _stores(tmp_path / "local")
    assert _content(away) == _content(local)
