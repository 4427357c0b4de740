"""Work on a Ray cluster: in order, past workers that die; and what makes a node unfit for it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.system import cluster
from paralbench.system.cluster import Cluster, Task
from tests.ray_nodes import RayNodes

pytestmark = pytest.mark.xdist_group("ray")  # one process starts the cluster


def _squares(died: Path) -> Callable[[int], int]:
    """Squares; the first worker to meet 5 dies of it, and all that meet 99."""

    def square(number: int) -> int:
        if number == 99 or (number == 5 and not died.exists()):
            died.touch()
            os._exit(1)
        time.sleep(0.02 * (number % 3))
        return number**2

    return square


def _refused() -> Callable[[int], int]:
    raise UsageError("no model for this.")


@pytest.mark.slow
def test_results_come_in_order_and_once_past_a_worker_that_dies(
    ray_nodes: RayNodes, tmp_path: Path
) -> None:
    task = Task("squares", _squares, (tmp_path / "died",), at_hand=2)
    assert list(Cluster().map(task, range(40))) == [number**2 for number in range(40)]
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_work_that_kills_every_worker_is_named(ray_nodes: RayNodes, tmp_path: Path) -> None:
    task = Task("squares", _squares, (tmp_path,), name=lambda number: f"number {number}")
    results = Cluster(2).map(task, [1, 99, 2])
    assert next(results) == 1
    with pytest.raises(ParalbenchError, match="squares: 4 Ray workers died at number 99: "):
        list(results)


@pytest.mark.slow
def test_an_error_of_the_start_is_its_own_sentence(ray_nodes: RayNodes) -> None:
    with pytest.raises(UsageError, match=r"^no model for this\.$"):
        list(Cluster(1).map(Task("squares", _refused, ()), [1]))


@pytest.mark.slow
def test_more_workers_than_cores_are_refused(ray_nodes: RayNodes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--workers 1000: the Ray cluster has \d+ CPUs"):
        list(Cluster(1000).map(Task("squares", _squares, (tmp_path,)), [1]))


def test_ray_that_is_not_installed_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        ParalbenchError, match=r"needs the package 'ray': pip install 'paralbench\["
    ):
        list(Cluster().map(Task("squares", _squares, (tmp_path,)), [1]))


def test_a_cluster_that_does_not_answer_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")

    def away(**settings: object) -> None:
        raise ConnectionError("Failed to connect to Ray cluster\nand more")

    monkeypatch.setenv("RAY_ADDRESS", "node7:6379")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", away)
    with pytest.raises(ParalbenchError, match=r"no Ray cluster answers at node7:6379 \(Failed to"):
        list(Cluster().map(Task("squares", _squares, (tmp_path,)), [1]))


@pytest.mark.parametrize(
    ("reads", "versions", "message"),
    [
        (["absent"], {}, r"cannot find 'absent', which exists here; every node"),
        ([], {"torch": "0.1"}, r"has torch \d.*, this machine 0\.1; every node needs the same"),
        ([], {"numpy-of-mars": "3"}, r"has numpy-of-mars not installed, this machine 3"),
    ],
)
def test_a_node_unlike_this_machine_is_refused(
    reads: list[str], versions: dict[str, str], message: str
) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    worker = cluster._Worker({})
    with pytest.raises(ParalbenchError, match=message):
        worker.start([], [Path(name) for name in reads], versions)
