"""Extraction, conditions and fits on a cluster of several nodes: the bytes of one machine's run."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paralbench.catalog import Catalog
from paralbench.evaluation.benchmark import Benchmark, Done, Request
from paralbench.features.engine import LOCAL, Engine
from paralbench.system import plug_ins
from tests.evaluation import toy

pytest.importorskip("ray", reason="the extra 'ray' is not installed")

LOG = "PARALBENCH_TEST_LOG"
"""Where workers write on which node they did what."""

WRITE = """
import os

def write(what):
    import ray, time

    if ray.is_initialized():
        time.sleep(0.05)
        with open(os.environ["PARALBENCH_TEST_LOG"], "a") as log:
            log.write(f"{what} {ray.get_runtime_context().get_node_id()}\\n")
"""

HEAD = f'''"""The linear probe, which writes where it is fitted."""
{WRITE}
from paralbench.heads.linear_probe import LinearProbe

class Logged(LinearProbe):
    name = "logged"

    def fit(self, streams, problem, splits, settings, work=None):
        write("fit")
        return super().fit(streams, problem, splits, settings, work)

HEAD = Logged()
'''


@dataclass
class Nodes:
    """Three nodes of one core each; the first is this process's own."""

    cluster: Any
    others: list[Any]

    def kill(self) -> None:
        """Kill one of the others with all of its processes."""
        self.cluster.remove_node(self.others.pop(0), allow_graceful=False)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    import ray
    from ray._private import ray_constants
    from ray.cluster_utils import Cluster

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False  # every address is 127.0.0.1
    temporary = tempfile.mkdtemp(prefix="ray")  # not tmp_path: names of sockets must be short
    small: dict[str, Any] = {
        "num_cpus": 1, "object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1",
        "temp_dir": temporary,
    }  # fmt: skip
    cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    others = [cluster.add_node(**small) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    yield Nodes(cluster, others)
    ray.shutdown()
    cluster.shutdown()  # type: ignore[no-untyped-call]
    ray_constants.ENABLE_RAY_CLUSTER = before
    shutil.rmtree(temporary, ignore_errors=True)


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv(LOG, str(log))
    return log


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
def test_nodes_killed_midway_change_no_byte(
    nodes: Nodes, logged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    (local,) = _run(tmp_path, LOCAL, ["logged"], under=["white-0", "babble-0"])
    first = _when(logged, "encode", nodes.kill)
    second = _when(logged, "fit", nodes.kill)
    (away,) = _run(tmp_path, Engine("ray"), ["logged"], under=["white-0", "babble-0"])
    first.join()
    second.join()
    lines = logged.read_text().splitlines()
    assert not nodes.others, "no node was killed midway"
    for what in ("encode", "fit"):
        assert len({line for line in lines if line.startswith(what)}) > 1, "one node did all"
    assert _stores(tmp_path / "ray") == _stores(tmp_path / "local")
    assert _content(away) == _content(local)
