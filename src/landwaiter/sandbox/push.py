"""Pushing an image into the sandbox's registry, over the protocol that `docker push` speaks.

Source: OCI distribution spec 1.1, "Push". The whole of what an OCI layout's entry names is pushed, with all its
platforms; a Docker archive's image gets an OCI manifest of its own, as it has none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import httpx2
import msgspec

from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.archive import ArchiveEntry
from landwaiter.images.layout import FolderFiles
from landwaiter.images.open import existing_folder, open_source, recognise, split_name
from landwaiter.images.sources import ReadableSource
from landwaiter.images.tarindex import TarIndex
from landwaiter.sandbox.registry_gate import TOKEN

_DOCUMENT_LIMIT = 16 * 1024 * 1024
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_COMPRESSIONS = ((b"\x1f\x8b", "+gzip"), (b"\x28\xb5\x2f\xfd", "+zstd"))


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image in the registry: `reference` by tag, `digest` of what the tag names (a manifest or an index)."""

    reference: str
    digest: str


class _Files(Protocol):
    def read(self, name: str, limit: int) -> bytes: ...
    def open(self, name: str) -> AbstractContextManager[ReadableSource]: ...


class Registry:
    """The sandbox's registry: reached at `endpoint`, known as `host` (which carries account and region)."""

    def __init__(self, endpoint: str, host: str) -> None:
        self.host = host
        headers = {"Host": host, "Authorization": f"Basic {TOKEN}"}
        self._http = httpx2.Client(base_url=endpoint, headers=headers, timeout=120, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def push_image(self, target: str, repository: str, tag: str = "latest") -> Pushed:
        """Push the image `target`, named as for `landwaiter scan` (OCI layout or archive, Docker archive).

        The repository must exist. Raises `InputError` for an input that is no such image, `UnreachableError` when the
        registry refuses.
        """
        scheme, path, _ = _parts(target)
        with _opened(scheme, path) as files:
            push = self._push_archive if scheme == "docker-archive" else self._push_layout
            digest = push(files, target, repository, tag)
        return Pushed(f"{self.host}/{repository}:{tag}", digest)

    def _push_layout(self, files: _Files, target: str, repository: str, tag: str) -> str:
        top = json.loads(files.read("index.json", _DOCUMENT_LIMIT))["manifests"]
        if len(top) == 1:
            digest = str(top[0]["digest"])
        else:
            with open_source(target) as source:
                digest = source.image.digest
        self._push_manifest(files, repository, digest, tag)
        return digest

    def _push_manifest(self, files: _Files, repository: str, digest: str, reference: str) -> None:
        """Push what a manifest names, then the manifest; an index's manifests that the layout lacks stay out."""
        content = files.read(_blob(digest), _DOCUMENT_LIMIT)
        document = json.loads(content)
        for child in document.get("manifests", ()):
            if _has(files, child["digest"]):
                self._push_manifest(files, repository, child["digest"], child["digest"])
        for blob in [document["config"], *document["layers"]] if "layers" in document else ():
            self._push_blob(repository, blob["digest"], lambda: files.open(_blob(blob["digest"])))  # noqa: B023 - used at once
        self._put_manifest(repository, reference, document.get("mediaType", _MANIFEST), content)

    def _push_archive(self, files: _Files, target: str, repository: str, tag: str) -> str:
        check_image(target)
        name = _parts(target)[2]
        entries = msgspec.json.decode(files.read("manifest.json", _DOCUMENT_LIMIT), type=list[ArchiveEntry])
        entry = next(one for one in entries if not name or name in (one.repo_tags or ()))
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._push_file(files, repository, entry.config, is_layer=False),
            "layers": [self._push_file(files, repository, name, is_layer=True) for name in entry.layers or ()],
        }
        content = json.dumps(manifest).encode()
        self._put_manifest(repository, tag, _MANIFEST, content)
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def _push_file(self, files: _Files, repository: str, name: str, *, is_layer: bool) -> dict[str, object]:
        """Push a file of a Docker archive; its descriptor."""
        hashed, size, head = hashlib.sha256(), 0, b""
        with files.open(name) as source:
            for chunk in source.chunks():
                head = head or bytes(chunk[:4])
                hashed.update(chunk)
                size += len(chunk)
        digest = f"sha256:{hashed.hexdigest()}"
        self._push_blob(repository, digest, lambda: files.open(name))
        compression = next((suffix for magic, suffix in _COMPRESSIONS if head.startswith(magic)), "")
        return {"mediaType": _LAYER + compression if is_layer else _CONFIG, "digest": digest, "size": size}

    def _push_blob(
        self, repository: str, digest: str, opened: Callable[[], AbstractContextManager[ReadableSource]]
    ) -> None:
        if self._http.head(f"/v2/{repository}/blobs/{digest}").status_code == httpx2.codes.OK:
            return
        started = self._checked(self._http.post(f"/v2/{repository}/blobs/uploads/"))
        with opened() as source:
            place = self._place(started.headers["location"], digest)
            self._checked(self._http.put(place, content=_chunks(source.chunks())))

    def _place(self, location: str, digest: str) -> httpx2.URL:
        """Where to put a blob: the registry's location with its own parameters, and the digest.

        A registry names itself as it was called, by a host that may be reached at our endpoint only.
        """
        place = httpx2.URL(location).copy_merge_params({"digest": digest})
        return httpx2.URL(place.raw_path.decode()) if place.netloc.decode() == self.host else place

    def _put_manifest(self, repository: str, reference: str, media_type: str, content: bytes) -> None:
        path = f"/v2/{repository}/manifests/{reference}"
        self._checked(self._http.put(path, content=content, headers={"Content-Type": media_type}))

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        if response.is_error:
            raise UnreachableError(f"The registry {self.host} answers {response.status_code}: {response.text[:300]}")
        return response


def check_image(target: str) -> None:
    """Raise InputError when `target`, an archive or a layout, is no image that could be pushed."""
    _parts(target)
    with open_source(target):
        # Reads all but the layers, and says what is wrong.
        pass


def _parts(target: str) -> tuple[str, Path, str]:
    """Return what `target` is, its path, and the name of the image in it ("" where none is given)."""
    scheme, colon, rest = target.partition(":")
    if not colon or scheme not in ("docker-archive", "oci-archive", "oci-layout"):
        scheme, rest = recognise(target), target
    if scheme == "rootfs":
        raise InputError(f"{target} is a folder, no image that could be pushed.", "Give an OCI layout or an archive.")
    return scheme, *split_name(rest)


@contextmanager
def _opened(scheme: str, path: Path) -> Iterator[_Files]:
    if scheme == "oci-layout":
        yield FolderFiles(existing_folder(path))
        return
    index = TarIndex(path)
    try:
        yield index
    finally:
        index.close()


def _chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield from (bytes(chunk) for chunk in chunks)


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _has(files: _Files, digest: str) -> bool:
    try:
        files.read(_blob(digest), _DOCUMENT_LIMIT)
    except InputError:
        return False
    return True
