"""Temporary files are gone after their process, whether it ended or was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from paralbench.system.scratch_folder import scratch_folder

_HOLD = """
import sys, time
from pathlib import Path
from paralbench.system.scratch_folder import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "data.bin").write_bytes(bytes(1000))
    print(folder, flush=True)
    time.sleep(600)
"""


def test_it_is_removed_at_the_end(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "fits") as folder:
        (folder / "data.bin").write_bytes(b"x")
        assert folder.parent == tmp_path / "fits"
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_uses_is_not(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    held = Path(os.fsdecode(process.stdout.readline().rstrip()))
    with scratch_folder(tmp_path):
        assert (held / "data.bin").is_file()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (held / "data.bin").is_file()
    with scratch_folder(tmp_path):
        assert not held.exists()
