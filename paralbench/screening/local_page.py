"""A web page on this computer alone: drag a recording in, read its result.

The server listens on 127.0.0.1, under an address with a random part that other programs and web pages
cannot guess, and answers to no other host name (against DNS rebinding). A recording is stored below
the output folder while it is scored, then removed; the audit log keeps its hash.
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

from paralbench.pages.templates import STYLE, strict
from paralbench.records.bundle import NOTICE
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.screener.recordings import SUFFIXES, Recording
from paralbench.screening import report_text, row_state
from paralbench.screening.audit import Audit
from paralbench.screening.examiner import Job
from paralbench.screening.journal import Journal, Run, check_empty
from paralbench.screening.report import TEMPLATES
from paralbench.screening.screener_source import ScreenerSource
from paralbench.screening.workers import SCRATCH, Workers
from paralbench.system.network_guard import refused

LARGEST = 2**30
"""Bytes of a recording that are accepted: an hour and a half of stereo at 48 kHz."""
_TIMEOUT = 60
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(source: ScreenerSource, folder: Path, say: Callable[[str], None], port: int = 0) -> int:
    """Serve until Ctrl-C; return an exit code.

    Args:
        source: the bundle.
        folder: whose lock the caller holds.
        say: called with the address.
        port: 0 for any free one.

    Raises:
        ParalbenchError: where the folder holds something else.
        OSError: where the port is in use.
    """
    check_empty(folder)
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    journal, audit = Journal(folder, Run(source.sha256)), Audit(folder)
    try:
        with (
            refused("while screening: nothing leaves this computer", loopback=True),
            Workers(source.load, 1, folder / SCRATCH) as workers,
            Server(Desk(source, workers, journal, audit, incoming), port) as server,
        ):
            journal.mark(audit.append("serving", bundle=source.sha256))
            say(f"open {server.address} in a browser on this computer; Ctrl-C stops it")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say("stopped; only the audit log was kept")
    finally:
        audit.close()
        journal.close()
        shutil.rmtree(incoming, ignore_errors=True)
    return 0


@dataclass
class Desk:
    """Scores recordings one at a time, and logs them."""

    source: ScreenerSource
    workers: Workers
    journal: Journal
    audit: Audit
    incoming: Path
    turn: threading.Lock = field(default_factory=threading.Lock)

    def scored(self, file: Path, name: str) -> dict[str, Any]:
        """A recording's result for the page; raises as loading the screener does."""
        with self.turn:
            job = Job(Recording(name, Clip(file)), name)
            ((_, screened),) = self.workers.examined([job])
            assert screened is not None
            assessment = screened.assessment
            self.journal.mark(
                self.audit.append("served", sha256=screened.sha256, status=assessment.status)
            )
        manifest = self.source.manifest
        return {
            "id": screened.id,
            "status": assessment.status,
            "decided": report_text.decision(manifest, assessment),
            "state": str(row_state.state(manifest, assessment)),
            "action": row_state.action(manifest, assessment),
            "doubts": row_state.doubts(manifest, assessment),
            "score": report_text.score(manifest, assessment),
            "warnings": list(assessment.warnings),
            "quality": report_text.quality(assessment.quality) if assessment.quality else [],
            "sha256": screened.sha256,
            "bundle": self.source.sha256,
        }

    def page(self) -> str:
        """The page itself."""
        return (
            strict(TEMPLATES)
            .get_template("local_page.html")
            .render(manifest=self.source.manifest, sha256=self.source.sha256, notice=NOTICE)
        )


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
        """The address to open in the browser."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    timeout = _TIMEOUT
    server: Server
    server_version = "paralbench"
    sys_version = ""

    def do_GET(self) -> None:
        """The page, its script and its style."""
        name = self._name()
        if name is None:
            return
        if name == "":
            self._answer(HTTPStatus.OK, "text/html", self.server.desk.page().encode())
        elif name == "page.js":
            script = (TEMPLATES / "local_page.js").read_bytes()
            self._answer(HTTPStatus.OK, "text/javascript", script)
        elif name == "style.css":
            style = STYLE.read_bytes() + (TEMPLATES / "report.css").read_bytes()
            self._answer(HTTPStatus.OK, "text/css", style)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")

    def do_POST(self) -> None:
        """A recording as the body, with its name in the query."""
        if self._name() != "score":
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "the header Content-Length is missing")
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
        # Of the name that a browser sends, only a known suffix is used.
        file = desk.incoming / (secrets.token_hex(8) + (suffix if suffix in SUFFIXES else ""))
        try:
            if not self._receive(file, int(length)):
                self.close_connection = True
                return
            result = desk.scored(file, name)
        except (ParalbenchError, OSError) as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
            return
        finally:
            file.unlink(missing_ok=True)
        self._answer(HTTPStatus.OK, "application/json", json.dumps(result).encode())

    def _receive(self, file: Path, length: int) -> bool:
        """Write the body to a file; whether all of it came."""
        with file.open("wb") as opened:
            while length and (chunk := self.rfile.read(min(length, 2**20))):
                opened.write(chunk)
                length -= len(chunk)
        return not length

    def _name(self) -> str | None:
        """What is requested below the address; None where the request was refused."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in self.server.hosts or origin not in (None, f"http://{host}"):
            self._refuse(HTTPStatus.FORBIDDEN, "this page answers on 127.0.0.1 only")
            return None
        parts = urlsplit(self.path).path.split("/")
        token = parts[1].encode() if len(parts) == 3 else b""
        permitted = secrets.compare_digest(token, self.server.token.encode())
        if not permitted or (self.command == "POST" and parts[2] != "score"):
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")
            return None
        return parts[2]

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True  # an unread body would be parsed as the next request
        self._answer(status, "application/json", json.dumps({"error": message}).encode())

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
        """Log nothing: addresses hold the token and names of recordings."""
