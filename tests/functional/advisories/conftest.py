"""A web server on this machine that publishes feeds, and misbehaves as told."""

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


class Publisher:
    """Serves `files` (path -> content) with ETags; `log` has what was asked, `trouble` what goes wrong next.

    Trouble is a list of (part of a path, what): a status to answer, "cut" to break the body off in its middle, or
    ("redirect", address). Each is used up by one request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.log: list[tuple[str, dict[str, str], int]] = []
        self.trouble: list[tuple[str, Any]] = []
        handler = type("Handler", (_Handler,), {"publisher": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
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
        if isinstance(trouble, tuple):
            self._answer(302, b"", {"Location": trouble[1]})
        elif isinstance(trouble, int) or content is None:
            self._answer(trouble if isinstance(trouble, int) else 404, b"")
        else:
            self._file(content, cut=trouble == "cut")

    def _file(self, content: bytes, *, cut: bool) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        headers = {"ETag": tag, "Last-Modified": "Mon, 01 Apr 2024 00:00:00 GMT"}
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == tag:
            self._answer(304, b"", headers)
        elif start and self.headers.get("If-Range") == tag:
            offset = int(start.group(1))
            headers["Content-Range"] = f"bytes {offset}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[offset:], headers, cut=cut)
        else:
            self._answer(200, content, headers, cut=cut)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
        self.publisher.log.append((self.path, dict(self.headers), status))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.close_connection = True


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    running = Publisher()
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
