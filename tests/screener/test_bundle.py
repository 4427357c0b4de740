"""Bundles: what is written is read; whatever is changed, added or smuggled in is refused."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paralbench.records.bundle import Manifest, Member
from paralbench.records.errors import BundleError
from paralbench.screener import bundle as bundles
from paralbench.screener import container, contents
from paralbench.screener.bundle import Bundle, canonical, write
from tests.screener.bundles import manifest, members


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "mood.plb"
    write(path, manifest(), members())
    return path


def refused(path: Path) -> str:
    with pytest.raises(BundleError) as error:
        Bundle.open(path)
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_what_was_written_is_read(whole: Path) -> None:
    opened = Bundle.open(whole)
    assert {name: opened.read(name) for name in members()} == members()
    assert opened.manifest.model_copy(update={"members": []}) == manifest()
    assert opened.sha256 == hashlib.sha256(canonical(opened.manifest)).hexdigest()
    assert Bundle.open(whole, opened.sha256) == opened
    with pytest.raises(KeyError):
        opened.read("bundle.json")


def test_any_zip_reader_sees_the_same(whole: Path) -> None:
    """The framing is ours; Python's own reader is the oracle for it."""
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["bundle.json", *sorted(members())]
        assert {name: archive.read(name) for name in members()} == members()
        examples = archive.read("bundle.json")
        assert archive.comment.decode() == hashlib.sha256(examples).hexdigest()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {stat.S_IFREG | 0o444}


def test_the_same_content_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    turned = dict(reversed(members().items()))
    write(tmp_path / "again.plb", manifest(), turned)
    assert (tmp_path / "again.plb").read_bytes() == whole.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.plb"]


def test_another_bundle_than_expected_is_refused(whole: Path) -> None:
    with pytest.raises(BundleError, match="expected the bundle 000000000000…, this one is"):
        Bundle.open(whole, "0" * 64)


@pytest.mark.slow
@pytest.mark.parametrize("bit", range(8))
def test_one_bit_changed_anywhere_is_refused(whole: Path, tmp_path: Path, bit: int) -> None:
    """Every byte of the zip's framing, and every seventh of the contents."""
    content = whole.read_bytes()
    path = tmp_path / "changed.plb"
    with zipfile.ZipFile(whole) as archive:
        directory = archive.start_dir
        heads = {
            at
            for info in archive.infolist()
            for at in range(info.header_offset, info.header_offset + 30 + len(info.filename))
        }
    places = heads | set(range(directory, len(content))) | set(range(bit, directory, 7))
    for place in sorted(places):
        changed = bytearray(content)
        changed[place] ^= 1 << bit
        path.write_bytes(changed)
        refused(path)


@given(data=st.data())
def test_bytes_changed_cut_or_added_are_refused(whole: Path, data: st.DataObject) -> None:
    content = whole.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["change", "cut", "remove", "insert", "append", "prepend"]))
    some = data.draw(st.binary(min_size=1, max_size=40))
    changed = {
        "change": content[:place] + some + content[place + len(some) :],
        "cut": content[:place],
        "remove": content[:place] + content[place + len(some) :],
        "insert": content[:place] + some + content[place:],
        "append": content + some,
        "prepend": some + content,
    }[how]
    path = whole.with_name("changed.plb")
    path.write_bytes(changed)
    if changed == content:
        assert Bundle.open(path).sha256
    else:
        refused(path)


