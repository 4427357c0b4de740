"""``paralbench VERB``: runs the verb's module and turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module

import paralbench
from paralbench.cli import messages
from paralbench.records.errors import ParalbenchError

VERBS = (
    "list", "doctor", "fetch", "convert", "verify", "synth", "plan", "run", "layers", "curve", "profile",
    "screen", "errors", "fidelity", "compare", "fairness", "power", "reproduce", "bundle", "recalibrate",
    "federate", "submit", "validate", "leaderboard", "cache", "check", "new-model", "new-task", "completion", "demo",
)  # fmt: skip
_MODULES = {"list": "list_all"}
FAULT = 70
"""The exit code of a fault of paralbench itself (EX_SOFTWARE of sysexits.h)."""
_EXIT_CODES = (
    "Exit codes: 0 done; 1 done, but some input was refused and is listed; 2 wrong usage; 3 the work "
    f"could not be done; {FAULT} a fault of paralbench itself; 130 stopped by the user."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    argv = sys.argv[1:] if arguments is None else arguments
    args = parser(argv[0] if argv else "").parse_args(argv)
    try:
        return _run(args, argv)
    finally:
        messages.finish()


def _run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    began = time.monotonic()
    try:
        messages.start(args)
        messages.detail(_began(argv))
        code = args.run(args)
        messages.detail(f"exit code {code} after {time.monotonic() - began:.1f} s")
        sys.stdout.flush()
        return int(code)
    except KeyboardInterrupt:
        message = "\nStopped. Finished work is stored; the same command continues from here."
        code = 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has closed it
        return 0
    except Exception as error:
        if args.debug:
            raise
        explanation, code = _explained(error)
        message = f"paralbench {args.verb}: {explanation}"
    messages.warn(message)
    return int(code)


def _began(argv: Sequence[str]) -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return (
        f"paralbench {paralbench.__version__}, Python {version} on {sys.platform}: "
        f"paralbench {' '.join(argv)}"
    )


def _explained(error: Exception) -> tuple[str, int]:
    """The message for an error, and its exit code."""
    if isinstance(error, ParalbenchError):
        return str(error), error.exit_code
    # torch raises RuntimeError when memory runs out, with either text.
    texts = ("allocate memory", "out of memory")
    if isinstance(error, MemoryError) or any(text in str(error) for text in texts):
        return (
            "memory ran out. Use fewer --workers, a smaller model or another machine; finished "
            "work is stored."
        ), 3
    if isinstance(error, OSError):
        where = f" at {error.filename}" if error.filename is not None else ""
        return (
            f"the system refused a file{where} ({error.strerror or error}). Make room or choose "
            f"another folder; finished work is stored."
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


def parser(verb: str = "") -> argparse.ArgumentParser:
    """The parser with one verb, or with all verbs where ``verb`` is not one of them."""
    root = argparse.ArgumentParser(
        prog="paralbench",
        description="Benchmark acoustic foundation models with lightweight heads on paralinguistic tasks.",
        epilog=_EXIT_CODES,
    )
    root.add_argument("--version", action="version", version=f"paralbench {paralbench.__version__}")
    if verb and not verb.startswith("-") and verb not in VERBS:
        from paralbench.system.suggestion import suggestion

        hint = suggestion(verb, VERBS)
        root.error(f"there is no verb '{verb}'.{hint} 'paralbench --help' lists all.")
    verbs = root.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in [verb] if verb in VERBS else [] if verb == "--version" else VERBS:
        module = import_module(f"paralbench.cli.{_MODULES.get(name, name.replace('-', '_'))}")
        about = (module.__doc__ or "").strip().splitlines()[0]
        sub = verbs.add_parser(
            name,
            help=about,
            description=about,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        messages.add_arguments(sub)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return root


if __name__ == "__main__":
    sys.exit(main())
