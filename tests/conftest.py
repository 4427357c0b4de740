"""Synthetic corpora are made once for all tests that read them, whatever the workers.

Problems as small as those of the tests are faster on one core, and cores may be shared.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.ray_nodes import ray_nodes as ray_nodes

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported
os.environ["PARALBENCH_NO_PROFILE"] = "1"  # tests of the profiler ask for it

settings.register_profile("paralbench", deadline=None)  # a shared machine makes wall clocks lie
settings.load_profile("paralbench")


@pytest.fixture(autouse=True)
def _own_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """``screen`` moves its process's temporary files to its report; the next test's go elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The root of a synthetic corpus of seed 0, one level below a folder of its own; only to read."""
    from paralbench.catalog import Catalog

    session = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        session = session.parent
    folder, catalog = session / "synthetic", Catalog()
    folder.mkdir(exist_ok=True)

    @cache
    def make(name: str) -> Path:
        corpus = catalog.corpus(name)
        root, complete = (
            folder / name / (corpus.card.layout.names or [name])[0],
            folder / f"{name}.complete",
        )
        with FileLock(folder / f"{name}.lock"):
            if not complete.exists():
                corpus.synthesize(root, 0)
                complete.touch()
        return root

    return make
