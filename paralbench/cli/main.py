"""``paralbench VERB``: finds the verb's file, and turns errors into sentences and exit codes."""

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
FAULT = 70
"""The exit code of a fault of paralbench itself (EX_SOFTWARE of sysexits.h)."""
_EXIT_CODES = (
    "Exit codes: 0 done; 1 done, but some input was refused and is listed; 2 wrong usage; 3 the work "
    f"could not be done; {FAULT} a fault of paralbench itself; 130 stopped by the user."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    args = _parser(words[0] if words else "").parse_args(words)
    try:
        code = args.run(args)
        sys.stdout.flush()
        return int(code)
    except KeyboardInterrupt:
        message, code = (
            "\nStopped. Everything finished is kept; the same command goes on from here.",
            130,
        )
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the output has left
        return 0
    except Exception as error:
        if args.debug:
            raise
        sentence, code = _explained(error)
        message = f"paralbench {args.verb}: {sentence}"
    print(message, file=sys.stderr)
    return int(code)


def _explained(error: Exception) -> tuple[str, int]:
    """A sentence on an error, and its exit code."""
    if isinstance(error, ParalbenchError):
        return str(error), error.exit_code
    # torch reports it as a RuntimeError.
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return (
            "memory ran out. Use fewer --workers, a smaller model or another machine; what was "
            "finished is kept."
        ), 3
    if isinstance(error, OSError):
        where = f" at {error.filename}" if error.filename is not None else ""
        return (
            f"the system refused a file{where} ({error.strerror or error}). Make room or choose "
            f"another place; what was finished is kept."
        ), 3
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="paralbench-", suffix=".traceback", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return (
        f"a fault of paralbench itself ({type(error).__name__}); please report it with the "
        f"traceback in {file.name}."
    ), FAULT


def _parser(verb: str) -> argparse.ArgumentParser:
    """With the arguments of ``verb`` alone; with all verbs where it is none, to list them."""
    parser = argparse.ArgumentParser(
        prog="paralbench",
        description="Which acoustic foundation model, with which light head, recognises best how it is said.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument(
        "--version", action="version", version=f"paralbench {paralbench.__version__}"
    )
    if verb and not verb.startswith("-") and verb not in VERBS:
        from paralbench.system.suggestion import suggestion

        hint = suggestion(verb, VERBS)
        parser.error(f"there is no verb '{verb}'.{hint} 'paralbench --help' lists all.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in [verb] if verb in VERBS else [] if verb == "--version" else VERBS:
        module = import_module(f"paralbench.cli.{VERBS[name]}")
        about = (module.__doc__ or "").strip().splitlines()[0]
        sub = verbs.add_parser(
            name,
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
