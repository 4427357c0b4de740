"""``paralbench VERB``: finds the verb's file, and turns what goes wrong into sentences and codes.

Exit codes: 0 done; 1 done, but something in the input was refused and is listed; 2 wrong usage;
3 the work could not be done; 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import paralbench
from paralbench.records.errors import ParalbenchError

VERBS = {
    "list": "list_all",
    "doctor": "doctor",
    "fetch": "fetch",
    "convert": "convert",
    "verify": "verify",
    "synth": "synth",
    "plan": "plan",
    "run": "run",
    "layers": "layers",
    "profile": "profile",
    "screen": "screen",
    "fidelity": "fidelity",
    "compare": "compare",
    "reproduce": "reproduce",
    "bundle": "bundle",
    "submit": "submit",
    "validate": "validate",
    "leaderboard": "leaderboard",
    "cache": "cache",
    "check": "check",
    "new-model": "new_model",
    "new-task": "new_task",
    "demo": "demo",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    parser = _parser()
    args = parser.parse_args(arguments)
    try:
        code = args.run(args)
        sys.stdout.flush()
    except ParalbenchError as error:
        if args.debug:
            raise
        print(f"paralbench {args.verb}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "\nStopped. Everything finished is kept; the same command goes on from here.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader left; nothing more to say to it
        return 0
    except OSError as error:
        if args.debug:
            raise
        print(f"paralbench {args.verb}: {_told(error)}", file=sys.stderr)
        return 3
    return int(code)


def _told(error: OSError) -> str:
    """The disk's refusal as a sentence: a full disk, a folder that cannot be written."""
    where = f" at {error.filename}" if error.filename is not None else ""
    return (
        f"the system refused a file{where} ({error.strerror or error}). Make room or choose "
        f"another place; what was finished is kept."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="paralbench",
        description="Which acoustic foundation model, with which light head, hears best how it is said.",
        epilog="Exit codes: 0 done; 1 done, but some input was refused and is listed; 2 wrong usage; "
        "3 the work could not be done.",
    )
    parser.add_argument(
        "--version", action="version", version=f"paralbench {paralbench.__version__}"
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, file in VERBS.items():
        module = import_module(f"paralbench.cli.{file}")
        about = (module.__doc__ or "").strip().splitlines()[0]
        sub = verbs.add_parser(
            verb,
            help=about,
            description=about,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
