"""A web page on this computer alone: drag a recording in, read its result.

The server listens on 127.0.0.1, under an address with a random part that other programs and web pages
cannot guess, and answers to no other host name (against DNS rebinding). A recording is stored below
the output folder while it is scored, then removed; the audit log keeps its hash.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.utilities import Error
from waitress.wasyncore import close_all

from paralbench.pages.templates import STYLE, strict
from paralbench.records.bundle import NOTICE
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip
from paralbench.screener.recordings import SUFFIXES, Recording
from paralbench.screening import report_text, row_state
from paralbench.screening.audit import Audit
from paralbench.screening.examiner import Job
from paralbench.screening.journal import Journal, Run, check_empty
from paralbench.screening.journalled import translated
from paralbench.screening.language import current, preferred, reader, text
from paralbench.screening.report import TEMPLATES
from paralbench.screening.screener_source import ScreenerSource
from paralbench.screening.workers import SCRATCH, Workers
from paralbench.system.network_guard import refused

LARGEST = 2**30
"""Bytes of a recording that are accepted: an hour and a half of stereo at 48 kHz."""
TOTAL = 2 * LARGEST
"""Bytes of all recordings that are being received or wait for their turn."""
_TIMEOUT = 20
_THREADS = 4
_CONNECTIONS = 24
_HEADERS = 16 * 1024
Environ: TypeAlias = dict[str, Any]
Start: TypeAlias = Callable[[str, list[tuple[str, str]]], object]
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def words() -> dict[str, str]:
    """The texts of the page's script in the reader's language; ``{name}`` is filled in there."""
    return {
        "doubt": text("May not hold: {doubt}."),
        "action": text("What to do: {action}"),
        "warning": text("Keep in mind: {warning}"),
        "quality": text("Quality of the recording"),
        "sha256": text("Audio sha256 {sha256}"),
        "progress": text("{done} of {total} done."),
        "failures": text("{done} of {total} done, {failed} failed."),
        "reading": text("{name}: reading, {share} %"),
        "scoring": text("{name}: scoring …"),
        "waiting": text("{name}: waiting"),
        "error": text("{name}: {reason}"),
        "no_answer": text("the program gave no answer"),
        "not_running": text("no answer; is the program still running?"),
    }


def serve(
    source: ScreenerSource,
    folder: Path,
    say: Callable[[str], None],
    port: int = 0,
    language: str | None = None,
) -> int:
    """Serve until Ctrl-C or SIGTERM; return an exit code.

    Args:
        source: the bundle.
        folder: whose lock the caller holds.
        say: called with the address.
        port: 0 for any free one.
        language: of the page; None for the browser's.

    Raises:
        ParalbenchError: where the folder holds something else.
        OSError: where the port is in use.
    """
    check_empty(folder)
    incoming = folder / "incoming"
    with _private_until_stopped():
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(mode=0o700)
        journal, audit = Journal(folder, Run(source.sha256)), Audit(folder)
        try:
            with (
                refused("while screening: nothing leaves this computer", loopback=True),
                Workers(source.load, 1, folder / SCRATCH) as workers,
            ):
                server = Server(Desk(source, workers, journal, audit, incoming), port, language)
                journal.mark(audit.append("serving", bundle=source.sha256))
                say(f"open {server.address} in a browser on this computer; Ctrl-C stops it")
                server.run()
                say("stopped; only the audit log was kept")
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
            "warnings": [translated(warning) for warning in assessment.warnings],
            "quality": report_text.quality(assessment.quality) if assessment.quality else [],
            "sha256": screened.sha256,
            "bundle": self.source.sha256,
        }

    def page(self) -> str:
        """The page itself, in the reader's language."""
        return (
            strict(TEMPLATES)
            .get_template("local_page.html")
            .render(
                manifest=self.source.manifest,
                sha256=self.source.sha256,
                notice=text(NOTICE),
                _=text,
                language=current(),
            )
        )


