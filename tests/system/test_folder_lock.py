"""One run at a time in a folder; a crash leaves nothing locked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from paralbench.records.errors import ParalbenchError
from paralbench.system.folder_lock import NAME, Lock

HOLDING = """
import sys, time
from pathlib import Path
from paralbench.system.folder_lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    try:
        with pytest.raises(ParalbenchError, match=rf"\(process {held.pid}\)"), Lock(tmp_path):
            pass
    finally:
        held.kill()
        held.wait()
    assert (tmp_path / NAME).exists()
    with Lock(tmp_path):
        assert (tmp_path / NAME).read_text().strip() != str(held.pid)
    with Lock(tmp_path):
        pass


def test_a_second_one_can_wait(tmp_path: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    output: list[str] = []

    def waiting() -> None:
        output.append("waiting")
        held.kill()

    with Lock(tmp_path, waiting=waiting):
        assert output == ["waiting"]
    held.wait()
