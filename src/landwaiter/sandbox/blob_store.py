"""The registry's blobs on disk, streamed in and out.

The emulator holds blobs in memory and each request's body as one piece, which an image of a gigabyte makes slow and
large. This part of the OCI distribution spec (1.1: "Pulling blobs", "Pushing a blob", "Checking if content exists")
stands before it; manifests and tags stay with the emulator.
"""

import contextlib
import hashlib
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landwaiter.sandbox.asgi import App, Receive, Scope, Send, answer, header
from landwaiter.sandbox.internals import Inside, Need, service
from landwaiter.sandbox.settings import Settings

NEEDS = (Need("services.ecr", "_repositories"),)

_PATH = re.compile(
    r"/v2/(?P<name>[a-z0-9._/-]+)/blobs/(?:uploads/(?P<upload>[0-9a-f-]*)|(?P<digest>sha256:[0-9a-f]{64}))"
)
_HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.")
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class _Upload:
    file: Path
    size: int = 0
    hashed: Any = field(default_factory=hashlib.sha256)


class BlobStore:
    """An ASGI app that answers for blobs and hands everything else on."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._scope = settings.account, settings.region
        self._folder = settings.folder / "registry"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._uploads: dict[str, _Upload] = {}
        # A repository shows only the blobs that were pushed to it.
        self._held: set[tuple[str, str, str, str]] = set()
        self._ecr: Inside = service("ecr")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _PATH.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        repository = (*self._account_and_region(scope), found["name"])
        if not self._ecr.repositories.contains_scoped(*repository):
            await _refuse(send, 404, "NAME_UNKNOWN", f"The repository with name '{found['name']}' does not exist")
        elif found["digest"]:
            await self._blob(scope, send, repository, found["digest"])
        else:
            await self._upload(scope, receive, send, repository, found["upload"])

    def _account_and_region(self, scope: Scope) -> tuple[str, str]:
        found = _HOST.match(header(scope, b"host"))
        return (found[1], found[2]) if found else self._scope

    async def _blob(self, scope: Scope, send: Send, repository: tuple[str, str, str], digest: str) -> None:
        file = self._file(digest)
        if (*repository, digest) not in self._held:
            await _refuse(send, 404, "BLOB_UNKNOWN", f"blob unknown to registry: {digest}")
            return
        size = file.stat().st_size
        start, end = asked_range(header(scope, b"range"), size)
        if start >= end and size:
            await answer(send, 416, headers={"Content-Range": f"bytes */{size}"})
            return
        headers = {
            "Content-Type": "application/octet-stream",
            "Docker-Content-Digest": digest,
            "Accept-Ranges": "bytes",
            "Content-Length": str(end - start),
        }
        partial = (start, end) != (0, size)
        if partial:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        content = _pieces(file, start, end) if scope["method"] == "GET" else iter(())
        await answer(send, 206 if partial else 200, content, headers)

    async def _upload(
        self, scope: Scope, receive: Receive, send: Send, repository: tuple[str, str, str], identity: str
    ) -> None:
        if scope["method"] == "POST":
            identity = str(uuid.uuid4())
            self._uploads[identity] = _Upload(self._folder / f"{identity}.partial")
            self._uploads[identity].file.touch()
        upload = self._uploads.get(identity)
        if upload is None:
            await _refuse(send, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
            return
        if scope["method"] in ("POST", "PATCH", "PUT"):
            await _append(upload, receive)
        digest = _asked_digest(scope)
        if scope["method"] == "PUT" or (scope["method"] == "POST" and digest):
            await self._finish(send, repository, identity, digest)
        elif scope["method"] == "DELETE":
            self._drop(identity)
            await answer(send, 204)
        else:
            place = f"/v2/{repository[2]}/blobs/uploads/{identity}"
            headers = {"Location": place, "Docker-Upload-UUID": identity, "Range": f"0-{max(upload.size - 1, 0)}"}
            await answer(send, 204 if scope["method"] == "GET" else 202, headers=headers)

    async def _finish(self, send: Send, repository: tuple[str, str, str], identity: str, digest: str) -> None:
        upload = self._uploads.pop(identity)
        if digest != f"sha256:{upload.hashed.hexdigest()}":
            upload.file.unlink()
            await _refuse(send, 400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            return
        upload.file.replace(self._file(digest))
        self._held.add((*repository, digest))
        place = f"/v2/{repository[2]}/blobs/{digest}"
        await answer(send, 201, headers={"Location": place, "Docker-Content-Digest": digest})

    def _drop(self, identity: str) -> None:
        with contextlib.suppress(OSError):
            self._uploads.pop(identity).file.unlink()

    def _file(self, digest: str) -> Path:
        return self._folder / digest.removeprefix("sha256:")


async def _append(upload: _Upload, receive: Receive) -> None:
    with upload.file.open("ab") as file:
        async for piece in _body(receive):
            file.write(piece)
            upload.hashed.update(piece)
            upload.size += len(piece)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("The client went away while it sent a blob.")
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _pieces(file: Path, start: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(start)
        while start < end:
            piece = opened.read(min(_CHUNK, end - start))
            start += len(piece)
            yield piece


def asked_range(text: str, size: int) -> tuple[int, int]:
    """The first byte and the one after the last of `bytes=FIRST-LAST` (RFC 9110, 14.1.2); all of it where not asked."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", text)
    if found is None:
        return 0, size
    last = int(found[2]) if found[2] else size - 1
    return int(found[1]), min(last, size - 1) + 1


def _asked_digest(scope: Scope) -> str:
    found = re.search(r"(?:^|&)digest=(sha256(?::|%3A)[0-9a-f]{64})", scope["query_string"].decode())
    return found[1].replace("%3A", ":") if found else ""


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    """Refuse with an error document of the distribution spec ("Error codes")."""
    document = f'{{"errors":[{{"code":"{code}","message":"{message}"}}]}}'.encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(document))}
    await answer(send, status, iter([document]), headers)
