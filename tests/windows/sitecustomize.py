"""Hides from ParaLBench what Windows does not have; for a child process whose path begins here.

Third-party packages and Python itself keep what they need on this system. Text opened without an
encoding is an error, since Windows would choose another one, and names that Windows forbids are
written to the file in PARALBENCH_FORBIDDEN_NAMES.
"""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from pathlib import PurePath
from types import FrameType
from typing import Any

POSIX_ONLY = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix"}
FUNCTIONS = ("fork", "killpg", "sched_getaffinity", "posix_fadvise")
OURS = ("paralbench", "filelock")
PORTS = {f"{port}{number}" for port in ("COM", "LPT") for number in range(10)}
RESERVED = {"CON", "PRN", "AUX", "NUL", *PORTS}
_import = builtins.__import__
_reported = os.environ.get("PARALBENCH_FORBIDDEN_NAMES")


def _hidden(name: str, globals: Any = None, *arguments: Any, **named: Any) -> Any:  # noqa: A002
    importer = (globals or {}).get("__name__", "")
    if name.partition(".")[0] in POSIX_ONLY and importer.startswith(OURS):
        raise ImportError(f"Windows has no module '{name}' (imported by {importer})")
    return _import(name, globals, *arguments, **named)


def _of_paralbench(frame: FrameType | None) -> bool:
    """Whether ParaLBench opens a file, itself or through pathlib."""
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("pathlib"):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith("paralbench")


def _opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not isinstance(arguments[0], str):
        return
    path, _, flags = arguments
    if path.startswith(("/proc/", "/sys/")) and _of_paralbench(sys._getframe(1)):
        raise FileNotFoundError(2, "Windows has no such file", path)
    writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else False
    if _reported and writes and path != _reported and not path.startswith("/dev/"):
        for part in PurePath(path).parts[1:]:
            if (
                set(part) & set('<>:"|?*\\')
                or part != part.rstrip(". ")
                or part.split(".")[0].upper() in RESERVED
            ):
                with open(_reported, "a", encoding="utf-8") as file:  # noqa: PTH123
                    file.write(f"{path}\n")


builtins.__import__ = _hidden
for _name in FUNCTIONS:
    if hasattr(os, _name):
        delattr(os, _name)
warnings.filterwarnings("error", category=EncodingWarning, module=r"paralbench(\.|$)")
sys.addaudithook(_opened)
