"""The checks in a process of their own, bounded in time and memory.

Run as ``python -m paralbench.encoders.conformance.process JOB``; findings go, one a line, to a file.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from paralbench.catalog import Model
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.records.verdict import Finding
from paralbench.system.processes import end_with_input

_NEW_NETWORK = 0x40000000
_MODULE = "paralbench.encoders.conformance.process"


def findings(model: Model, weights: Path | None, timeout: float, memory: float) -> list[Finding]:
    """Examine a model in a process that ends after ``timeout`` seconds and may take ``memory`` GiB.

    A process that is stopped or dies leaves the findings so far, and a failed one that says how.
    """
    from paralbench.encoders.conformance import CHECKS

    with TemporaryDirectory() as folder:
        out = Path(folder) / "findings"
        job = {
            "card": model.card.model_dump(mode="json"), "folder": str(model.folder.resolve()),
            "weights": None if weights is None else str(weights.resolve()),
            "memory": memory, "out": str(out),
        }  # fmt: skip
        end = _bounded(["examine", json.dumps(job)], timeout)
        lines = out.read_text(encoding="utf-8").splitlines() if out.is_file() else []
    found = [Finding.model_validate_json(line) for line in lines if line.endswith("}")]
    names = list(CHECKS)
    if end is not None or len(found) < len(names):
        name = names[min(len(found), len(names) - 1)]
        ended = end or "the process ended before its time"
        found.append(Finding(check=name, outcome="failed", sentence=f"In this check {ended}."))
    return found


def _bounded(arguments: list[str], timeout: float) -> str | None:
    """Run this module; how it ended where it did not end well."""
    watched, held = os.pipe()  # the system closes `held` with this process, and then the child ends
    child = subprocess.Popen(
        [sys.executable, "-m", _MODULE, *arguments],
        stdin=watched, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    os.close(watched)
    try:
        _, said = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return f"it was stopped after {timeout:g} s, the bound on its time"
    finally:
        os.close(held)
    if child.returncode < 0:
        return f"its process was killed by {signal.Signals(-child.returncode).name}"
    if child.returncode:
        last = (said.strip().splitlines() or ["nothing was said"])[-1][:300]
        return f"its process ended with code {child.returncode}: {last}"
    return None


def _main(mode: str, text: str) -> None:
    job = json.loads(text)
    end_with_input()
    if sys.platform != "win32":
        import resource

        limit = int(job["memory"] * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    _leave_the_network()
    from paralbench.encoders.conformance import CHECKS, examine
    from paralbench.encoders.conformance.subject import Subject
    from paralbench.encoders.loading import loadable
    from paralbench.system.network_guard import refused

    card = ModelCard.model_validate(job["card"])
    given = {} if job["weights"] is None else {card.id: Path(job["weights"])}
    encoder = loadable(Model(card=card, folder=Path(job["folder"])), given)
    out = Path(job["out"])

    def again() -> NDArray[np.float32]:
        other = out.with_suffix(".npy")
        end = _bounded(["encode", json.dumps({**job, "out": str(other)})], 3600)
        if end is not None:
            raise ParalbenchError(f"In a fresh process {end}.")
        values: NDArray[np.float32] = np.load(other, allow_pickle=False)
        return values

    subject = Subject(card, encoder.load, encoder.weights.path, again)
    with refused("while a model is checked"):
        if mode == "encode":
            (states,) = subject.encode(subject.reference())
            np.save(out, states.numpy(force=True))
            return
        for line in _lines(examine(subject, name) for name in CHECKS):
            with out.open("a", encoding="utf-8") as file:
                file.write(line)


def _leave_the_network() -> None:
    """Where the system allows it, code that is not Python's has no network either."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.unshare(_NEW_NETWORK)


def _lines(found: Iterator[Finding]) -> Iterator[str]:
    for finding in found:
        yield finding.model_dump_json() + "\n"


if __name__ == "__main__":
    _main(*sys.argv[1:])
