"""The citation, and the picture and words that a link to the board shows."""

import struct
from pathlib import Path

from paralbench import __version__
from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from paralbench.leaderboard.citation import AUTHOR, TITLE, citation
from tests.leaderboard.boards import result, write
from tests.leaderboard.test_build import MARKUP, _Page

ROOT = Path(__file__).parents[2]


def test_the_citation_file_says_the_same() -> None:
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    for line in (f'title: "{TITLE}"', f'  - name: "{AUTHOR}"', f"version: {__version__}"):
        assert line in lines


def test_the_date_is_that_of_the_newest_result(tmp_path: Path) -> None:
    old, new = result("a"), result("b")
    later = new.provenance.model_copy(update={"created": "2031-02-03T00:00:00+00:00"})
    write(tmp_path, old, new.model_copy(update={"provenance": later}))
    cited = citation(collect(tmp_path))
    assert cited.date == "2031-02-03"
    assert "year = {2031}" in cited.bibtex()
    assert citation(collect(tmp_path / "nothing")).date == ""


def test_pages_name_a_picture_of_the_size_that_they_say(tmp_path: Path) -> None:
    board = collect(write(tmp_path / "r", result("a", 0.8), result("b", title=MARKUP)))
    build(board, tmp_path / "s", "https://example.org/board")
    page = _Page((tmp_path / "s" / "tasks" / "toy-tone.html").read_text())
    text = {item.get("property"): item.get("content") for item in page.named("meta")}
    assert text["og:image"] == "https://example.org/board/assets/preview.png"
    assert text["og:url"] == "https://example.org/board/tasks/toy-tone.html"
    png = (tmp_path / "s" / "assets" / "preview.png").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    size = struct.unpack(">II", png[16:24])
    assert size == (int(text["og:image:width"] or 0), int(text["og:image:height"] or 0))


def test_without_an_address_the_picture_is_found_beside_the_page(tmp_path: Path) -> None:
    build(collect(write(tmp_path / "r", result("a"))), tmp_path / "s")
    page = _Page((tmp_path / "s" / "tasks" / "toy-tone.html").read_text())
    text = {item.get("property"): item.get("content") for item in page.named("meta")}
    assert text["og:image"] == "../assets/preview.png"
    assert "og:url" not in text
