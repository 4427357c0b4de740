"""What the command says beside its output: remarks, warnings and a log, through :mod:`logging`.

Remarks go to standard error unless ``-q`` is given; warnings always do; details with ``-v``. ``--log
FILE`` appends all of them with the time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from paralbench.records.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """-q, -v and --log"""
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="no remarks, no progress")
    volume.add_argument("-v", "--verbose", action="store_true", help="also details, such as times")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append all messages to a file")


def start(args: argparse.Namespace) -> None:
    """Send messages where the arguments say.

    Raises:
        UsageError: for a log that cannot be written.
    """
    import logging

    from paralbench.system import progress

    logger = logging.getLogger("paralbench")
    finish()
    progress.silence(args.quiet)
    logger.setLevel(logging.DEBUG)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(
        logging.WARNING if args.quiet else logging.DEBUG if args.verbose else logging.INFO
    )
    logger.addHandler(terminal)
    if args.log is not None:
        try:
            file = logging.FileHandler(args.log, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--log {args.log}: cannot be written ({error.strerror}).") from error
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(file)


def finish() -> None:
    """Close the log."""
    import logging

    logger = logging.getLogger("paralbench")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def remark(message: str) -> None:
    """What a user may want to know; not shown with ``-q``."""
    import logging

    logging.getLogger("paralbench").info(message)


def warn(message: str) -> None:
    """What a user has to know."""
    import logging

    logging.getLogger("paralbench").warning(message)


def detail(message: str) -> None:
    """What is shown with ``-v`` and written to the log."""
    import logging

    logging.getLogger("paralbench").debug(message)
