"""Debian packages made here: what is right is kept, what is not leaves nothing behind."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest

from paralbench.corpora.fetching import digest, fetch, unpack
from paralbench.records.corpus_card import CorpusCard, Fetch
from paralbench.records.errors import ParalbenchError, UsageError

FILES = {"usr/share/sounds/en/a.g722": b"aaa", "usr/share/sounds/en/deep/b.g722": b"bb"}
CONTENT = {"en/a.g722": b"aaa", "en/deep/b.g722": b"bb"}


def _tar(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


def _deb(file: Path, data: bytes, name: str = "data.tar.xz") -> Path:
    """An ``ar`` archive: a 60-byte header a member, padded to an even length."""
    content = b"!<arch>\n"
    for member, inside in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data)):
        header = f"{member:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(inside):<10}`\n".encode()
        assert len(header) == 60
        content += header + inside + b"\n" * (len(inside) % 2)
    file.write_bytes(content)
    return file


def _card(tmp_path: Path, content: dict[str, bytes]) -> CorpusCard:
    right = tmp_path / "right"
    for name, inside in content.items():
        (right / name).parent.mkdir(parents=True, exist_ok=True)
        (right / name).write_bytes(inside)
    output = Fetch(kind="debian-packages", packages=["sounds"], root="usr/share/sounds",
                 sha256=digest(right))  # fmt: skip
    return CorpusCard(id="sounds", title="S", licence="CC0", access="open", obtain="Fetch it.",
                      citation="N.", fetch=output)  # fmt: skip


def _files(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file()
    }


def test_a_corpus_is_put_together_from_its_packages(tmp_path: Path) -> None:
    files = list(FILES.items())
    packages = [
        _deb(tmp_path / "1.deb", lzma.compress(_tar(dict(files[:1])))),
        _deb(tmp_path / "2.deb", gzip.compress(_tar(dict(files[1:]))), "data.tar.gz"),
    ]
    target = tmp_path / "data" / "sounds"
    card = _card(tmp_path, CONTENT)
    assert fetch(card, target, packages) == target
    assert _files(target) == CONTENT
    assert list(target.parent.iterdir()) == [target], "no working folder is left"
    assert fetch(card, target, [tmp_path / "none.deb"]) == target, "what is right is left alone"


def test_wrong_content_keeps_nothing(tmp_path: Path) -> None:
    package = _deb(tmp_path / "1.deb", lzma.compress(_tar({**FILES, "usr/share/sounds/c": b"c"})))
    target = tmp_path / "data" / "sounds"
    with pytest.raises(ParalbenchError, match=r"do not hold what the card expects.*nothing was"):
        fetch(_card(tmp_path, CONTENT), target, [package])
    elsewhere = _deb(tmp_path / "2.deb", lzma.compress(_tar({"opt/a.g722": b"aaa"})))
    with pytest.raises(ParalbenchError, match=r"expected sha256 .*, got nothing"):
        fetch(_card(tmp_path, CONTENT), target, [elsewhere])
    assert list(target.parent.iterdir()) == []


def test_a_folder_that_holds_something_else_is_never_removed(tmp_path: Path) -> None:
    package = _deb(tmp_path / "1.deb", lzma.compress(_tar(FILES)))
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter1.tex").write_text("years of work", encoding="utf-8")
    card = _card(tmp_path, CONTENT)
    with pytest.raises(UsageError, match=r"thesis holds other files.*new folder"):
        fetch(card, target, [package])
    assert _files(target) == {"chapter1.tex": b"years of work"}
    (target / "chapter1.tex").unlink()
    assert _files(fetch(card, target, [package])) == CONTENT, "an empty folder may stand there"


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "a/../../escaped"])
def test_a_package_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    package = _deb(tmp_path / "1.deb", lzma.compress(_tar({name: b"x"})))
    target = tmp_path / "deep" / "content"
    try:
        unpack(package, target)
    except ParalbenchError as error:
        assert "cannot be unpacked" in str(error)  # noqa: PT017 - a leading slash is cut off instead
    else:
        assert name.startswith("/")
        assert _files(target) == {"escaped": b"x"}
    assert not (tmp_path / "deep" / "escaped").exists()
    assert not Path("/escaped").exists()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    package = _deb(tmp_path / "1.deb", lzma.compress(held.getvalue()))
    with pytest.raises(ParalbenchError, match=r"1\.deb cannot be unpacked"):
        unpack(package, tmp_path / "content")


def test_what_is_no_package_is_refused_by_name(tmp_path: Path) -> None:
    good = _deb(tmp_path / "good.deb", lzma.compress(_tar(FILES))).read_bytes()
    file = tmp_path / "bad.deb"
    for content, why in (
        (b"PK\x03\x04", "is not a Debian package"),
        (good[:-40], "is truncated"),
        (good[:200] + bytes(20) + good[220:], "cannot be unpacked"),
        (good[:140], "holds no data"),
        (b"!<arch>\n" + b"x" * 80, "cannot be unpacked"),
    ):
        file.write_bytes(content)
        with pytest.raises(ParalbenchError, match=rf"bad\.deb {why}"):
            unpack(file, tmp_path / "content")
    with pytest.raises(ParalbenchError, match=r"none\.deb cannot be unpacked"):
        unpack(tmp_path / "none.deb", tmp_path / "content")


def test_the_digest_shows_names_and_bytes(tmp_path: Path) -> None:
    for number, content in enumerate(({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"c/a": b"1"}, {})):
        (tmp_path / str(number)).mkdir()
        for name, inside in content.items():
            (tmp_path / str(number) / name).parent.mkdir(exist_ok=True)
            (tmp_path / str(number) / name).write_bytes(inside)
    assert len({digest(tmp_path / str(number)) for number in range(5)}) == 5
    assert digest(tmp_path / "0") == digest(tmp_path / "0")


def test_a_corpus_that_is_not_open_cannot_be_fetched(tmp_path: Path) -> None:
    card = _card(tmp_path, CONTENT).model_copy(update={"fetch": None})
    with pytest.raises(UsageError, match=r"'sounds' cannot be fetched\. Fetch it\."):
        fetch(card, tmp_path / "target")