@given(st.binary(max_size=400))
def test_no_file_makes_opening_fail_otherwise(whole: Path, content: bytes) -> None:
    path = whole.with_name("any.plb")
    for start in (b"", b"PK\x03\x04"):
        path.write_bytes(start + content)
        refused(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is not a bundle"),
        (b"RIFF" * 100, "it is not a bundle"),
        (b"PK\x03\x04" * 100, "cut off, appended to or repacked"),
    ],
)
def test_what_is_no_zip_is_reported(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.plb").write_bytes(content)
    assert message in refused(tmp_path / "a.plb")
    assert "no such file" in str(refused(tmp_path / "none.plb"))


def test_a_bundle_repacked_by_a_zip_program_is_refused(whole: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "a.plb", "w") as target:
        target.comment = source.comment
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
    assert "repacked" in refused(tmp_path / "a.plb")


def _forged(
    path: Path, names: list[str], mode: int = container._MODE, method: int = 0, flags: int = 0
) -> Path:
    """A zip as another program would write it, with a comment as long as ours."""
    content = b"{}"
    directory, file = b"", b""
    for name in names:
        raw = name.encode("latin-1")
        local = len(file)
        common = (20, flags, method, 0, 0x21, 0, len(content), len(content), len(raw), 0)
        file += container._LOCAL.pack(b"PK\x03\x04", *common) + raw + content
        central = container._CENTRAL.pack(b"PK\x01\x02", 3 << 8 | 20, *common, 0, 0, 0, mode, local)
        directory += central + raw
    count = len(names)
    end = container._END.pack(
        b"PK\x05\x06", 0, 0, count, count, len(directory), len(file), container.COMMENT
    )
    path.write_bytes(file + directory + end + b"0" * container.COMMENT)
    return path


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["/etc/passwd.json"], "has an absolute path"),
        (["C:/a.json"], "has an absolute path"),
        (["a/../../b.json"], r"leads out of the archive \(\.\.\)"),
        (["..\\b.json"], r"leads out of the archive \(\.\.\)"),
        (["a.json", "a.json"], "'a.json' is listed twice"),
        (["a.json", "A.json"], "differs from 'a.json' only in case"),
        (["a\0.json"], "name that is not plain"),
        (["a//b.json"], "name that is not plain"),
        ([".hidden.json"], "name that is not plain"),
        (["m\xfcller.json"], "name that is not plain"),
        (["a/"], "name that is not plain"),
        (["a\n.json"], "name that is not plain"),
        (["a.json\n"], "name that is not plain"),
        (["a" * 300], "name that is not plain"),
    ],
)
def test_path_tricks_are_refused(tmp_path: Path, names: list[str], message: str) -> None:

    assert re.search(message, refused(_forged(tmp_path / "a.plb", names)))


def test_links_and_compression_and_encryption_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.plb"
    assert "is a link" in refused(_forged(path, ["a.json"], mode=(stat.S_IFLNK | 0o777) << 16))
    assert "is compressed" in refused(_forged(path, ["a.json"], method=8))
    assert "is encrypted" in refused(_forged(path, ["a.json"], flags=1))


def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    path = tmp_path / "bomb.plb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", b" " * 10_000_000)
        archive.comment = b"0" * 64
    assert "is compressed" in refused(path)
    many = _forged(path, [f"{number}.json" for number in range(1001)])
    assert "lists 1001 members" in refused(many)


def _with(
    path: Path, change: Callable[[dict[str, object]], None], raw: bytes | None = None
) -> Path:
    """A bundle whose manifest says something else, with every hash and checksum made right."""

    record = manifest().model_copy(
        update={"members": [
            Member(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in sorted(members().items())
        ]}
    ).model_dump(mode="json")  # fmt: skip
    change(record)
    written = bundles._canonical(record) if raw is None else raw
    parts = {"bundle.json": written, **dict(sorted(members().items()))}
    entries = [container.Entry(name, len(part), zlib.crc32(part)) for name, part in parts.items()]
    framing = container.framing(entries, hashlib.sha256(written).hexdigest())
    pairs = zip(framing.headers, parts.values(), strict=True)
    path.write_bytes(b"".join(header + part for header, part in pairs) + framing.tail)
    return path


def _listing(told: dict[str, object]) -> list[dict[str, object]]:
    listed = told["members"]
    assert isinstance(listed, list)
    return listed


def _extra(told: dict[str, object]) -> None:
    _listing(told).append({"name": "z.json", "size": 2, "sha256": "0" * 64})


def _other_hash(told: dict[str, object]) -> None:
    _listing(told)[0]["sha256"] = "0" * 64


def _other_size(told: dict[str, object]) -> None:
    _listing(told)[0]["size"] = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(format_version=2), "version 2, this paralbench reads version 1"),
        (lambda manifest: manifest.update(format_version=True), "version True"),
        (lambda manifest: manifest.update(format_version="1"), "version '1'"),
        (lambda manifest: manifest.pop("format_version"), "version None"),
        (lambda manifest: manifest.update(format="other"), "does not say that it is a paralbench-bundle"),
        (lambda manifest: manifest.update(code="print()"), "unknown key 'code'"),
        (lambda manifest: manifest.pop("use"), "the key 'use' is missing"),
        (lambda told: _listing(told).pop(), "which its bundle.json does not list"),
        (_extra, "'z.json' is listed and missing"),
        (_other_hash, r"was changed \(sha256\)"),
        (_other_size, "bytes, 1 are listed"),
        (lambda told: _listing(told).reverse(), "sorted by name"),
        (lambda manifest: manifest["head"].update(members=["no.safetensors"]), "refers to the member 'no.s"),
        (lambda manifest: manifest["use"].update(notice="A medical device."), "key 'use.notice'"),
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_right_is_refused(
    tmp_path: Path, change: Callable[[dict[str, object]], None], message: str
) -> None:

    assert re.search(message, refused(_with(tmp_path / "a.plb", change)))


