"""The manifest corpus as the catalogue hands it out."""

from pathlib import Path

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read


def test_file_and_folder_read_the_same(tmp_path: Path) -> None:
    corpus = Catalog().corpus("manifest")
    (tmp_path / "manifest.csv").write_text("path,target\na.wav,x\n", encoding="utf-8")
    by_folder = read(corpus, locate(corpus.card, {"manifest": tmp_path}))
    by_file = read(corpus, locate(corpus.card, {"manifest": tmp_path / "manifest.csv"}))
    assert by_folder == by_file
    assert by_file.examples[0].labels == {"target": "x"}


def test_example_of_the_readme_reads(tmp_path: Path) -> None:
    corpus = Catalog().corpus("manifest")
    readme = (corpus.folder / "README.md").read_text(encoding="utf-8")
    (tmp_path / "own.csv").write_text(readme.split("```csv\n")[1].split("```")[0], encoding="utf-8")
    reading = read(corpus, tmp_path / "own.csv")
    assert not reading.refused
    assert {example.labels["target"] for example in reading.examples} == {"cold", "well"}
