"""A small page on this computer alone: drag a recording in, read its row.

It listens on 127.0.0.1 and nowhere else, under an address with a random part that other programs and
web pages cannot guess; it answers to no other name (a page elsewhere that was pointed here by its
own name service is refused). A recording is written below the output folder while it is scored,
then removed; the audit log keeps its hash.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jinja2

from paralbench.pages.templates import STYLE
from paralbench.records.bundle import NOTICE
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.records.screened import Screened
from paralbench.screener.recordings import SUFFIXES, Recording
from paralbench.screening import wording
from paralbench.screening.audit import Audit
from paralbench.screening.batch import Screening
from paralbench.screening.examination import Job
from paralbench.screening.journal import Journal, Run, check_empty
from paralbench.screening.workers import SCRATCH, Workers

LARGEST = 2**30
"""Bytes of a recording that are taken: an hour and a half of stereo at 48 kHz."""
_TIMEOUT = 60
_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(screening: Screening, folder: Path, say: Callable[[str], None], port: int = 0) -> int:
    """Serve until Ctrl-C; return an exit code.

    Args:
        screening: the bundle.
        folder: whose lock the caller holds.
        say: told the address.
        port: 0 for any that is free.

    Raises:
        ParalbenchError: where the folder holds something else.
        OSError: where the port is taken.
    """
    check_empty(folder)
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    journal, audit = Journal(folder, Run(screening.sha256)), Audit(folder)
    try:
        with (
            Workers(screening.opener, 1, folder / SCRATCH) as workers,
            Server(Desk(screening, workers, journal, audit, incoming), port) as server,
        ):
            journal.mark(audit.append("serving", bundle=screening.sha256))
            say(f"open {server.address} in a browser on this computer; Ctrl-C ends it")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say("done; nothing was kept but the audit log")
    finally:
        audit.close()
        journal.close()
        shutil.rmtree(incoming, ignore_errors=True)
    return 0


@dataclass
class Desk:
    """Where recordings are handed in, one at a time."""

    screening: Screening
    workers: Workers
    journal: Journal
    audit: Audit
    incoming: Path
    turn: threading.Lock = field(default_factory=threading.Lock)

    def scored(self, file: Path, name: str) -> dict[str, Any]:
        """A recording's row; raises as the screener's opening does."""
        with self.turn:
            job = Job(Recording(name, Clip(file)), name)
            found = next(iter([one for _, one in self.workers.examined([job])]))
            assert found is not None
            status = found.assessment.status
            self.journal.mark(self.audit.append("served", sha256=found.sha256, status=status))
        return _told(self.screening, found)


def _told(screening: Screening, found: Screened) -> dict[str, Any]:
    manifest, told = screening.manifest, found.assessment
    return {
        "id": found.id,
        "status": told.status,
        "decided": wording.decided(manifest, told),
        "action": wording.action(manifest, told),
        "score": wording.score(manifest, told),
        "warnings": list(told.warnings),
        "quality": wording.quality(told.quality) if told.quality else [],
        "sha256": found.sha256,
        "bundle": screening.sha256,
    }


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1, at an address with a random part."""

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        super().__init__(("127.0.0.1", port), _Handler)
        self.hosts = {f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}

    @property
    def address(self) -> str:
        """What is opened in the browser."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    timeout = _TIMEOUT
    server: Server
    server_version = "paralbench"
    sys_version = ""

    def do_GET(self) -> None:
        """The page and what it is made of."""
        name = self._allowed()
        if name is None:
            return
        if name == "":
            page = _page(self.server.desk.screening)
            self._answer(HTTPStatus.OK, "text/html", page.encode())
        elif name == "page.js":
            self._answer(HTTPStatus.OK, "text/javascript", (_TEMPLATES / "serve.js").read_bytes())
        elif name == "style.css":
            style = STYLE.read_bytes() + (_TEMPLATES / "report.css").read_bytes()
            self._answer(HTTPStatus.OK, "text/css", style)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")

    def do_POST(self) -> None:
        """A recording, as the body, its name in the query."""
        if self._allowed() != "score":
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "the length of the recording is not told")
            return
        if int(length) > LARGEST:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the recording is larger than {LARGEST // 2**20} MB; screen it as a file instead",
            )
            return
        name = parse_qs(urlsplit(self.path).query).get("name", ["recording"])[0][:500]
        suffix = Path(name.replace("\0", "")).suffix.lower()
        desk = self.server.desk
        # Of the name that a browser tells, only a known suffix is used.
        file = desk.incoming / (secrets.token_hex(8) + (suffix if suffix in SUFFIXES else ""))
        try:
            if not self._received(file, int(length)):
                self.close_connection = True
                return
            found = desk.scored(file, name)
        except (ParalbenchError, OSError) as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
            return
        finally:
            file.unlink(missing_ok=True)
        self._answer(HTTPStatus.OK, "application/json", json.dumps(found).encode())

    def _received(self, file: Path, left: int) -> bool:
        """Whether all of the body came."""
        with file.open("wb") as opened:
            while left:
                chunk = self.rfile.read(min(left, 2**20))
                if not chunk:
                    return False
                opened.write(chunk)
                left -= len(chunk)
        return True

    def _allowed(self) -> str | None:
        """What is asked for below the address; None where the asker was refused."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in self.server.hosts or origin not in (None, f"http://{host}"):
            self._refuse(HTTPStatus.FORBIDDEN, "this page answers on 127.0.0.1 only")
            return None
        parts = urlsplit(self.path).path.split("/")
        token = parts[1].encode() if len(parts) == 3 else b""
        if not secrets.compare_digest(token, self.server.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
            return None
        if self.command == "POST" and parts[2] != "score":
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
            return None
        return parts[2]

    def _refuse(self, status: HTTPStatus, said: str) -> None:
        self.close_connection = True  # a body that was not read would be taken for a request
        self._answer(status, "application/json", json.dumps({"error": said}).encode())

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Content-Security-Policy", _POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing is logged: an address holds the token, and names of recordings."""


def _page(screening: Screening) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("serve.html").render(
        manifest=screening.manifest, sha256=screening.sha256, notice=NOTICE
    )
