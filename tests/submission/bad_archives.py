"""Every trick of a zip file that we know, as an entry added to a good one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

from tests.submission.spoiling import RESULT


def entry(name: str, content: bytes = b"x", **more: Any) -> Callable[[zipfile.ZipFile], None]:
    """One more entry of an archive, with attributes of its ZipInfo."""

    def add(packed: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        for key, value in more.items():
            setattr(info, key, value)
        packed.writestr(info, content)

    return add


def _commented(packed: zipfile.ZipFile) -> None:
    packed.comment = b"hello"


ARCHIVES: dict[str, tuple[Callable[[zipfile.ZipFile], None], str]] = {
    "leads out": (entry("../../evil.json"), "leads out of the archive"),
    "leads out backwards": (entry("results\\..\\..\\evil.json"), "leads out of the archive"),
    "absolute": (entry("/etc/passwd.json"), "has an absolute path"),
    "drive": (entry("C:/x.json"), "has an absolute path"),
    "link": (
        entry("results/bands/toy-tone/x.json", b"/etc/passwd", external_attr=0o120777 << 16),
        "got a link",
    ),
    "device": (
        entry("results/bands/toy-tone/x.json", external_attr=0o020666 << 16),
        "got a link or a device",
    ),
    "twice": (entry(RESULT), "is listed twice"),
    "capitals": (entry(RESULT.replace("bands", "Bands")), "only in case"),
    "folder": (entry("results/", b""), "a folder has no entry"),
    "executable": (entry("models/bands/run.so"), "a submission has no such file"),
    "pickle": (entry("models/bands/model.pkl"), "a submission has no such file"),
    "hidden": (entry("models/bands/.env"), "not plain"),
    "markup in a name": (entry("models/bands/<b>.md"), "not plain"),
    "bomb": (entry("results/bands/toy-tone/x.json", b"0" * 2**22), "times as much"),
    "bzip2": (
        entry("models/bands/x.md", b"x" * 900, compress_type=zipfile.ZIP_BZIP2),
        "got another compression",
    ),
    "lzma": (
        entry("models/bands/x.md", b"x" * 900, compress_type=zipfile.ZIP_LZMA),
        "got another compression",
    ),
    "comment": (_commented, "bytes stand before, between or after"),
    "too large": (
        entry("models/bands/x.md", bytes(range(256)) * 5000),
        "expected at most 1048576 bytes unpacked",
    ),
}
