"""Fetching from packages built here: the right content is kept, anything else leaves nothing."""

import io
import tarfile
from pathlib import Path

import pytest

from paralbench.catalog import Catalog
from paralbench.corpora.fetching import digest, fetch, unpack
from paralbench.records.corpus_card import CorpusCard
from paralbench.records.errors import ParalbenchError, UsageError


def package(file: Path, files: dict[str, bytes], kind: str = "xz") -> Path:
    """A Debian package: an ar archive with a version, an odd-sized control and the data."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{kind}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    suffix = f".{kind}" if kind else ""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": b"odd",
        f"data.tar{suffix}": data.getvalue(),
    }
    content = b"!<arch>\n"
    for name, member in members.items():
        content += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(member):<10}`\n".encode()
        content += member + b"\n" * (len(member) % 2)
    file.write_bytes(content)
    return file


def card(sha256: str) -> CorpusCard:
    told = Catalog().corpus("voice-prompts").card.model_dump()
    told["fetch"] |= {"root": "usr/sounds", "sha256": sha256}
    return CorpusCard.checked(told, "here")


@pytest.mark.parametrize("kind", ["xz", "gz", ""])
def test_right_content_is_kept(tmp_path: Path, kind: str) -> None:
    files = [package(tmp_path / "a.deb", {"usr/sounds/en/a": b"A"}, kind),
             package(tmp_path / "b.deb", {"usr/sounds/es/a": b"B", "usr/doc": b"-"}, kind)]  # fmt: skip
    expected = tmp_path / "expected"
    for name, content in (("en/a", b"A"), ("es/a", b"B")):
        (expected / name).parent.mkdir(parents=True)
        (expected / name).write_bytes(content)
    wanted = card(digest(expected))
    root = fetch(wanted, tmp_path / "kept" / "corpus", files)
    assert digest(root) == digest(expected)
    assert fetch(wanted, root, [tmp_path / "none.deb"]) == root  # there and right: left alone
    (root / "en" / "a").write_bytes(b"changed")
    assert digest(fetch(wanted, root, files)) == digest(expected)
    assert [file.name for file in root.parent.iterdir()] == ["corpus"]


def test_wrong_content_keeps_nothing(tmp_path: Path) -> None:
    file = package(tmp_path / "a.deb", {"usr/sounds/en/a": b"other"})
    with pytest.raises(ParalbenchError, match="nothing was kept"):
        fetch(card("0" * 64), tmp_path / "kept" / "corpus", [file])
    assert list((tmp_path / "kept").iterdir()) == []


def test_wrong_content_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "mine").touch()
    file = package(tmp_path / "a.deb", {"usr/sounds/en/a": b"other"})
    with pytest.raises(ParalbenchError, match="nothing was kept"):
        fetch(card("0" * 64), tmp_path / "corpus", [file])
    assert (tmp_path / "corpus" / "mine").exists()


def test_path_out_of_the_package_is_refused(tmp_path: Path) -> None:
    file = package(tmp_path / "a.deb", {"../../escaped": b"!"})
    with pytest.raises(ParalbenchError, match="cannot be unpacked"):
        unpack(file, tmp_path / "deep" / "deeper")
    assert not list(tmp_path.rglob("escaped"))


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(b"PK\x03\x04")
    with pytest.raises(ParalbenchError, match="not a Debian package"):
        unpack(tmp_path / "a.deb", tmp_path / "out")
    (tmp_path / "a.deb").write_bytes(b"!<arch>\n")
    with pytest.raises(ParalbenchError, match="holds no data"):
        unpack(tmp_path / "a.deb", tmp_path / "out")


def test_damaged_package(tmp_path: Path) -> None:
    file = package(tmp_path / "a.deb", {"usr/sounds/en/a": b"A" * 5000})
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ParalbenchError, match=r"data\.tar\.xz ends too early"):
        unpack(file, tmp_path / "out")


def test_corpus_that_cannot_be_fetched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'iemocap' cannot be fetched\. Request it"):
        fetch(Catalog().corpus("iemocap").card, tmp_path)
