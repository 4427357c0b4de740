"""The checks in a separate process, bounded in time and memory.

``python -m paralbench.encoders.conformance.process MODE JOB`` writes findings to a file, one a line.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.catalog import Model
from paralbench.records.errors import ParalbenchError
from paralbench.records.model_card import ModelCard
from paralbench.records.verdict import Finding
from paralbench.system.processes import end_with_input

_NEW_NETWORK = 0x40000000
_MODULE = "paralbench.encoders.conformance.process"
_POLL = 0.2
"""Seconds between two readings of the findings."""


def findings(
    model: Model,
    weights: Path | None,
    timeout: float,
    memory: float,
    report: Callable[[Finding], None] = lambda finding: None,
    *,
    quick: bool = False,
    waiting: Callable[[str], None] = lambda check: None,
) -> list[Finding]:
    """Examine a model in a separate process.

    Args:
        model: the model's folder and card.
        weights: the folder of its weights, where it is not the card's.
        timeout: seconds after which the process is stopped.
        memory: GiB of address space that it may take.
        report: called with each finding as soon as it is written.
        quick: leave out the checks of :data:`paralbench.encoders.conformance.LONG`.
        waiting: called several times a second with the name of the check that is running.

    Returns:
        All findings. Where the process is stopped or dies, those so far and a failed one that
        reports how it ended.
    """
    from paralbench.encoders.conformance import LOAD, checks

    complete: list[Finding] = []
    names = checks(quick)

    def read() -> None:
        lines = out.read_text(encoding="utf-8").splitlines() if out.is_file() else []
        for line in lines[len(complete) :]:
            if line.endswith("}"):
                complete.append(Finding.model_validate_json(line))
                report(complete[-1])
        if len(complete) < len(names):
            waiting(names[len(complete)])

    with TemporaryDirectory() as folder:
        out = Path(folder) / "findings"
        job = {
            "card": model.card.model_dump(mode="json"), "folder": str(model.folder.resolve()),
            "weights": None if weights is None else str(weights.resolve()),
            "memory": memory, "out": str(out), "quick": quick,
        }  # fmt: skip
        end = _bounded(["examine", json.dumps(job)], timeout, read)
        read()
    finished = complete and (len(complete) == len(names) or complete[-1].check == LOAD)
    if end is not None or not finished:
        name = names[min(len(complete), len(names) - 1)]
        ended = end or "the process ended early"
        complete.append(Finding(check=name, outcome="failed", sentence=f"In this check {ended}."))
        report(complete[-1])
    return complete


def _bounded(
    arguments: list[str], timeout: float, poll: Callable[[], None] = lambda: None
) -> str | None:
    """Run this module, calling ``poll`` meanwhile; returns how it ended, None where without error."""
    deadline = time.monotonic() + timeout
    reader, writer = os.pipe()  # the system closes `writer` with this process; then the child ends
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", _MODULE, *arguments],
            stdin=reader, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
        )  # fmt: skip
        os.close(reader)
        try:
            while child.poll() is None and time.monotonic() < deadline:
                poll()
                time.sleep(_POLL)
            if child.poll() is None:
                return f"it was stopped after {timeout:g} s, the time limit"
        finally:
            os.close(writer)
            if child.returncode is None:
                if hasattr(os, "killpg"):
                    os.killpg(child.pid, signal.SIGKILL)
                else:  # Windows
                    child.kill()
                child.wait()
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    if child.returncode < 0:
        return f"its process was killed by {signal.Signals(-child.returncode).name}"
    if child.returncode:
        last = lines[-1][:300] if lines else "without a message"
        return f"its process ended with code {child.returncode}: {last}"
    return None


def _main(mode: str, text: str) -> None:
    job = json.loads(text)
    end_with_input()
    with suppress(ImportError):  # Windows limits no memory
        import resource

        limit = int(job["memory"] * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if sys.platform == "linux":  # where the system allows it, native code has no network either
        ctypes.CDLL(None).unshare(_NEW_NETWORK)
    from paralbench.encoders.conformance import examination
    from paralbench.encoders.conformance.subject import CHECKED, Subject
    from paralbench.encoders.loading import loadable
    from paralbench.system.network_guard import refused

    card = ModelCard.model_validate(job["card"])
    weights = {} if job["weights"] is None else {card.id: Path(job["weights"])}
    encoder = loadable(Model(card=card, folder=Path(job["folder"])), weights)
    out = Path(job["out"])

    subject = Subject(card, encoder.load, encoder.weights.path)
    if mode == "encode":
        with refused(CHECKED):
            np.save(out, subject.states.numpy(force=True))
        return
    if not job["quick"]:
        # It loads its packages beside the first checks; a daemon thread does not delay the end.
        fresh: Future[NDArray[np.float32]] = Future()
        threading.Thread(target=_in_fresh_process, args=(job, fresh), daemon=True).start()
        subject = replace(subject, again=fresh.result)
    with refused(CHECKED):
        for finding in examination(subject, job["quick"]):
            with out.open("a", encoding="utf-8") as file:
                file.write(f"{finding.model_dump_json()}\n")


def _in_fresh_process(job: dict[str, Any], states: Future[NDArray[np.float32]]) -> None:
    """Encode the reference waveform in another process."""
    try:
        file = Path(job["out"]).with_suffix(".npy")
        end = _bounded(["encode", json.dumps({**job, "out": str(file)})], 3600)
        if end is not None:
            raise ParalbenchError(f"In a fresh process {end}.")
        states.set_result(np.load(file, allow_pickle=False))
    except Exception as error:  # noqa: BLE001 - the check that waits for it raises it
        states.set_exception(error)


if __name__ == "__main__":
    _main(*sys.argv[1:])
