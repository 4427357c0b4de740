"""The local page: it answers on this computer, to who knows the address, and keeps nothing."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from paralbench.screening import audit, closing, journal, local_page
from paralbench.screening.audit import Audit
from paralbench.screening.journal import Journal, Run
from paralbench.screening.language import reader, text
from paralbench.screening.row_state import WORDS, State
from paralbench.screening.workers import Workers
from tests.screener.bad_recordings import good, wav
from tests.screening.fakes import SHA256, screening

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[local_page.Server]:
    report = tmp_path / "report"
    (report / "incoming").mkdir(parents=True)
    source = screening()
    stored, log = Journal(report, Run(SHA256)), Audit(report)
    with Workers(source.load, 1, report / ".scratch") as workers:
        desk = local_page.Desk(source, workers, stored, log, report / "incoming")
        made = local_page.Server(desk)
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        yield made
        made.close()
    stored.close()
    log.close()


def _asked(
    server: local_page.Server, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.request(
        method,
        path,
        body or None,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )
    answer = line.getresponse()
    content = answer.read()
    line.close()
    return answer.status, answer.msg, content


def test_a_recording_is_scored_and_not_kept(server: local_page.Server, tmp_path: Path) -> None:
    wav(tmp_path / "one.wav", good(1, 1.0))
    audio = (tmp_path / "one.wav").read_bytes()
    name = "../../<b>Jane\n.wav"
    for body, status in ((audio, {"scored", "abstained"}), (b"Dear all", {"not scored"})):
        code, _, output = _asked(server, "POST", f"/{server.token}/score?name={quote(name)}", body)
        assert code == 200
        row = json.loads(output)
        assert row["status"] in status
        assert (row["id"], row["bundle"]) == (name, SHA256)
        assert len(row["sha256"]) == 64
    report = tmp_path / "report"
    assert not list((report / "incoming").iterdir())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.wav", "report"]
    log = (report / audit.NAME).read_text()
    assert row["sha256"] in log
    assert "Jane" not in log
    assert audit.verify(report, journal.audited(report)).intact


def test_it_listens_on_this_computer_alone(server: local_page.Server) -> None:
    assert server.address.startswith(f"http://127.0.0.1:{server.port}/")
    assert len(server.token) >= 32


def test_the_page_and_its_parts(server: local_page.Server) -> None:
    code, output, page = _asked(server, "GET", f"/{server.token}/")
    assert code == 200
    policy = output["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert b"not a medical device" in page
    assert b"SYNTHETIC" in page
    for name in ("page.js", "style.css"):
        assert _asked(server, "GET", f"/{server.token}/{name}")[0] == 200


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de", "Aufnahmen screenen"),
        ("zh-CN,zh;q=0.9", "zh", "筛查录音"),
        ("it,pt;q=0.9", "en", "Screen recordings"),
        ("fr;q=x,,;q=1", "en", "Screen recordings"),
    ],
)
def test_the_page_is_in_the_browsers_language(
    server: local_page.Server, tmp_path: Path, header: str, code: str, words: str
) -> None:
    _, _, page = _asked(server, "GET", f"/{server.token}/", Accept_Language=header)
    assert f'<html lang="{code}">' in page.decode()
    assert f"<h1>{words}</h1>" in page.decode()
    _, _, script = _asked(server, "GET", f"/{server.token}/page.js", Accept_Language=header)
    texts = json.loads(script.decode().splitlines()[0].removeprefix("const WORDS = ").rstrip(";"))
    wav(tmp_path / "one.wav", good(1, 1.0))
    _, _, output = _asked(
        server, "POST", f"/{server.token}/score?name=a.wav", (tmp_path / "one.wav").read_bytes(),
        Accept_Language=header,
    )  # fmt: skip
    with reader(code):
        assert texts == local_page.words()
        row = json.loads(output)
        assert row["action"] in {text(state.action) for state in WORDS.values()}
    assert row["state"] in list(State)  # for programs, in English


@pytest.mark.parametrize(
    "path", ["/", "/score", "/x/", "/%s/../etc/passwd", "/%s/local_page.py", "/é/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_answered_without_the_address(
    server: local_page.Server, path: str, method: str
) -> None:
    asked = quote(path.replace("%s", server.token))
    assert _asked(server, method, asked, b"x" if method == "POST" else b"")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_name_or_page_is_refused(
    server: local_page.Server, headers: dict[str, str]
) -> None:
    code, _, output = _asked(server, "POST", f"/{server.token}/score", b"x", **headers)
    assert code == 403
    assert "127.0.0.1 only" in output.decode()


def test_too_much_is_refused_before_it_is_read(server: local_page.Server, tmp_path: Path) -> None:
    path = f"/{server.token}/score"
    code, _, output = _asked(server, "POST", path, Content_Length=str(local_page.LARGEST + 1))
    assert (code, "larger than 1024 MB" in output.decode()) == (413, True)
    assert _raw(server, f"POST {path} HTTP/1.1\r\nHost: {_host(server)}\r\n\r\n")[0] == 411
    for length in ("-1", "many", "1_0", "٣"):
        request = (
            f"POST {path} HTTP/1.1\r\nHost: {_host(server)}\r\nContent-Length: {length}\r\n\r\n"
        )
        assert _raw(server, request)[0] == 400
    assert not list((tmp_path / "report" / "incoming").iterdir())


def _host(server: local_page.Server) -> str:
    return f"127.0.0.1:{server.port}"


def _raw(server: local_page.Server, request: str) -> tuple[int, str]:
    """The status and the text of the answer to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(request.encode())
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
            if b"\r\n\r\n" in answer:
                break
    head = answer.decode("utf-8", "replace")
    return int(head.split(" ")[1]), head


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: " + "9" * 5000, "X-Long: " + "a" * 20_000, "X\x00Y: 1", ": no name",
        "Transfer-Encoding: gzip, chunked", "Content-Length: 1\r\nContent-Length: 2",
        "Host: a\r\nHost: b", "Expect: " + "x" * 999, "Range: bytes=-" + "9" * 999,
    ],
)  # fmt: skip
def test_absurd_headers_are_answered_without_a_traceback(
    server: local_page.Server, header: str, capfd: pytest.CaptureFixture[str]
) -> None:
    own = "" if header.startswith("Host") else f"Host: {_host(server)}\r\n"
    path = f"/{server.token}/score"
    status, answer = _raw(server, f"POST {path} HTTP/1.1\r\n{own}{header}\r\n\r\n")
    assert 400 <= status < 600
    assert "Traceback" not in answer + capfd.readouterr().err


