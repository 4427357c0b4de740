"""Print a script that completes verbs, options, tasks, models and heads in your shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from paralbench.cli import options

EXAMPLE = "paralbench completion bash > ~/.local/share/bash-completion/completions/paralbench"
SHELLS = ("bash", "zsh", "fish")
_NAMED = {
    "task": "tasks", "suite": "suites", "model": "models", "models_of": "lists", "across": "label_sets",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("shell", choices=SHELLS)
    options.add_catalog(parser)


def run(args: argparse.Namespace) -> int:
    """Print the script; the names are those of the catalogue now."""
    import shtab

    from paralbench import heads
    from paralbench.cli.main import parser

    catalog = options.catalog(args)
    names = {option: sorted(getattr(catalog, kind)) for option, kind in _NAMED.items()}
    names["head"] = heads.names()
    root = parser()
    for action in _actions(root):
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest in names and action.choices is None:
            action.choices = names[action.dest]
    print(shtab.complete(root, args.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Of a parser and its verbs."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _actions(verb)
