"""The doctor's test invocation, against a real HTTPS server."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox.authority import Authority
from landwaiter.trigger.check import check
from landwaiter.trigger.handler import handle
from landwaiter.trigger.platform_client import PlatformError

TOKEN = "lw_s_abc_secret"


class Platform(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.admits = True
        self.health: Any = {"status": "ok", "bundle": {"state": "fresh", "age_seconds": 60}}

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the test."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Platform

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.endswith("/health"):
            self.answer(200, self.server.health)
        elif not self.server.admits:
            self.answer(403, {"error": {"what": "Sensor calls from here are not allowed."}})
        else:
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            self.answer(404 if known else 401, {"error": {"what": "no"}})

    def answer(self, status: int, said: Any) -> None:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture
def server(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    made = Platform()
    files = authority.issue(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    (tmp_path / "root.pem").write_text(authority.pem)
    monkeypatch.setenv("LANDWAITER_PLATFORM_URL", f"https://127.0.0.1:{made.server_port}")
    monkeypatch.setenv("LANDWAITER_TOKEN_SECRET", "secret")
    monkeypatch.setenv("LANDWAITER_PROJECT", "project")
    monkeypatch.setenv("QualysPodCustomRootCertPath", str(tmp_path / "root.pem"))
    yield made
    made.shutdown()
    made.server_close()


def token(_secret: str) -> str:
    return TOKEN


def test_a_platform_that_is_well(server: Platform) -> None:
    assert check(token) == {
        "reachable": True,
        "trusted": True,
        "error": "",
        "address": f"127.0.0.1:{server.server_port}",
        "admitted": True,
        "token_accepted": True,
        "health": server.health,
    }


def test_an_untrusted_certificate(server: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QualysPodCustomRootCertPath", "")
    answer = check(token)
    assert (answer["reachable"], answer["trusted"], answer["health"]) == (True, False, None)
    assert answer["error"].startswith("certificate not trusted: ")


def test_a_root_that_cannot_be_read(server: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QualysPodCustomRootCertPath", "/nowhere/root.pem")
    answer = check(token)
    assert (answer["reachable"], answer["trusted"]) == (True, False)
    assert "/nowhere/root.pem" in answer["error"]


def test_an_address_that_is_not_admitted(server: Platform) -> None:
    server.admits = False
    answer = check(token)
    assert (answer["trusted"], answer["admitted"], answer["token_accepted"]) == (True, False, None)
    assert answer["error"] == "Sensor calls from here are not allowed."


def unreadable(_secret: str) -> str:
    raise PlatformError("the secret cannot be read")


@pytest.mark.parametrize(("read", "accepted", "error"), [(lambda _: "lw_old", False, ""), (unreadable, None, "secret")])
def test_a_token_that_is_refused_or_unreadable(
    server: Platform, read: Callable[[str], str], accepted: bool | None, error: str
) -> None:
    answer = check(read)
    assert (answer["admitted"], answer["token_accepted"]) == (True, accepted)
    assert error in answer["error"]


@pytest.mark.parametrize("health", [b"", b"<html>", [1]])
def test_somebody_else_s_words_are_no_health(server: Platform, health: Any) -> None:
    server.health = health
    answer = check(token)
    assert (answer["trusted"], answer["health"]) == (True, {})


def test_an_endless_answer_is_cut_off(server: Platform) -> None:
    server.health = b"x" * 200_000
    answer = check(token)
    assert (answer["trusted"], answer["health"], "longer than" in answer["error"]) == (True, None, True)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, server: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("LANDWAITER_PLATFORM_URL", f"https://127.0.0.1:{port}")
    answer = check(token)
    assert (answer["reachable"], answer["trusted"], answer["address"]) == (False, False, "")
    assert "refused" in answer["error"]


def test_settings_that_are_missing_are_part_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDWAITER_PLATFORM_URL", raising=False)
    answer = handle({"landwaiter": "check"})
    assert (answer["reachable"], "LANDWAITER_PLATFORM_URL" in answer["error"]) == (False, True)