def test_uploads_together_are_limited_and_half_open_ones_do_not_stop_others(
    server: local_page.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_page, "TOTAL", 1500)
    path = f"/{server.token}/score"
    head = f"POST {path} HTTP/1.1\r\nHost: {_host(server)}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as half_open:
        half_open.sendall(head.encode() + b"x" * 10)
        for _ in range(200):  # until the server has read its headers
            channels = list(server._server.active_channels.values())
            if any(item.request is not None and item.request.content_length for item in channels):
                break
            time.sleep(0.01)
        assert _raw(server, head)[0] == 503
        assert _asked(server, "GET", f"/{server.token}/")[0] == 200


def test_an_upload_is_readable_by_its_owner_alone(
    server: local_page.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    scored = local_page.Desk.scored

    def watched(desk: local_page.Desk, file: Path, name: str) -> dict[str, object]:
        modes.append(file.stat().st_mode & 0o777)
        return scored(desk, file, name)

    monkeypatch.setattr(local_page.Desk, "scored", watched)
    wav(tmp_path / "one.wav", good(1, 1.0))
    audio = (tmp_path / "one.wav").read_bytes()
    assert _asked(server, "POST", f"/{server.token}/score?name=one.wav", audio)[0] == 200
    assert modes == [0o600]


@pytest.mark.slow
def test_sigterm_leaves_no_recording_behind(tmp_path: Path) -> None:
    wav(tmp_path / "one.wav", good(1, 1.0))
    audio, report = (tmp_path / "one.wav").read_bytes(), tmp_path / "report"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.screening.command", "--serve", "-o", str(report)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "WAIT": "30"}, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    address = re.search(r"http://\S+", process.stderr.readline())
    assert address
    port, token = re.findall(r":(\d+)/([^/]+)/", address[0])[0]
    line = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    line.request("POST", f"/{token}/score?name=one.wav", audio)
    for _ in range(1000):
        if list((report / "incoming").iterdir()):
            break
        time.sleep(0.02)
    else:
        pytest.fail("the upload never arrived")
    assert stat.S_IMODE((report / "incoming").stat().st_mode) == 0o700
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    line.close()
    assert process.returncode == 0
    assert "stopped" in errors
    assert "Traceback" not in errors
    assert not (report / "incoming").exists()
    assert not list(report.rglob("*.wav"))
    assert closing.check(report).changes == []


@pytest.mark.slow
def test_the_page_in_a_browser_queues_scores_and_offers_to_print(
    server: local_page.Server, tmp_path: Path
) -> None:
    browsers = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no browser on this machine")
    for name in ("a.wav", "b.wav"):
        wav(tmp_path / name, good(1, 1.0))
    (tmp_path / "c.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    with browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(server.address)
        assert page.locator("#print").is_disabled()
        page.set_input_files("#files", [tmp_path / name for name in ("a.wav", "b.wav", "c.wav")])
        page.get_by_text("3 of 3 done.").wait_for()
        assert page.locator("#rows section").count() == 3
        assert page.locator("#print").is_enabled()
        assert "a PNG picture named .wav" in page.locator("#rows").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert problems == []
        browser.close()
