"""A web server on this machine that publishes feeds, and misbehaves as told."""

import hashlib
import io
import ipaddress
import json
import re
import ssl
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


class Publisher:
    """Serves `files` (path -> content) with ETags; `log` has what was asked, `trouble` what goes wrong next.

    Trouble is a list of (part of a path, what), each used up by one request. What goes wrong: a status to answer,
    ("redirect", address), ("busy", seconds to stay away), "cut" (the body breaks off in its middle), "short" (half the
    body, and a Content-Length that says so), "stall" (half the body, then nothing), "part of another" (asked for the
    rest of one version, it sends the rest of another), "no part" (the rest, without saying of what).
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.going_home = threading.Event()
        self.files: dict[str, bytes] = {}
        self.log: list[tuple[str, dict[str, str], int]] = []
        self.trouble: list[tuple[str, Any]] = []
        handler = type("Handler", (_Handler,), {"publisher": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        self.address = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.going_home.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, part: str) -> list[int]:
        """The statuses of the answers to requests for a path."""
        return [status for path, _, status in self.log if part in path]

    def zip(self, path: str, *records: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for record in records:
                archive.writestr(zipfile.ZipInfo(f"{record['id']}.json"), json.dumps(record))
        self.files[path] = buffer.getvalue()

    def take_trouble(self, path: str) -> Any:
        for item in self.trouble:
            if item[0] in path:
                self.trouble.remove(item)
                return item[1]
        return None


class _Handler(BaseHTTPRequestHandler):
    publisher: Publisher
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Be quiet."""

    def do_GET(self) -> None:
        trouble = self.publisher.take_trouble(self.path)
        content = self.publisher.files.get(self.path)
        if isinstance(trouble, tuple) and trouble[0] == "busy":
            self._answer(429, b"", {"Retry-After": str(trouble[1])})
        elif isinstance(trouble, tuple):
            self._answer(302, b"", {"Location": trouble[1]})
        elif isinstance(trouble, int) or content is None:
            self._answer(trouble if isinstance(trouble, int) else 404, b"")
        else:
            self._file(content, str(trouble))

    def _file(self, content: bytes, trouble: str) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        headers = {"ETag": tag, "Last-Modified": "Mon, 01 Apr 2024 00:00:00 GMT"}
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == tag:
            self._answer(304, b"", headers)
        elif start and (self.headers.get("If-Range") == tag or trouble == "part of another"):
            offset = int(start.group(1))
            if trouble != "no part":
                headers["Content-Range"] = f"bytes {offset}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[offset:], headers, trouble)
        else:
            self._answer(200, content, headers, trouble)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, trouble: str = "") -> None:
        half = len(body) // 2 if trouble in ("cut", "short", "stall") else len(body)
        self.publisher.log.append((self.path, dict(self.headers), status))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(half if trouble == "short" else len(body)))
        self.end_headers()
        self.wfile.write(body[:half])
        if trouble == "stall":
            self.publisher.going_home.wait(20)
        if trouble in ("cut", "stall"):
            self.wfile.flush()
            self.close_connection = True


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    running = Publisher()
    yield running
    running.stop()


@pytest.fixture
def own_root(tmp_path: Path) -> Path:
    """A certificate for this machine that is its own root, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "own root")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "own-root.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def secure_publisher(own_root: Path) -> Iterator[Publisher]:
    running = Publisher(own_root)
    yield running
    running.stop()


def a_record(identifier: str, ecosystem: str, name: str, fixed: str) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}]
    return {"id": identifier, "modified": "2024-01-01T00:00:00Z", "affected": affected}


@pytest.fixture
def record() -> Any:
    return a_record


@pytest.fixture
def data() -> Path:
    folder = Path(__file__).parents[3].parent / "shared" / "data"
    if not (folder / "advisories").is_dir():
        pytest.skip("the real advisory data are not beside the project (../shared/data)")
    return folder
