"""Runs readers on mutated files, in a process with a memory cap, and lists the cases that fail.

``python -m tests.fuzz.running [CASES]`` runs all readers; the exit code is 1 where a case fails. A case
is named by its reader and number, and ``python -m tests.fuzz.running --case READER NUMBER`` repeats it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from paralbench.system.memory_cap import memory_capped
from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, REFUSALS, Reader

CASES = 10_000
_SECONDS = 1.0
"""Processor time of a case."""
_HANGING = 120.0
"""Seconds after which a process that reports no further case is ended."""
_MEMORY = 500 * 2**20
_CHUNK = 500


def fault(reader: Reader, number: int) -> str:
    """Why a case fails; "" where it is read as it is meant, or refused."""
    content = mutated(reader.good(), number)
    started = time.process_time()
    try:
        with memory_capped(_MEMORY):
            reader.read(content)
    except REFUSALS:
        pass
    except AssertionError:
        return f"accepted with another meaning: {traceback.format_exc(limit=-1)}"
    except MemoryError:
        return f"needs more than {_MEMORY} bytes"
    except Exception:  # noqa: BLE001  (any other is the finding)
        return f"not refused in words: {traceback.format_exc(limit=-3)}"
    seconds = time.process_time() - started
    return f"takes {seconds:.1f} s" if seconds > _SECONDS else ""


def faults(
    cases: int, readers: Mapping[str, Reader] = READERS, first: int = 0
) -> list[tuple[str, int, str]]:
    """The failures of as many cases, shared among the readers, in this process."""
    share = -(-cases // len(readers))
    return [
        (name, number, words)
        for name, reader in readers.items()
        if _warm(reader)
        for number in range(first, first + share)
        if (words := fault(reader, number))
    ]


def _warm(reader: Reader) -> bool:
    """Read the good file, so that imports count in no case."""
    reader.read(reader.good())
    return True


def _in_processes(cases: int) -> int:
    """Run every reader's cases in chunks, each in a process whose crash does not end the others."""
    share, failed = -(-cases // len(READERS)), 0
    for name in READERS:
        for first in range(0, share, _CHUNK):
            failed += _chunk(name, first, min(_CHUNK, share - first))
        print(f"{name}: {share} cases")
    print(f"{failed} of {share * len(READERS)} cases failed")
    return 1 if failed else 0


def _chunk(name: str, first: int, count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        current = Path(folder) / "case"
        command = [sys.executable, "-m", "tests.fuzz.running", "--chunk", name, str(first),
                   str(count), str(current)]  # fmt: skip
        try:
            code = subprocess.run(command, timeout=_HANGING, check=False).returncode
        except subprocess.TimeoutExpired:
            code = -1
        if code < 0:
            print(f"{name} {current.read_text()}: crashed or hung (code {code})")
            return 1
        return code


def _run_chunk(name: str, first: int, count: int, current: Path) -> int:
    reader, failed = READERS[name], 0
    _warm(reader)
    for number in range(first, first + count):
        current.write_text(str(number))
        if words := fault(reader, number):
            print(f"{name} {number}: {words}")
            failed += 1
    return min(failed, 100)


def main(arguments: list[str]) -> int:
    """Run all cases, a chunk of them, or one."""
    if arguments[:1] == ["--chunk"]:
        name, first, count, current = arguments[1:]
        return _run_chunk(name, int(first), int(count), Path(current))
    if arguments[:1] == ["--case"]:
        words = fault(READERS[arguments[1]], int(arguments[2]))
        print(words or "read as it is meant, or refused")
        return 1 if words else 0
    return _in_processes(int(arguments[0]) if arguments else CASES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
