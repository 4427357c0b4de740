"""A Ray cluster of three nodes on this machine, which all tests of a session share."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

_SMALL: dict[str, Any] = {
    "num_cpus": 1, "object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1",
}  # fmt: skip


@dataclass
class RayNodes:
    """A Ray cluster of three nodes of one core each; the first is this process's own."""

    cluster: Any
    settings: dict[str, Any]
    others: list[Any]

    def kill(self) -> None:
        """Kill one of the others with all of its processes."""
        self.cluster.remove_node(self.others.pop(0), allow_graceful=False)

    def restore(self) -> None:
        """Start nodes in place of those that were killed."""
        while len(self.others) < 2:
            self.others.append(self.cluster.add_node(**self.settings))


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayNodes]:
    """A cluster on the loopback interface, which ends with the session."""
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    import ray
    from ray._private import ray_constants
    from ray.cluster_utils import Cluster

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False  # every address is 127.0.0.1
    folder = tempfile.mkdtemp(prefix="ray")  # not tmp_path: names of sockets must be short
    small = {**_SMALL, "temp_dir": folder}
    cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    nodes = RayNodes(cluster, small, [])
    nodes.restore()
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    yield nodes
    ray.shutdown()
    cluster.shutdown()  # type: ignore[no-untyped-call]
    ray_constants.ENABLE_RAY_CLUSTER = before
    shutil.rmtree(folder, ignore_errors=True)
