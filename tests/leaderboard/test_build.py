"""The site: the same bytes for the same results, and nothing in it that a result smuggled in."""

from __future__ import annotations

import csv
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from paralbench.leaderboard.board import Board, collect
from paralbench.leaderboard.build import build
from paralbench.records.result import Result
from paralbench.records.task_card import Transfer
from tests.leaderboard.boards import predictions, result, store, write

MARKUP = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)


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

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for actual, attributes in self.tags if actual == tag]


def _built(root: Path, folder: Path) -> dict[str, bytes]:
    build(collect(root), folder)
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*")) if file.is_file()
    }  # fmt: skip


def _three() -> list[Result]:
    return [result("a", 0.5), result("b", 0.9), result("c", 0.9, standing="synthetic")]


def _crossed(root: Path) -> None:
    output = Transfer(labels="pair", trained="a", tested="b", mapping={})
    write(root, result("b", 0.6, task="b.from.a.pair", transfer=output.model_dump()))


def _hostile() -> Result:
    return result(
        "bands", title=MARKUP, standing="unverified", standing_reason=MARKUP, entry=MARKUP,
        task_title=MARKUP, task_about=MARKUP, classes=[MARKUP, "other"], layer_weights=[0.4, 0.6],
    )  # fmt: skip


def test_building_twice_gives_identical_bytes(tmp_path: Path) -> None:
    item = _built(write(tmp_path / "one", *_three()), tmp_path / "site")
    again = _built(tmp_path / "one", tmp_path / "site")
    other = _built(write(tmp_path / "other", *_three()[::-1]), tmp_path / "site2")
    assert item == again == other
    assert {"index.html", "explore.html", "leaderboard.csv", "leaderboard.json"} <= item.keys()


def test_what_an_earlier_build_left_is_gone(tmp_path: Path) -> None:
    _built(write(tmp_path / "one", *_three()), tmp_path / "site")
    now = _built(write(tmp_path / "two", result("b", 0.9)), tmp_path / "site")
    assert [name for name in now if name.startswith("models/")] == ["models/b.html"]


def test_the_front_page_shows_every_entry_and_calls_synthetic_ones_so(tmp_path: Path) -> None:
    page = _Page(_built(write(tmp_path / "r", *_three()), tmp_path / "s")["index.html"].decode())
    sections = [item["class"] for item in page.named("section") if "data-find" in item]
    assert sections == ["task", "task synthetic"]
    assert [item["data-model"] for item in page.named("tr") if "data-model" in item] == [
        "b",
        "a",
        "c",
    ]
    assert "synthetic data" in page.text


def test_markup_in_what_a_result_says_is_only_text_everywhere(tmp_path: Path) -> None:
    root = write(tmp_path / "r", _hostile(), result("plain", 0.5))
    (root / "bands" / "toy-tone" / "x.json").write_text(json.dumps({"task": MARKUP}))
    built = _built(root, tmp_path / "s")
    pages = {name: _Page(text.decode()) for name, text in built.items() if name.endswith(".html")}
    for name, page in pages.items():
        assert not page.named("img"), name
        assert [
            item for item in page.named("script") if item.get("type") != "application/json"
        ] == [{"src": "../" * name.count("/") + "assets/board.js"}], name
        assert not [key for _, output in page.tags for key in output if key.startswith("on")], name
    entry = pages["entries/bands/toy-tone/linear-probe.html"]
    assert "<img src=x onerror=alert(1)>" in entry.text, "it is shown, as text"


def test_markup_in_file_names_is_only_text(tmp_path: Path) -> None:
    board = Board((), ((f"m/{MARKUP}.json", f"reason {MARKUP}"),))
    parsed = _Page(build(board, tmp_path).read_text())
    assert not parsed.named("img")
    assert "<img src=x" in parsed.text


def test_every_page_has_the_policy_and_nothing_inline(tmp_path: Path) -> None:
    built = _built(write(tmp_path / "r", *_three()), tmp_path / "s")
    for name, text in built.items():
        if name.endswith(".html"):
            page = _Page(text.decode())
            policies = [item["content"] for item in page.named("meta") if "http-equiv" in item]
            assert policies == [POLICY], name
            assert not page.named("style"), name


def test_links_lead_to_what_is_there(tmp_path: Path) -> None:
    root = write(tmp_path / "r", *_three(), result("d", 0.4, layer_weights=[0.5, 0.5]))
    _crossed(root)
    built = _built(root, tmp_path / "s")
    followed = 0
    for name, text in built.items():
        if not name.endswith(".html"):
            continue
        for tag, output in _Page(text.decode()).tags:
            for key in ("href", "src"):
                target = output.get(key)
                if target and not (tag == "a" and target.startswith("#")):
                    path, _, section = target.partition("#")
                    place = os.path.normpath(Path(name).parent / unquote(path.split("?")[0]))
                    assert place in built, f"{name}: <{tag}> leads to {target}"
                    assert f'id="{section}"'.encode() in built[place] or not section, target
                    followed += 1
    assert followed > 50


def test_an_empty_board_has_a_page(tmp_path: Path) -> None:
    page = build(collect(tmp_path / "nothing"), tmp_path / "s").read_text()
    assert "There are no results yet" in page


def test_a_machine_that_was_not_told_breaks_no_page(tmp_path: Path) -> None:
    record = result().model_dump(mode="json")
    record["provenance"]["hardware"] = {}
    built = _built(write(tmp_path / "r", Result.model_validate(record)), tmp_path / "s")
    assert b"unknown, unknown cores" in built["entries/bands/toy-tone/linear-probe.html"]


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    built = _built(write(tmp_path / "r", *_three()), tmp_path / "s")
    document = json.loads(built["leaderboard.json"])
    lines = built["leaderboard.csv"].decode().splitlines()
    assert len(lines) == 1 + len(document) == 4
    assert lines[0].split(",") == list(document[0])


def test_rank_intervals_and_their_numbers_stand_on_the_task_s_page(tmp_path: Path) -> None:
    for place, skill in enumerate((2.5, 2.4, 0.0)):
        store(tmp_path / "r", f"m{place}", predictions(skill, seed=place))
    built = _built(tmp_path / "r", tmp_path / "s")
    rows = list(csv.DictReader(built["data/toy-tone.ranks.csv"].decode().splitlines()))
    assert [row["model"] for row in rows][-1] == "m2"
    assert rows[-1]["low"] == rows[-1]["high"] == "3"
    page = built["tasks/toy-tone.html"].decode()
    assert 'class="chart"' in page
    assert "data/toy-tone.ranks.csv" in page


def test_latex_is_bold_only_where_the_first_stands_alone(tmp_path: Path) -> None:
    for place, skill in enumerate((4.0, 0.0)):
        store(tmp_path / "apart", f"m{place}", predictions(skill, seed=place))
        store(tmp_path / "tied", f"m{place}", predictions(1.0, seed=place))
    separate = _built(tmp_path / "apart", tmp_path / "s1")["data/toy-tone.tex"].decode()
    tied = _built(tmp_path / "tied", tmp_path / "s2")["data/toy-tone.tex"].decode()
    assert separate.count(r"\textbf{") == 1
    assert tied.count(r"\textbf{") == 0
    assert r"\toprule" in separate
    assert re.search(r"\[0\.\d{3}, [01]\.\d{3}\]", separate)


def test_a_badge_says_rank_and_score(tmp_path: Path) -> None:
    built = _built(write(tmp_path / "r", *_three()), tmp_path / "s")
    badge = built["data/toy-tone.b.linear-probe.svg"].decode()
    assert "ParaLBench toy-tone: #1 UAR 0.900" in badge
    assert "#1 synthetic" in built["data/toy-tone.synthetic.c.linear-probe.svg"].decode()
