"""The board shows the catalogue's words, whatever a submitter wrote into a result."""

import json
import shutil
from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.leaderboard.board import collect
from paralbench.leaderboard.build import build

BOARD = Path(__file__).parents[2] / "leaderboard" / "results"
NAME = "log-mel/voice-prompts-language/linear-probe"


def test_titles_abouts_and_cards_are_the_catalogues(tmp_path: Path) -> None:
    for suffix in (".json", ".parquet"):
        place = (tmp_path / "results" / NAME).with_suffix(suffix)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy((BOARD / NAME).with_suffix(suffix), place)
    file = (tmp_path / "results" / NAME).with_suffix(".json")
    content = json.loads(file.read_text())
    content["task_title"] = content["task_about"] = content["model"]["title"] = "buy my model"
    for card in (
        content["cards"]["task"],
        content["cards"]["corpus"],
        content["cards"]["models"][0],
    ):
        card["title"] = "buy my model"
    content["cards"]["corpus"]["licence"] = content["cards"]["corpus"]["obtain"] = "buy my model"
    file.write_text(json.dumps(content))
    build(collect(tmp_path / "results", None, Catalog()), tmp_path / "site")
    pages = [page for page in (tmp_path / "site").rglob("*") if page.is_file()]
    assert len(pages) > 5
    assert not [page for page in pages if b"buy my model" in page.read_bytes()]
