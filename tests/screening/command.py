"""``paralbench screen`` with the fake screener, in a process of its own: python -m tests.screening.command

WAIT seconds are slept on each recording. With WATCH, every socket, and every file opened for writing,
is written to that file, by this process and by those that it starts.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paralbench.screening.screener_source import Assessor, ScreenerSource

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)


def watch(file: str) -> None:
    """Write down what this process does from now on."""
    seen = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(event: str, told: tuple[object, ...]) -> None:
        opened = event == "open" and isinstance(told[2], int) and bool(told[2] & WRITING)
        by_name = bool(told) and not isinstance(told[0], int)  # not a descriptor, open already
        if event.startswith("socket.") or ((opened or event in CHANGING) and by_name):
            os.write(seen, f"{event}\t{told[0] if told else ''!s}\n".encode())

    sys.addaudithook(hook)


# Processes that are spawned import this module too.
if "WATCH" in os.environ:
    watch(os.environ["WATCH"])


def fake(threads: int = 1, wait: float = 0.0) -> Assessor:
    """Open the fake; a function of this module, so that those who do are watched."""
    from tests.screening.fakes import opened as load

    return load(threads, wait)


def open_bundle(*_: object) -> ScreenerSource:
    """In place of the function that opens a bundle."""
    from paralbench.screening.screener_source import ScreenerSource
    from tests.screener.bundles import manifest
    from tests.screening.command import fake as opener
    from tests.screening.fakes import SHA256

    return ScreenerSource(
        manifest(), SHA256, partial(opener, wait=float(os.environ.get("WAIT", "0")))
    )


def main() -> int:
    """Run the verb on what is left of the command line."""
    from paralbench.cli.main import main as command
    from paralbench.screening import screener_source

    setattr(screener_source, "open_bundle", open_bundle)  # noqa: B010

    return command(["screen", "fake.plb", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
