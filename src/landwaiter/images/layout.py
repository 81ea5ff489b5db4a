"""OCI image layouts, as a folder or in a tar file (OCI image spec 1.1, image-layout.md)."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from landwaiter.errors import InputError
from landwaiter.images.digest import check_content
from landwaiter.images.files import open_slice, read_document
from landwaiter.images.layerstream import verified_members
from landwaiter.images.limits import Limits
from landwaiter.images.manifest import (
    Descriptor,
    Index,
    Manifest,
    choose,
    describe_image,
    is_attestation,
    parse_config,
    parse_manifest,
)
from landwaiter.images.members import MemberStream
from landwaiter.images.models import Image, Layer
from landwaiter.images.platform import Platform
from landwaiter.images.sources import ReadableSource

_REF_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
_MAX_DEPTH = 4


class LayoutFiles(Protocol):
    """The files of a layout by their path in it; a TarIndex is one too."""

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's content; raises InputError when it is missing or longer than `limit` bytes."""
        ...

    def open(self, name: str) -> AbstractContextManager[ReadableSource]:
        """Give a file's bytes; raises InputError when it is missing."""
        ...


class FolderFiles:
    """The files of a layout that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's content; raises InputError when it is missing or longer than `limit` bytes."""
        return read_document(self._folder / name, limit)

    def open(self, name: str) -> AbstractContextManager[ReadableSource]:
        """Give a file's bytes; raises InputError when it is missing."""
        return open_slice(self._folder / name)


class LayoutSource:
    """An image in an OCI layout; `ImageSource` says what its parts promise."""

    reads_files = True

    def __init__(self, files: LayoutFiles, image: Image, limits: Limits) -> None:
        self._files = files
        self._image = image
        self._limits = limits

    @property
    def image(self) -> Image:
        """The image, as manifest and config describe it."""
        return self._image

    @contextmanager
    def members(self, layer: Layer) -> Iterator[MemberStream]:
        """Stream the layer's members; its digest has been verified after the last one."""
        name = f"Layer {layer.digest}"
        with (
            self._files.open(_blob_path(layer.digest)) as blob,
            verified_members(blob.recycled(), layer.digest, name, self._limits) as members,
        ):
            yield members


def _blob_path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def open_layout(files: LayoutFiles, target: str, reference: str, platform: Platform, limits: Limits) -> LayoutSource:
    """Find the image in a layout: the one called `reference` ("" where there is but one), for `platform`.

    `target` is what the user named. Raises InputError when the choice is not unique, when there is none, and on damage.
    """
    return LayoutSource(files, _Finder(files, target, platform, limits).find(reference), limits)


class _Finder:
    """Follows the descriptors from index.json to one image."""

    def __init__(self, files: LayoutFiles, target: str, platform: Platform, limits: Limits) -> None:
        self._files = files
        self._target = target
        self._platform = platform
        self._limits = limits

    def find(self, reference: str) -> Image:
        top = parse_manifest(self._target, self._files.read("index.json", self._limits.document))
        if not isinstance(top, Index):
            raise InputError(f"{self._target} has an index.json that is no index.", "Export the image again.")
        return self._resolve(self._choose_top(top.manifests, reference))

    def _choose_top(self, descriptors: Sequence[Descriptor], reference: str) -> Descriptor:
        """Choose the entry of index.json: by name where one is given, else by platform, else the only one."""
        images = [one for one in descriptors if not is_attestation(one)]
        if reference:
            images = [one for one in images if _is_called(one, reference)]
            if not images:
                raise InputError(f"{self._target} has no image called {reference!r}. {_names(descriptors)}")
        distinct = list({one.digest: one for one in images}.values())
        if len(distinct) == 1 and (distinct[0].platform is None or reference):
            return distinct[0]
        if all(one.platform_or_unknown().architecture for one in distinct):
            fitting = [
                one
                for one in distinct
                if one.platform_or_unknown().os == self._platform.os
                and one.platform_or_unknown().architecture == self._platform.architecture
            ]
            if len({_name(one) for one in fitting}) < 2:
                return choose(self._target, distinct, self._platform)
        raise InputError(
            f"{self._target} holds {len(distinct)} images. {_names(distinct)}", "Name one: append a colon and its name."
        )

    def _resolve(self, descriptor: Descriptor, index_digest: str | None = None, depth: int = 0) -> Image:
        """Read the manifest that a descriptor names, through indexes if need be."""
        if depth > _MAX_DEPTH:
            raise InputError(f"{self._target} has indexes nested more than {_MAX_DEPTH} deep.")
        document = parse_manifest(self._target, self._document(descriptor.digest, self._limits.document))
        if isinstance(document, Index):
            chosen = choose(self._target, document.manifests, self._platform)
            return self._resolve(chosen, index_digest or descriptor.digest, depth + 1)
        return self._image(descriptor.digest, document, index_digest)

    def _image(self, digest: str, manifest: Manifest, index_digest: str | None) -> Image:
        config = parse_config(self._target, self._document(manifest.config.digest, self._limits.config))
        return describe_image(self._target, digest, manifest, config, index_digest=index_digest)

    def _document(self, digest: str, limit: int) -> bytes:
        content = self._files.read(_blob_path(digest), limit)
        check_content(f"Blob {digest} of {self._target}", digest, content)
        return content


def _name(descriptor: Descriptor) -> str:
    annotations = descriptor.annotations or {}
    return next((annotations[key] for key in _REF_NAMES if key in annotations), "")


def _is_called(descriptor: Descriptor, reference: str) -> bool:
    annotations = descriptor.annotations or {}
    return reference == descriptor.digest or any(annotations.get(key) == reference for key in _REF_NAMES)


def _names(descriptors: Sequence[Descriptor]) -> str:
    names = sorted({_name(one) or one.digest for one in descriptors if not is_attestation(one)})
    return f"There is: {', '.join(names[:20])}." if names else "It has no image at all."
