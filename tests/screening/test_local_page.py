"""The local page: it answers on this computer, to who knows the address, and keeps nothing."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from paralbench.screening import audit, journal, local_page
from paralbench.screening.audit import Audit
from paralbench.screening.journal import Journal, Run
from paralbench.screening.workers import Workers
from tests.screener.bad_recordings import good, wav
from tests.screening.fakes import SHA256, screening


@pytest.fixture
def server(tmp_path: Path) -> Iterator[local_page.Server]:
    report = tmp_path / "report"
    (report / "incoming").mkdir(parents=True)
    source = screening()
    stored, log = Journal(report, Run(SHA256)), Audit(report)
    with (
        Workers(source.load, 1, report / ".scratch") as workers,
        local_page.Server(
            local_page.Desk(source, workers, stored, log, report / "incoming")
        ) as made,
    ):
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()
    stored.close()
    log.close()


def _asked(
    server: local_page.Server, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
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
    assert server.server_address[0] == "127.0.0.1"
    assert server.address.startswith(f"http://127.0.0.1:{server.server_port}/")
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
    for length in ("-1", "many", "1_0", "٣"):
        line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
        line.putrequest("POST", path)
        line.putheader("Content-Length", length.encode())
        line.endheaders()
        assert line.getresponse().status == 411
        line.close()
    assert not list((tmp_path / "report" / "incoming").iterdir())
