"""Images in a registry (OCI distribution spec 1.1, "Pull" and "Listing Referrers"; Docker Registry HTTP API V2)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from landwaiter.errors import InputError, LandwaiterError, UnreachableError
from landwaiter.images.access import Access
from landwaiter.images.digest import check_content, digest_of, is_digest
from landwaiter.images.layerstream import verified_members
from landwaiter.images.manifest import (
    ACCEPT,
    OCI_INDEX,
    Descriptor,
    Index,
    Manifest,
    choose,
    describe_image,
    parse_config,
    parse_manifest,
)
from landwaiter.images.members import MemberStream
from landwaiter.images.models import Image, Layer
from landwaiter.images.platform import Platform
from landwaiter.images.reference import Reference
from landwaiter.images.session import Session
from landwaiter.images.sources import CHUNK
from landwaiter.images.transport import Answer, Failure

_MAX_DEPTH = 4
_MAX_RESUMES = 20
_PROGRESS = 64 * 1024
"""Bytes: who brings fewer before breaking off is taken to make no progress."""
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-")
_ERROR_LIMIT = 64 * 1024
_DIGEST_HEADER = "docker-content-digest"


class _Errors(msgspec.Struct, frozen=True):
    class _One(msgspec.Struct, frozen=True):
        code: str = ""
        message: str = ""

    errors: tuple[_One, ...] = ()


class Repository:
    """One repository of a registry: its documents, blobs and referrers, each verified against its digest."""

    def __init__(self, reference: Reference, access: Access) -> None:
        self._name = f"{reference.registry}/{reference.repository}"
        self._root = f"/v2/{reference.repository}"
        self._scope = f"repository:{reference.repository}:pull"
        self._limits = access.limits
        self._patience = access.patience
        self._session = Session(reference.registry, reference.api_host, access)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def manifest(self, wanted: str) -> tuple[str, Manifest | Index]:
        """Return digest and content of the manifest or index that a tag or digest names.

        Raises InputError when there is none or it is damaged, NotPermittedError or UnreachableError.
        """
        name = f"{self._name}{'@' if ':' in wanted else ':'}{wanted}"
        answer = self._checked(self._get(f"/manifests/{wanted}", {"Accept": ACCEPT}), name)
        stated = wanted if ":" in wanted else _stated_digest(answer)
        content = self._document(answer, name, self._limits.document)
        if stated:
            check_content(f"The manifest of {name}", stated, content)
        return stated or digest_of(content), parse_manifest(name, content)

    def config(self, descriptor: Descriptor) -> bytes:
        """Return the content of an image config, verified."""
        name = f"Config {descriptor.digest} of {self._name}"
        content = self._document(
            self._checked(self._get(f"/blobs/{descriptor.digest}", {}), name), name, self._limits.config
        )
        check_content(name, descriptor.digest, content)
        return content

    def referrers(self, digest: str, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """Return what refers to a manifest (signatures, SBOMs), of one artifact type or of any.

        A registry without the referrers API is asked for the tag that the specification gives in its place.
        """
        answer = self._get(f"/referrers/{digest}", {"Accept": OCI_INDEX})
        if answer.status == 404:
            answer.close()
            answer = self._get(f"/manifests/{digest.replace(':', '-')}", {"Accept": OCI_INDEX})
            if answer.status == 404:
                answer.close()
                return ()
        name = f"The referrers of {self._name}@{digest}"
        found = parse_manifest(name, self._document(self._checked(answer, name), name, self._limits.document))
        listed = found.manifests if isinstance(found, Index) else ()
        return tuple(one for one in listed if artifact_type in ("", one.artifact_type))

    def blob(self, layer: Layer) -> Iterator[bytes]:
        """Yield a layer's blob in large pieces, beginning again where the registry broke off."""
        pending: list[bytes] = []
        held = 0
        for piece in self._pieces(layer):
            pending.append(piece)
            held += len(piece)
            if held >= CHUNK:
                yield b"".join(pending)
                pending, held = [], 0
        yield b"".join(pending)

    def _pieces(self, layer: Layer) -> Iterator[bytes]:
        """Yield the bytes of a blob as they come; raises UnreachableError when the registry makes no progress."""
        at = failures = 0
        for _ in range(_MAX_RESUMES):
            before = at
            for piece in self._from(layer, at):
                at += len(piece)
                if at > layer.size:
                    raise InputError(f"The registry sends more for layer {layer.digest} than its manifest says.")
                yield piece
            if at == layer.size:
                return
            failures = 0 if at - before >= _PROGRESS else failures + 1
            if failures >= self._patience.attempts:
                break
            self._session.pause(failures)
        raise UnreachableError(
            f"The registry {self._session.registry} sends only {at:,} of {layer.size:,} bytes of layer {layer.digest}.",
            "Try again; if it stays so, push the image again.",
        )

    def _from(self, layer: Layer, start: int) -> Iterator[bytes]:
        """Yield the bytes of a blob from `start` on, until it ends or breaks off."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        answer = self._checked(self._get(f"/blobs/{layer.digest}", headers), f"Layer {layer.digest} of {self._name}")
        skip = start - _begins_at(answer)
        try:
            if skip < 0:
                raise UnreachableError(f"The registry {self._session.registry} answers with another range than asked.")
            for piece in answer.chunks():
                passed = piece[skip:]
                skip = max(0, skip - len(piece))
                if passed:
                    yield passed
        except Failure:
            return
        finally:
            answer.close()

    def _get(self, path: str, headers: dict[str, str]) -> Answer:
        return self._session.get(self._root + path, headers, self._scope)

    def _document(self, answer: Answer, name: str, limit: int) -> bytes:
        try:
            return answer.read(limit)
        except Failure as error:
            raise UnreachableError(f"{name} broke off while it was read: {error}.", "Try again.") from error

    def _checked(self, answer: Answer, name: str) -> Answer:
        """Return the answer when it is a success; raise what the registry's refusal means otherwise."""
        if answer.status in (200, 206):
            return answer
        raise self._error(answer, name)

    def _error(self, answer: Answer, name: str) -> LandwaiterError:
        said = _registry_message(answer)
        if answer.status == 404:
            return InputError(
                f"{name} does not exist{said}.", "Check the name, and whether the image was pushed there."
            )
        if answer.status in (401, 403):
            return self._session.refusal(f"It refuses {name} ({answer.status}{said}).")
        return UnreachableError(f"{name} cannot be read: the registry answers {answer.status}{said}.")


