"""Digests of sources: what moves them, what does not, and which modules are reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from paralbench.system import sources
from paralbench.system.sources import Source

TEXT = '''"""A docstring."""
from __future__ import annotations
from typing import TYPE_CHECKING
from paralbench.metrics.metric import Tally
if TYPE_CHECKING:
    import torch
LIMIT = 2  # a comment
def f(x: float) -> str:
    """Another docstring."""
    return f"{x:.{LIMIT}f} of {x!r}" if x is not None else 'none'
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A docstring.", "Another wording."),
        ("Another docstring.", "Better."),
        ("  # a comment", ""),
        ("LIMIT = 2", "LIMIT = (\n    2\n)\n\n"),
        ("'none'", '"none"'),
        ("import torch", "import numpy"),
    ],
)
def test_words_and_layout_leave_a_digest_as_it_is(old: str, new: str) -> None:
    assert old in TEXT
    assert Source.parsed(TEXT.replace(old, new)).digest == Source.parsed(TEXT).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 2", "LIMIT = 3"),
        ("LIMIT = 2", "LIMIT = 2.0"),
        ("LIMIT = 2", "LIMIT = True"),
        ("'none'", "'nothing'"),
        ("'none'", "None"),
        ("is not", "is"),
        (".{LIMIT}f", ".{LIMIT}e"),
        ("!r", "!s"),
        ("metrics.metric", "metrics.uar"),
        ("x: float", "y: float"),
    ],
)
def test_code_moves_a_digest(old: str, new: str) -> None:
    assert old in TEXT
    assert Source.parsed(TEXT.replace(old, new)).digest != Source.parsed(TEXT).digest


def test_imports_are_followed_but_not_those_of_type_checkers() -> None:
    imports = Source.parsed(TEXT).imports
    assert "paralbench.metrics.metric" in imports
    assert "torch" not in imports
    assert sources.reached("paralbench.metrics.uar") == {
        "paralbench.metrics.uar", "paralbench.metrics.metric",
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"no module 'paralbench\.metrics\.none'"):
        sources.reached("paralbench.metrics.none")


def test_reasons_are_read_of_modules_and_of_their_packages() -> None:
    assert Source.parsed('NO_NUMBERS = "a protocol"\n').no_numbers == "a protocol"
    assert sources.no_numbers("paralbench.records.card") == sources.no_numbers("paralbench.records")
    assert sources.no_numbers("paralbench.records.card")
    assert sources.no_numbers("paralbench.heads"), "it finds heads"
    assert sources.no_numbers("paralbench.heads.mlp") is None, (
        "a package's own reason is its file's"
    )


def test_files_outside_the_package_are_digested_as_python_or_as_bytes(tmp_path: Path) -> None:
    adapter, table = tmp_path / "adapter.py", tmp_path / "table.csv"
    adapter.write_text("x = 1  # one\n")
    table.write_text("1")
    first = sources.of_file(adapter).digest, sources.of_file(table).digest
    adapter.write_text("x = 1\n")
    table.write_text("2")
    assert sources.of_file(adapter).digest == first[0]
    assert sources.of_file(table).digest != first[1]
    adapter.write_text("x = = 1\n")
    assert sources.of_file(adapter).digest != first[0], "not Python, and still known by its bytes"


def test_the_digest_of_modules_knows_their_names_but_no_order() -> None:
    names = ["paralbench.metrics.uar", "paralbench.metrics.wa"]
    assert sources.digest(names) == sources.digest(names[::-1])
    assert sources.digest(names) != sources.digest(names[:1])
    assert set(names) < set(sources.modules())


def test_a_text_is_parsed_once_and_again_where_its_record_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARALBENCH_CACHE", str(tmp_path))
    first = sources._remembered(TEXT)
    (file,) = (tmp_path / "sources").iterdir()
    assert first == Source.parsed(TEXT)
    with monkeypatch.context() as patched:
        patched.setattr(Source, "parsed", lambda text: pytest.fail("parsed again"))
        assert sources._remembered(TEXT) == first
    for damaged in ("", "{}", "[]", '{"digest": 1'):
        file.write_text(damaged)
        assert sources._remembered(TEXT) == first
    assert sources._remembered(TEXT.replace("LIMIT = 2", "LIMIT = 3")) != first