class Server:
    """Listens on 127.0.0.1, at an address with a random part.

    Threads, connections, idle time, headers and the bytes of all uploads together are limited. A
    request from another host or page, without the address, or too large is refused when its headers
    have been read. Bodies lie in files without a name, which the system removes with the process.

    Args:
        desk: scores the recordings.
        port: 0 for any free one.
        language: of the page; None for the browser's.

    Raises:
        OSError: where the port is in use.
    """

    def __init__(self, desk: Desk, port: int = 0, language: str | None = None) -> None:
        self._language = language
        self.token = secrets.token_urlsafe(24)
        # Its log would hold addresses with the token and names of recordings.
        logging.getLogger("waitress").disabled = True
        self._server = create_server(
            Page(desk, language), host="127.0.0.1", port=port, threads=_THREADS, ident="paralbench",
            connection_limit=_CONNECTIONS, channel_timeout=_TIMEOUT, cleanup_interval=_TIMEOUT // 4,
            max_request_header_size=_HEADERS, max_request_body_size=TOTAL + 1,
            expose_tracebacks=False,
        )  # fmt: skip
        self.port = int(self._server.effective_port)
        self._hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        admit = self._refusal

        class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
            parser_class = staticmethod(lambda adjustments: _Parser(adjustments, admit))

        self._server.channel_class = Channel

    @property
    def address(self) -> str:
        """The address to open in the browser."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    def run(self) -> None:
        """Answer until :meth:`close`, Ctrl-C or SIGTERM."""
        self._server.run()

    def close(self) -> None:
        """Stop answering; may be called from another thread than :meth:`run`'s."""
        sockets = self._server._map
        with suppress(OSError):  # the loop has ended, and closed its own trigger
            self._server.trigger.pull_trigger(lambda: close_all(sockets))

    def _refusal(self, request: Any) -> Error | None:
        """Why a request is refused, from its headers alone; None where it is admitted."""
        with reader(self._language or preferred(request.headers.get("ACCEPT_LANGUAGE", ""))):
            return self._refused(request)

    def _refused(self, request: Any) -> Error | None:
        host, origin = request.headers.get("HOST", ""), request.headers.get("ORIGIN")
        if host not in self._hosts or origin not in (None, f"http://{host}"):
            return _Refused(HTTPStatus.FORBIDDEN, "this page answers on 127.0.0.1 only")
        parts = request.path.split("/")
        token = parts[1].encode() if len(parts) == 3 else b""
        known = {"GET": ("", "page.js", "style.css"), "POST": ("score",)}.get(request.command, ())
        if not secrets.compare_digest(token, self.token.encode()) or parts[2] not in known:
            return _Refused(HTTPStatus.NOT_FOUND, "there is nothing here")
        if request.command == "POST" and "CONTENT_LENGTH" not in request.headers:
            return _Refused(HTTPStatus.LENGTH_REQUIRED, "the header Content-Length is missing")
        if request.content_length > LARGEST:
            return _Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                text(
                    "the recording is larger than {size} MB; screen it as a file instead",
                    size=LARGEST // 2**20,
                ),
            )
        channels = list(self._server.active_channels.values())
        pending = [item for channel in channels for item in (*channel.requests, channel.request)]
        waiting = sum(item.content_length for item in pending if item is not None)
        if request.content_length and waiting > TOTAL:
            return _Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                text("too many recordings at once; wait, then try again"),
            )
        return None


class Page:
    """The page, its script and style, and the scoring of what is sent to it, as a WSGI application."""

    def __init__(self, desk: Desk, language: str | None) -> None:
        self._desk, self._language = desk, language

    def __call__(self, environ: Environ, start: Start) -> list[bytes]:
        """Answer an admitted request."""
        with reader(self._language or preferred(environ.get("HTTP_ACCEPT_LANGUAGE", ""))):
            return self._answered(environ, start)

    def _answered(self, environ: Environ, start: Start) -> list[bytes]:
        name = environ["PATH_INFO"].rsplit("/", 1)[1]
        if name == "score":
            return self._scored(environ, start)
        if name == "":
            return _answer(start, HTTPStatus.OK, "text/html", self._desk.page().encode())
        if name == "page.js":
            script = (TEMPLATES / "local_page.js").read_text("utf-8")
            script = f"const WORDS = {json.dumps(words())};\n{script}"
            return _answer(start, HTTPStatus.OK, "text/javascript", script.encode())
        style = STYLE.read_bytes() + (TEMPLATES / "report.css").read_bytes()
        return _answer(start, HTTPStatus.OK, "text/css", style)

    def _scored(self, environ: Environ, start: Start) -> list[bytes]:
        """The result of the recording in the body, with its name in the query."""
        name = parse_qs(environ["QUERY_STRING"]).get("name", ["recording"])[0][:500]
        suffix = Path(name.replace("\0", "")).suffix.lower()
        # Of the name that a browser sends, only a known suffix is used.
        file = self._desk.incoming / (secrets.token_hex(8) + (suffix if suffix in SUFFIXES else ""))
        try:
            file.touch(mode=0o600, exist_ok=False)
            with file.open("wb") as opened:
                shutil.copyfileobj(environ["wsgi.input"], opened, 2**20)
            result = self._desk.scored(file, name)
        except (ParalbenchError, OSError) as error:
            return _failed(start, HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        finally:
            file.unlink(missing_ok=True)
        return _answer(start, HTTPStatus.OK, "application/json", json.dumps(result).encode())


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Refuses a request when its headers are read, before its body is."""

    def __init__(self, adjustments: Any, admit: Callable[[Any], Error | None]) -> None:
        super().__init__(adjustments)
        self._admit = admit
        self.error: Error | None = None
        self.completed = False

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # such as a length of thousands of digits
            raise ParsingError("Invalid header") from None

    def received(self, data: bytes) -> int:
        in_headers = not self.headers_finished
        consumed: int = super().received(data)
        if in_headers and self.headers_finished and self.error is None and not self.empty:
            self.error = self._admit(self)
            self.completed = self.completed or self.error is not None
        return consumed


class _Refused(Error):  # type: ignore[misc]  # noqa: N818 - an answer, never raised
    """A refusal as JSON, with the headers of every other answer."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self._status = status

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        content = json.dumps({"error": self.body}).encode()
        return _line(self._status), _headers("application/json", content), content


def _failed(start: Start, status: HTTPStatus, message: str) -> list[bytes]:
    content = json.dumps({"error": message}).encode()
    return _answer(start, status, "application/json", content)


def _answer(start: Start, status: HTTPStatus, kind: str, content: bytes) -> list[bytes]:
    start(_line(status), [*_headers(kind, content), ("Content-Length", str(len(content)))])
    return [content]


def _line(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"


def _headers(kind: str, content: bytes) -> list[tuple[str, str]]:
    return [
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Security-Policy", _POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]


@contextmanager
def _private_until_stopped() -> Iterator[None]:
    """New files are their owner's alone, and SIGTERM ends the block as Ctrl-C does."""
    umask = os.umask(0o077)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _stop) if in_main_thread else None
    try:
        yield
    finally:
        os.umask(umask)
        if in_main_thread:
            signal.signal(signal.SIGTERM, before)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt
