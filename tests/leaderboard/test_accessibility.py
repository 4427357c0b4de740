"""axe-core on a page of every kind, at the width of a desk and of a phone, light and dark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from tests.leaderboard.boards import predictions, result, store, write
from tests.leaderboard.test_build import _crossed

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.base")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]
FIXTURE = Path(__file__).parents[1] / "results" / "fixtures" / "result-v2.json"
_OPEN_ALL = """
for (const details of document.querySelectorAll("details")) details.open = true;
for (const hidden of document.querySelectorAll("section[hidden], .view[hidden]")) hidden.hidden = false;
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The site's pages: real and synthetic tables, a null, a profile, conditions, terms."""
    root = tmp_path_factory.mktemp("accessibility")
    document = json.loads(FIXTURE.read_text(encoding="utf-8"))
    more = {key: document[key] for key in ("cards", "profile", "subgroups", "schema_version")}
    for task in ("toy-tone", "toy-other"):
        for place, skill in enumerate((2.5, 2.4, 0.0)):
            store(
                root / "r", f"a-model-with-a-long-name-{place}", predictions(skill, seed=place),
                task=task, layer_weights=[0.2, 0.8], conditions=[_condition()], **more,
            )  # fmt: skip
        store(root / "r", "null-x", predictions(0.2, seed=7), task=task, standing="null", **more)
    write(root / "r", result("made", 0.9, standing="synthetic"))
    _crossed(root / "r")
    build(collect(root / "r"), root / "site")
    return sorted((root / "site").rglob("*.html"))


def _condition() -> dict[str, Any]:
    document = json.loads(FIXTURE.read_text(encoding="utf-8"))
    paired = {
        "metric": "uar", "version": 1, "difference": -0.1, "p": 0.02, "test": "made", "seeds": 2,
        "interval": document["scores"][0]["interval"] | {"low": -0.2, "high": 0.0},
    }  # fmt: skip
    return {
        "condition": "white-0", "identity": "white-0 0", "score": document["scores"][0],
        "paired": paired, "by_sex": {"female": -0.1},
    }  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_page_has_a_violation_or_is_wider_than_the_screen(
    pages: list[Path], browser: Any, width: int, scheme: str
) -> None:
    script = Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    assert {"index.html", "overall.html", "explore.html", "compare.html"} <= {
        file.name for file in pages
    }
    for file in pages:
        page.goto(file.as_uri())
        page.evaluate(_OPEN_ALL)
        page.evaluate(script)
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        violations = [
            (violation["id"], violation["nodes"][0]["html"][:200])
            for violation in report["violations"]
        ]
        assert violations == [], file.name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
    context.close()


def test_axe_finds_what_is_wrong(browser: Any) -> None:
    """The test above can fail: a page without a title, language and labels."""
    page = browser.new_page()
    page.set_content("<html><body><input><p style='color: #ddd'>pale</p></body></html>")
    page.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
    report = page.evaluate("axe.run(document)")
    assert {"label", "color-contrast", "html-has-lang"} <= {
        violation["id"] for violation in report["violations"]
    }
    page.close()
