"""A platform that answers as it is told: a real HTTPS server with a certificate of a private CA."""

import gzip
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox.authority import Authority
from landwaiter.trigger.platform_client import PlatformClient
from landwaiter.trigger.settings import Settings

TOKEN = "lw_s_abc_very-secret"


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.raw) if packed else self.raw)


@dataclass
class ScriptedPlatform:
    """`script` holds (status, body) to answer with, in order; then 200 {}."""

    url: str
    root_ca: Path
    calls: list[Call] = field(default_factory=list)
    script: deque[tuple[int, Any]] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)

    def settings(self, **changes: str) -> Settings:
        given = {"platform_url": self.url, "root_certificate": str(self.root_ca)} | changes
        return Settings(token_secret="token", project="scanner", **given)

    def client(self, **changes: str) -> PlatformClient:
        return PlatformClient(self.settings(**changes), TOKEN)


def handler(platform: ScriptedPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            platform.calls.append(Call(self.path, headers, raw))
            status, body = platform.script.popleft() if platform.script else (200, {})
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in platform.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests read their own output."""

    return Handler


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create("Test Root CA")


@pytest.fixture
def platform(authority: Authority, tmp_path: Path) -> Iterator[ScriptedPlatform]:
    files = authority.issue(tmp_path)
    root = tmp_path / "root.pem"
    root.write_text(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    scripted = ScriptedPlatform(f"https://127.0.0.1:{server.server_port}", root)
    server.RequestHandlerClass = handler(scripted)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield scripted
    server.shutdown()
    server.server_close()


@pytest.fixture
def task() -> Callable[..., dict[str, Any]]:
    """A task as events and DescribeTasks give it."""

    def make(name: str = "t1", **changes: Any) -> dict[str, Any]:
        return {
            "taskArn": f"arn:aws:ecs:eu-central-1:123456789012:task/shop/{name}",
            "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/shop",
            "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7",
            "version": 3,
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "launchType": "FARGATE",
            "containers": [{"name": "web", "image": "registry.example/web:1", "lastStatus": "RUNNING"}],
        } | changes

    return make
