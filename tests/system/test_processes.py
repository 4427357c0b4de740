"""Workers: in order, in processes, and gone when their parent is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from paralbench.records.errors import ParalbenchError
from paralbench.system.processes import in_fresh_process, parallel_map

POOL = """
import os, sys, time
from pathlib import Path
from paralbench.system.processes import worker_pool

def sleep(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)

if __name__ == "__main__":
    with worker_pool(2) as pool:
        list(pool.map(sleep, [sys.argv[1]] * 2))
"""
INPUT = """
import os, subprocess, sys, time
CHILD = "from paralbench.system.processes import end_with_input; end_with_input(); " \\
    "import os, pathlib, sys, time; (pathlib.Path(sys.argv[1]) / str(os.getpid())).touch(); " \\
    "time.sleep(600)"
read, held = os.pipe()
for _ in range(2):
    subprocess.Popen([sys.executable, "-c", CHILD, sys.argv[1]], stdin=read)
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [POOL, INPUT])
def test_no_worker_outlives_a_killed_parent(tmp_path: Path, script: str) -> None:
    program, started = tmp_path / "parent.py", tmp_path / "started"
    program.write_text(script)
    started.mkdir()
    parent = subprocess.Popen([sys.executable, str(program), str(started)])
    try:
        while len(names := [file.name for file in started.iterdir()]) < 2:
            assert parent.poll() is None, "the parent ended before its workers started"
            psutil.Process().children()  # yields the core
        workers = [psutil.Process(int(name)) for name in names]
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert not [worker.pid for worker in alive if worker.status() != psutil.STATUS_ZOMBIE]
    finally:
        parent.kill()
        parent.wait()


def test_parallel_map_keeps_the_order_and_uses_other_processes() -> None:
    results = parallel_map(_square_and_process, range(20), workers=2)
    assert [square for square, _, _ in results] == [number**2 for number in range(20)]
    assert os.getpid() not in {process for _, process, _ in results}
    assert {threads for _, _, threads in results} == {"1"}


def _square_and_process(number: int) -> tuple[int, int, str | None]:
    return number**2, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def test_one_worker_is_this_process() -> None:
    assert {process for _, process, _ in parallel_map(_square_and_process, range(3), 1)} == {
        os.getpid()
    }


def test_an_error_in_a_fresh_process_is_raised_here() -> None:
    with pytest.raises(ParalbenchError, match="out of paper"):
        in_fresh_process(_refuse)


def _refuse() -> None:
    raise ParalbenchError("out of paper")


def test_a_process_that_watches_its_input_can_end_before_its_parent() -> None:
    read, held = os.pipe()
    script = "from paralbench.system.processes import end_with_input; end_with_input()"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=read)
    os.close(read)
    assert child.wait() == 0
    os.close(held)
