"""Every command that the documentation shows exists, with every option that it shows."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from paralbench.cli.main import VERBS, parser

ROOT = Path(__file__).parents[2]
PAGES = [
    *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tasks/*/README.md"), *ROOT.glob(".github/workflows/*.yml"),
    ROOT / "Makefile", ROOT / "Dockerfile",
]  # fmt: skip
COMMAND = re.compile(r"(?:^|[`/ ])paralbench ([a-z][a-z-]+)([^`\n#|]*)", re.MULTILINE)


def options(verb: str) -> set[str]:
    """Of a verb, those of its actions included."""
    (verbs,) = [a for a in parser(verb)._actions if isinstance(a, argparse._SubParsersAction)]
    return _options(verbs.choices[verb])


def _options(parsed: argparse.ArgumentParser) -> set[str]:
    names = {name for action in parsed._actions for name in action.option_strings}
    for action in parsed._actions:
        if isinstance(action, argparse._SubParsersAction):
            names |= {name for choice in action.choices.values() for name in _options(choice)}
    return names


def commands() -> list[tuple[str, str, str]]:
    result = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        result += [
            (page.relative_to(ROOT).as_posix(), verb, rest)
            for verb, rest in COMMAND.findall(text)
            if verb in VERBS or rest.lstrip().startswith(("-", "--"))
        ]
    return result


def test_the_documentation_shows_commands() -> None:
    assert len(commands()) > 100
    assert {verb for _, verb, _ in commands()} >= {"run", "errors", "screen", "leaderboard", "list"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_that_is_shown_exists(verb: str) -> None:
    known = options(verb)
    for page, shown, rest in commands():
        if shown == verb:
            unknown = set(re.findall(r"(?<!\S)--?[a-zA-Z][\w-]*", rest)) - known
            assert not unknown, f"{page}: paralbench {verb}{rest}"
