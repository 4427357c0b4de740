"""The page: the same bytes for the same results, and nothing in it that a result smuggled in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from paralbench.ranking.board import Board, collect
from paralbench.records.result import Result
from paralbench.site.build import build
from tests.ranking.boards import result, write

MARKUP = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"


class _Page(HTMLParser):
    """Tags with their attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _built(root: Path, folder: Path) -> dict[str, bytes]:
    build(collect(root), folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def _three() -> list[Result]:
    return [result("a", 0.5), result("b", 0.9), result("c", 0.9, standing="synthetic")]


def test_building_twice_gives_identical_bytes(tmp_path: Path) -> None:
    one = _built(write(tmp_path / "one", *_three()), tmp_path / "site")
    again = _built(tmp_path / "one", tmp_path / "site")
    other = _built(write(tmp_path / "other", *_three()[::-1]), tmp_path / "site2")
    assert sorted(one) == ["index.html", "leaderboard.csv", "leaderboard.json"]
    assert one == again == other


def test_the_page_shows_every_entry_and_calls_synthetic_ones_so(tmp_path: Path) -> None:
    page = _Page(_built(write(tmp_path / "r", *_three()), tmp_path / "s")["index.html"].decode())
    sections = [attributes for tag, attributes in page.tags if tag == "section"]
    assert [one.get("class") for one in sections] == [None, "synthetic"]
    rows = [attributes["data-model"] for tag, attributes in page.tags if "data-model" in attributes]
    assert rows == ["b", "a", "c"]
    assert "synthetic data" in page.text


def test_markup_in_what_a_result_says_is_only_text(tmp_path: Path) -> None:
    hostile = result(
        "bands", title=MARKUP, standing="unverified", standing_reason=MARKUP, entry=MARKUP,
        task_title=MARKUP, task_about=MARKUP, classes=[MARKUP, "other"],
    )  # fmt: skip
    root = write(tmp_path / "r", hostile)
    (root / "bands" / "toy-tone" / "x.json").write_text(json.dumps({"task": MARKUP}))
    board = collect(root)
    (refused,) = board.refused
    assert refused[0] == "bands/toy-tone/x.json"
    page = build(board, tmp_path / "s").read_text()
    parsed = _Page(page)
    assert "img" not in {tag for tag, _ in parsed.tags}
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert not [
        name for _, attributes in parsed.tags for name in attributes if name.startswith("on")
    ]
    assert "<img src=x onerror=alert(1)>" in parsed.text, "it is shown, as text"


def test_markup_in_file_names_is_only_text(tmp_path: Path) -> None:
    board = Board((), ((f"m/{MARKUP}.json", f"reason {MARKUP}"),))
    parsed = _Page(build(board, tmp_path).read_text())
    assert "img" not in {tag for tag, _ in parsed.tags}


@pytest.mark.parametrize("results", [0, 3])
def test_the_policy_names_the_inline_blocks_and_nothing_else(tmp_path: Path, results: int) -> None:
    page = _built(write(tmp_path / "r", *_three()[:results]), tmp_path / "s")["index.html"].decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        (block,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert not [attributes for _, attributes in _Page(page).tags if "style" in attributes]


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    page = _built(write(tmp_path / "r", *_three()), tmp_path / "s")["index.html"].decode()
    for tag, attributes in _Page(page).tags:
        for name in ("src", "href"):
            target = attributes.get(name) or ""
            assert not target.startswith(("http:", "https:", "//")), f"<{tag}> loads {target}"


def test_links_lead_to_what_is_there(tmp_path: Path) -> None:
    page = _Page(_built(write(tmp_path / "r", *_three()), tmp_path / "s")["index.html"].decode())
    ids = {attributes.get("id") for _, attributes in page.tags}
    for tag, attributes in page.tags:
        target = attributes.get("href") or ""
        if tag == "a" and target.startswith("#"):
            assert target[1:] in ids


def test_an_empty_board_has_a_page(tmp_path: Path) -> None:
    page = build(collect(tmp_path / "nothing"), tmp_path / "s").read_text()
    assert "There are no results yet" in page


def test_a_machine_that_was_not_told_breaks_no_page(tmp_path: Path) -> None:
    told = result().model_dump(mode="json")
    told["provenance"]["hardware"] = {}
    root = write(tmp_path / "r", Result.model_validate(told))
    assert "unknown" in build(collect(root), tmp_path / "s").read_text()


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    built = _built(write(tmp_path / "r", *_three()), tmp_path / "s")
    told = json.loads(built["leaderboard.json"])
    lines = built["leaderboard.csv"].decode().splitlines()
    assert len(lines) == 1 + len(told) == 4
    assert lines[0].split(",") == list(told[0])
