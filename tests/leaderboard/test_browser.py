"""The site in a real browser, from the disk: it sorts, filters, draws, and asks for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build
from tests.leaderboard.boards import predictions, result, store, write
from tests.leaderboard.test_build import MARKUP, _crossed, _hostile

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
Page = Any


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    for place, skill in enumerate((2.5, 2.4, 0.0)):
        store(root / "r", f"m{place}", predictions(skill, seed=place), layer_weights=[0.2, 0.8])
    write(root / "r", result("made", 0.9, standing="synthetic"), _hostile())
    _crossed(root / "r")
    build(collect(root / "r"), root / "site")
    return root / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as actual:
        started = actual.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Page]:
    """A page that fails its test on any message, error or request that leaves the site."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    local = site.as_uri()
    opened.on(
        "request", lambda asked: wrong.extend([] if asked.url.startswith(local) else [asked.url])
    )
    yield opened
    context.close()
    assert not wrong


def _models(page: Page) -> list[str]:
    texts: list[str] = page.locator("#entries tbody tr td:nth-child(3)").all_text_contents()
    return texts


@pytest.mark.slow
def test_every_page_opens_without_a_word(page: Page, site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    for file in pages:
        page.goto(file.as_uri())
        assert page.locator("h1").count() == 1, file
        assert page.evaluate("document.querySelectorAll('main img').length") == 0, file


@pytest.mark.slow
def test_the_explorer_filters_sorts_and_keeps_it_in_the_address(page: Page, site: Path) -> None:
    page.goto((site / "explore.html").as_uri())
    assert sorted(_models(page)) == ["m0", "m1", "m2"]
    page.get_by_label("include synthetic").check()
    assert "made" in _models(page)
    page.get_by_label("Search").fill("m")
    page.get_by_role("button", name="Score").click()
    scores = [
        float(all_text_content)
        for all_text_content in page.locator(
            "#entries tbody tr td:nth-child(6)"
        ).all_text_contents()
    ]
    assert scores == sorted(scores)
    page.get_by_role("button", name="Score").click()
    assert page.locator("th[aria-sort=descending]").text_content() == "Score"
    shared = page.url
    before = _models(page)
    page.goto("about:blank")
    page.goto(shared)
    assert _models(page) == before
    assert page.get_by_label("Search").input_value() == "m"


@pytest.mark.slow
def test_columns_are_chosen(page: Page, site: Path) -> None:
    page.goto((site / "explore.html").as_uri())
    page.get_by_text("Columns").click()
    page.locator("#columns input[name=licence]").check()
    page.locator("#columns input[name=rank]").uncheck()
    headings = page.locator("#entries thead th").all_text_contents()
    assert "Licence" in headings
    assert "Rank" not in headings


@pytest.mark.slow
def test_a_table_sorts_by_keyboard(page: Page, site: Path) -> None:
    page.goto((site / "tasks" / "toy-tone.html").as_uri())
    page.locator("table.sortable button[data-sort=model]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    texts = page.locator("table.sortable tbody th").all_text_contents()
    assert texts == sorted(texts, reverse=True)
    assert page.locator("th[aria-sort=descending]").count() == 1


@pytest.mark.slow
def test_charts_are_drawn(page: Page, site: Path) -> None:
    page.goto((site / "tasks" / "toy-tone.html").as_uri())
    charts = page.locator("svg.chart")
    assert charts.count() >= 2
    for place in range(charts.count()):
        box = charts.nth(place).bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert charts.nth(place).locator("path, rect").count() > 2


@pytest.mark.slow
def test_links_work_from_the_disk(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="toy-tone", exact=True).first.click()
    assert page.locator("h1").text_content().strip() == "toy-tone"
    page.get_by_role("link", name="linear-probe").first.click()
    assert page.locator("h1").text_content().endswith("linear-probe")
    page.get_by_role("link", name="Analysis").click()
    assert page.locator("table.heat").count() == 1


@pytest.mark.slow
def test_the_front_page_finds_a_task(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_label("Find a task, model or head").fill("nothing of the kind")
    assert page.locator("section.task:visible").count() == 0
    page.get_by_label("Find a task, model or head").fill("m2")
    assert page.locator("section.task:visible").count() == 1


@pytest.mark.slow
def test_a_hostile_name_is_shown_as_text(page: Page, site: Path) -> None:
    page.goto((site / "models" / "bands.html").as_uri())
    assert MARKUP in page.locator("main").text_content()


@pytest.mark.slow
def test_a_phone_need_not_scroll_sideways(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    for name in (
        "index.html",
        "explore.html",
        "compare.html",
        "tasks/toy-tone.html",
        "analysis.html",
    ):
        page.goto((site / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, name


@pytest.mark.slow
def test_a_phone_shows_rank_model_and_score_and_the_rest_on_tap(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((site / "tasks" / "toy-tone.html").as_uri())
    headings = page.locator("table.ranking thead th:visible").all_text_contents()
    assert headings == ["Rank", "Model", "UAR"]
    row = page.locator("table.ranking tbody tr").first
    assert not row.get_by_text("Parameters").is_visible()
    row.locator("summary").click()
    assert row.get_by_text("Parameters").is_visible()
    for name in ("index.html", "tasks/toy-tone.html"):
        page.goto((site / name).as_uri())
        table = page.locator("table.ranking:visible").first
        assert table.evaluate("table => table.scrollWidth <= table.parentNode.clientWidth"), name


@pytest.mark.slow
def test_sorting_by_score_keeps_the_entries_of_a_metric_together(
    browser: Any, tmp_path: Path
) -> None:
    metrics = {"a": ("rmse", 0.8), "b": ("uar", 0.9), "c": ("rmse", 1.5), "d": ("uar", 0.8125)}
    for name, (metric, value) in metrics.items():
        write(tmp_path / "r", result(name, value - 1e-5, metric=metric, task=f"on-{metric}"))
    build(collect(tmp_path / "r"), tmp_path / "site")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto((tmp_path / "site" / "explore.html").as_uri())
    for _ in range(2):
        page.get_by_role("button", name="Score").click()
        assert len({name in "ac" for name in _models(page)[:2]}) == 1
    shown = page.locator("#entries tbody td:nth-child(6)").all_text_contents()
    assert "0.812" in shown, "0.81249 is 0.812 on every page"
    page.close()


@pytest.mark.slow
def test_two_entries_are_compared_and_the_address_keeps_them(page: Page, site: Path) -> None:
    first, second = (f"entries/{name}/toy-tone/linear-probe.html" for name in ("m0", "m2"))
    page.goto(f"{(site / 'compare.html').as_uri()}?a={first}&b={second}")
    assert (
        page.locator("#verdict").text_content()
        == "m0 · linear-probe scores better than m2 · linear-probe, as a single comparison."
    )
    difference = (
        page.locator("#sides tr", has_text="95 % interval").locator("td").last.text_content()
    )
    assert difference.startswith("+")
    page.locator("#compare select[name=b]").select_option(first.replace("m0", "m1"))
    assert page.locator("#verdict").text_content() == "The difference is not significant."
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    assert page.locator("#sides thead th").nth(1).text_content() == "m1 · linear-probe"
    page.goto((site / first).as_uri())
    page.get_by_role("link", name="Compare with another entry").click()
    assert page.locator("#sides thead th").first.text_content() == "m0 · linear-probe"


@pytest.mark.slow
def test_an_unknown_entry_in_the_address_is_named(page: Page, site: Path) -> None:
    page.goto(f"{(site / 'compare.html').as_uri()}?a=<b>nobody</b>")
    assert "There is no entry <b>nobody</b> here" in page.locator("#verdict").text_content()
    assert not page.locator("#sides").is_visible()


@pytest.mark.slow
def test_entries_of_two_kinds_are_not_said_to_differ(page: Page, site: Path) -> None:
    real = "entries/m0/toy-tone/linear-probe.html"
    page.goto(
        f"{(site / 'compare.html').as_uri()}?a={real}&b=entries/made/toy-tone/linear-probe.html"
    )
    assert "cannot be compared" in page.locator("#verdict").text_content()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 390])
def test_the_cost_chart_names_every_point_and_no_names_overlap(
    browser: Any, tmp_path: Path, width: int
) -> None:
    for place in range(18):
        entry = result(f"network-of-a-name-{place}", 0.9 + (place % 6) / 1000)
        model = entry.model.model_copy(update={"parameters": 10**6 + 1000 * (place % 4)})
        write(tmp_path / "r", entry.model_copy(update={"model": model}))
    build(collect(tmp_path / "r"), tmp_path / "site")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((tmp_path / "site" / "index.html").as_uri())
    names = page.locator("svg.cost:visible .name")
    assert names.count() == 18
    # In the drawing's own pixels, without the outline around letters.
    boxes = names.evaluate_all(
        "names => names.map(name => name.getBBox()).map(b => [b.x, b.y, b.x + b.width, b.y + b.height])"
    )
    drawing = page.locator("svg.cost:visible").evaluate("svg => svg.viewBox.baseVal.width")
    for place, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= drawing
        for others_left, others_top, others_right, others_bottom in boxes[:place]:
            beside = right <= others_left or others_right <= left
            assert beside or bottom <= others_top or others_bottom <= top
    page.close()


@pytest.mark.slow
def test_the_cost_axis_switches_and_points_are_reached_by_keyboard(
    browser: Any, tmp_path: Path
) -> None:
    results = Path(__file__).parents[2] / "leaderboard" / "results"
    build(collect(results), tmp_path / "site")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((tmp_path / "site" / "index.html").as_uri())
    assert page.locator("svg.cost:visible").count() == 1
    before = page.locator("svg.cost:visible").get_attribute("aria-label")
    page.get_by_role("radio", name="Peak memory in bytes").check()
    assert page.locator("svg.cost:visible").count() == 1
    assert page.locator("svg.cost:visible").get_attribute("aria-label") != before
    point = page.locator("svg.cost:visible a").first
    point.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/**")
    page.close()