def _stated_digest(answer: Answer) -> str:
    """Return the digest that the registry names in its answer, "" where it names none that can be checked."""
    stated = answer.headers.get(_DIGEST_HEADER, "")
    return stated if is_digest(stated) else ""


def _begins_at(answer: Answer) -> int:
    """Return the offset of an answer's first byte: 0 unless it is a part."""
    if answer.status != 206:
        return 0
    match = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(match[1]) if match else 0


def _registry_message(answer: Answer) -> str:
    """Return what the registry says of an error, fit to be shown; "" where that cannot be read."""
    try:
        said = msgspec.json.decode(answer.read(_ERROR_LIMIT), type=_Errors).errors
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError, *Failure):
        return ""
    text = f"{said[0].code} {said[0].message}".strip() if said else ""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)[:200]
    return f", saying {shown!r}" if shown else ""


class RegistrySource:
    """An image in a registry; `ImageSource` says what its parts promise."""

    def __init__(self, repository: Repository, image: Image, access: Access) -> None:
        self._repository = repository
        self._image = image
        self._limits = access.limits
        self._check_diff_ids = access.check_diff_ids

    @property
    def image(self) -> Image:
        """The image, as manifest and config describe it."""
        return self._image

    @contextmanager
    def members(self, layer: Layer) -> Iterator[MemberStream]:
        """Stream the layer's members as they are downloaded; the digest has been verified after the last one."""
        chunks = self._repository.blob(layer)
        diff_id = layer.diff_id if self._check_diff_ids else ""
        with verified_members(chunks, layer.digest, f"Layer {layer.digest}", self._limits, diff_id) as members:
            yield members


@contextmanager
def open_registry(target: str, reference: Reference, platform: Platform, access: Access) -> Iterator[RegistrySource]:
    """Open an image in a registry for a platform; `target` is what the user named. Errors as of `open_source`."""
    repository = Repository(reference, access)
    try:
        image = _resolve(repository, target, reference, platform)
        yield RegistrySource(repository, image, access)
    finally:
        repository.close()


def _resolve(repository: Repository, target: str, reference: Reference, platform: Platform) -> Image:
    """Follow indexes to the manifest for the platform, and read its config."""
    wanted, index_digest = reference.wanted, None
    for _ in range(_MAX_DEPTH):
        digest, document = repository.manifest(wanted)
        if isinstance(document, Manifest):
            config = parse_config(target, repository.config(document.config))
            return describe_image(target, digest, document, config, index_digest=index_digest)
        index_digest = index_digest or digest
        wanted = choose(target, document.manifests, platform).digest
    raise InputError(f"{target} has indexes nested more than {_MAX_DEPTH} deep.")
