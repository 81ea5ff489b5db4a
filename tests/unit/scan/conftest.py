"""A platform and a registry over HTTPS, each with a certificate of a private CA of its own."""

import base64
import gzip
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.images.platform import DEFAULT_PLATFORM
from landwaiter.sandbox.authority import Authority
from landwaiter.scan.platform_client import ScanClient
from landwaiter.scan.settings import JobSettings

TOKEN = "lw_s_abc_very-secret"
SCAN = "/api/v1/sensor/scans/s1"
NOTHING = (204, b"")


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.raw) if packed else self.raw)


class Server(ThreadingHTTPServer):
    """Hands every request to `answer`, which gives status and content; remembers all."""

    daemon_threads = True

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        files = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"https://{self.host}"
        self.authority = authority
        self.calls: list[Call] = []

    def answer(self, call: Call) -> tuple[int, bytes]:
        raise NotImplementedError

    def handle_error(self, *_: object) -> None:
        """Clients that do not trust us hang up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
        self.server.calls.append(call)
        status, content = self.server.answer(call)
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = serve  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Tests read their own output."""


class Platform(Server):
    """The sensor API of a scan. `script` holds (end of the path, status, body) to answer with once, in order."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(authority, folder)
        self.script: deque[tuple[str, int, Any]] = deque()
        self.facts: dict[str, Any] = {}
        self.documents: list[Any] = []
        self.lock = threading.Lock()

    def answer(self, call: Call) -> tuple[int, bytes]:
        with self.lock:
            if self.script and call.path.endswith(self.script[0][0]):
                _, status, body = self.script.popleft()
                return status, body if isinstance(body, bytes) else json.dumps(body).encode()
            status, content = self.ordinary(call)
        return status, content if isinstance(content, bytes) else json.dumps(content).encode()

    def ordinary(self, call: Call) -> tuple[int, Any]:
        last = call.path.rpartition("/")[2]
        if last == "query":
            return 200, {"missing": [one for one in call.body["diff_ids"] if one not in self.facts]}
        if last == "document":
            missing = [one["diff_id"] for one in call.body["image"]["layers"] if one["diff_id"] not in self.facts]
            if missing:
                return 409, {"missing": missing}
            self.documents.append(call.body)
            return 200, {"state": "assessed", "verdict": {"status": "pass"}}
        if "/layers/" in call.path:
            self.facts[last] = call.body
        return NOTHING

    def told(self, end: str) -> list[Any]:
        """The bodies of all calls to paths with this end."""
        return [call.body for call in list(self.calls) if call.path.endswith(end)]


class Registry(Server):
    """Serves images pushed to it by tag; `login` is demanded where it is set."""

    login: tuple[str, str] | None = None

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(authority, folder)
        self.files: dict[str, bytes] = {}

    def push(self, builder: Any, images: Any, tag: str = "1", **options: Any) -> str:
        """Keep an image as `app:TAG`; return its digest."""
        files = builder.layout_files(images, **options)
        top = json.loads(files["index.json"])["manifests"][0]["digest"]
        for path, content in files.items():
            if path.startswith("blobs/"):
                digest = path.removeprefix("blobs/").replace("/", ":")
                self.files |= {f"/v2/app/{kind}/{digest}": content for kind in ("blobs", "manifests")}
        self.files[f"/v2/app/manifests/{tag}"] = files["blobs/" + top.replace(":", "/")]
        return str(top)

    def answer(self, call: Call) -> tuple[int, bytes]:
        if self.login:
            expected = "Basic " + base64.b64encode(":".join(self.login).encode()).decode()
            if call.headers.get("authorization") != expected:
                return 401, b"{}"
        content = self.files.get(call.path)
        return (404, b"{}") if content is None else (200, content)

    def pulled(self) -> list[str]:
        return [call.path.rpartition("/")[2] for call in list(self.calls) if "/blobs/" in call.path]


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create("Platform Root CA")


@pytest.fixture(scope="session")
def registry_authority() -> Authority:
    return Authority.create("Registry Root CA")


def running(server: Server) -> Iterator[Any]:
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def platform(authority: Authority, tmp_path: Path) -> Iterator[Platform]:
    yield from running(Platform(authority, tmp_path / "platform"))


@pytest.fixture
def registry(registry_authority: Authority, tmp_path: Path) -> Iterator[Registry]:
    yield from running(Registry(registry_authority, tmp_path / "registry"))


@pytest.fixture(autouse=True)
def no_docker_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's Docker configuration takes part."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))


@pytest.fixture
def settings(platform: Platform, registry: Registry) -> Callable[..., JobSettings]:
    def make(**changes: Any) -> JobSettings:
        given = {
            "platform_url": platform.url,
            "token": TOKEN,
            "scan_id": "s1",
            "image": f"{registry.host}/app:1",
            "digest": "",
            "image_platform": DEFAULT_PLATFORM,
            "root_ca": platform.authority.pem,
            "registry_ca": registry.authority.pem,
        }
        return JobSettings(**(given | changes))

    return make


@pytest.fixture
def client(settings: Callable[..., JobSettings]) -> Iterator[Callable[..., ScanClient]]:
    """Makes clients with little patience, and closes them."""
    made: list[ScanClient] = []

    def make(patience: float = 5.0, **changes: Any) -> ScanClient:
        made.append(ScanClient(settings(**changes), patience=patience, say=lambda _: None))
        return made[-1]

    yield make
    for one in made:
        one.close()
