"""The admin API's client against a server behind a private CA, which answers as it is told to."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws.deployment.platform_client import PlatformAdmin, covers
from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.sandbox.authority import Authority


class Server(ThreadingHTTPServer):
    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        files = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server_port}"
        self.asked: list[tuple[str, str, str | None, bytes]] = []
        self.status, self.answer = 200, b"{}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, self.headers["Authorization"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[Server]:
    with Server(authority, tmp_path) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def admin(server: Server, authority: Authority) -> Iterator[PlatformAdmin]:
    with PlatformAdmin(server.url + "/", "lwa_secret", authority.pem) as admin:
        yield admin


def says(server: Server, answer: Any, status: int = 200) -> None:
    server.status, server.answer = status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def test_what_is_asked(server: Server, admin: PlatformAdmin) -> None:
    says(server, {"items": [{"network": "203.0.113.7/32", "note": "a", "created": "2026-01-01T00:00:00Z"}]})
    assert admin.networks() == ["203.0.113.7/32"]
    says(server, b"", 204)
    admin.admit("203.0.113.0/24", "ours")
    admin.withdraw("203.0.113.0/24")
    says(server, {"id": "abc", "token": "lws_new"})
    assert admin.new_sensor_token("123456789012", "ours") == "lws_new"
    says(server, {"status": "ok", "version": "1", "bundle": {"built": "b", "age_seconds": 3, "state": "fresh"}})
    health = admin.health()
    assert (health.status, health.bundle and health.bundle.state) == ("ok", "fresh")
    assert [(method, path) for method, path, _, _ in server.asked] == [
        ("GET", "/api/v1/networks"),
        ("PUT", "/api/v1/networks/203.0.113.0%2F24"),
        ("DELETE", "/api/v1/networks/203.0.113.0%2F24"),
        ("POST", "/api/v1/tokens"),
        ("GET", "/api/v1/health"),
    ]
    assert {authorization for _, _, authorization, _ in server.asked} == {"Bearer lwa_secret"}
    assert json.loads(server.asked[3][3]) == {"scope": "sensor", "account": "123456789012", "note": "ours"}


@pytest.mark.parametrize(
    ("status", "answer", "kind", "what"),
    [
        (403, {"error": {"what": "No scope admin.", "remedy": "Use another."}}, NotPermittedError, "No scope admin."),
        (401, b"", NotPermittedError, "answered 401"),
        (503, b"<html>", UnreachableError, "answered 503"),
        (404, b"{}", InputError, "answered 404"),
        (302, b"", InputError, "answered 302"),
        (200, b"<html>", InputError, "does not answer as a Landwaiter platform"),
        (200, {"items": [1]}, InputError, "does not answer as a Landwaiter platform"),
    ],
)
def test_refusals(
    server: Server, admin: PlatformAdmin, status: int, answer: Any, kind: type[Exception], what: str
) -> None:
    says(server, answer, status)
    with pytest.raises(kind) as refused:
        admin.networks()
    assert what in str(refused.value)
    assert refused.value.remedy  # type: ignore[attr-defined]
    assert "lwa_secret" not in str(refused.value)


def test_an_answer_without_end_is_cut_off(server: Server, admin: PlatformAdmin) -> None:
    says(server, b" " * (17 * 1024 * 1024))
    with pytest.raises(InputError, match="too large"):
        admin.networks()


def test_a_certificate_that_is_not_trusted_and_nobody_at_home(server: Server) -> None:
    with PlatformAdmin(server.url) as admin, pytest.raises(UnreachableError, match="not trusted") as refused:
        admin.health()
    assert "--root-ca" in refused.value.remedy
    with PlatformAdmin("https://127.0.0.1:9") as admin, pytest.raises(UnreachableError, match="did not answer"):
        admin.health()
    with pytest.raises(InputError, match="no URL of a platform"):
        PlatformAdmin("http://127.0.0.1:9")


def test_whether_a_list_holds_an_address() -> None:
    networks = ["10.0.0.0/8", "203.0.113.7/32", "2001:db8::/32"]
    assert covers(networks, "203.0.113.7")
    assert covers(networks, "10.9.9.9")
    assert not covers(networks, "203.0.113.8")
    assert not covers([], "203.0.113.7")