def test_a_manifest_forged_whole_opens_and_has_another_hash(whole: Path, tmp_path: Path) -> None:
    """Which is why a bundle's sha256 is compared with its maker's."""
    forged = _with(tmp_path / "a.plb", lambda told: told.update(title="Better"))
    assert Bundle.open(forged).manifest.title == "Better"
    with pytest.raises(BundleError, match="expected the bundle"):
        Bundle.open(forged, Bundle.open(whole).sha256)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[" * 100_000, "nested more than 32 deep"),
        (b'{"a": 1, "a": 2}', "has the key 'a' twice"),
        (b'{"a": NaN}', "holds NaN"),
        (b"\xff", "cannot be read as UTF-8"),
        (b" " * (contents.LARGEST_JSON + 1), "no manifest is so large"),
        (b"1" * 5000, "is not valid JSON"),
        (b"[]", "does not say that it is"),
    ],
)
def test_json_that_is_no_manifest_is_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    assert message in refused(_with(tmp_path / "a.plb", lambda told: None, raw))


def test_a_manifest_written_otherwise_is_refused(tmp_path: Path) -> None:
    stored: dict[str, object] = {}
    _with(tmp_path / "a.plb", stored.update)
    raw = json.dumps(stored).encode()
    path = _with(tmp_path / "a.plb", lambda told: None, raw)
    assert "not written as paralbench writes it" in refused(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pkl", b"", "neither .json, .safetensors nor .onnx"),
        ("a.py", b"print()", "neither"),
        ("bundle.json", b"{}", "is listed twice"),
        ("../a.json", b"{}", "leads out of the archive"),
        ("a.json", pickle.dumps({"a": 1}), "is a pickle, which can run code"),
        ("a.safetensors", pickle.dumps({"a": 1}), "is a pickle, which can run code"),
        ("a.onnx", pickle.dumps({"a": 1}, 0), "is not onnx"),
        ("a.safetensors", b"PK\x03\x04 torch", "zip within the zip"),
        ("a.json", b"import os", "is not json"),
    ],
)
def test_what_no_bundle_may_hold_is_not_written(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / "a.plb"
    with pytest.raises(BundleError, match=message) as error:
        write(path, manifest(), {**members(), name: content})
    assert str(error.value).startswith(f"{path}: not written, since ")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_refers_to_what_is_not_given_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"refers to the member 'head/0.safetensors'"):
        write(tmp_path / "a.plb", manifest(), {})


def test_a_member_changed_after_opening_is_not_handed_out(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.plb"
    path.write_bytes(whole.read_bytes())
    opened = Bundle.open(path)
    path.write_bytes(whole.read_bytes().replace(b"0.5, 1.5", b"0.6, 1.5"))
    with pytest.raises(BundleError, match="changed since it was opened"):
        opened.read("range.json")
    assert opened.read("head/0.safetensors") == members()["head/0.safetensors"]


def test_a_bundle_of_the_first_format_always_opens() -> None:
    """The fixture was written when version 1 was made; what changes the format changes this."""
    frozen = Path(__file__).parent / "fixtures" / "version-1.plb"
    opened = Bundle.open(frozen)
    assert opened.sha256 == "0f7886d1f4661929628648ee31eac3f20e7beaa781346d3bcdab41c01fbec2ed"
    assert isinstance(opened.manifest, Manifest)
    assert set(members()) == {member.name for member in opened.manifest.members}
