"""Images in one tar file: Docker archives (`docker save`) and OCI archives (an OCI layout in a tar).

A Docker archive has a `manifest.json` that lists config and layers by their names in the tar (moby image spec 1.2,
"Combined Image JSON + Filesystem Changeset Format"). Old ones store a layer that occurs twice as a symbolic link.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.layerstream import plain_members, verified_members
from landwaiter.images.limits import Limits
from landwaiter.images.manifest import parse_config, platform_of
from landwaiter.images.members import MemberStream
from landwaiter.images.models import Image, ImageConfig, Layer
from landwaiter.images.tarindex import TarIndex

_BLOB_NAME = re.compile(r"blobs/(sha256)/([0-9a-f]{64})\Z")
_EXPORT_AGAIN = "Export the image again."


class ArchiveEntry(msgspec.Struct, frozen=True, rename="pascal"):
    """One image in the `manifest.json` of a Docker archive."""

    config: str
    layers: tuple[str, ...] | None = None
    repo_tags: tuple[str, ...] | None = None


class DockerArchiveSource:
    """An image in a Docker archive; `ImageSource` says what its parts promise.

    A layer whose name in the archive is its digest (Docker 25 and later) is verified; other names say nothing.
    """

    reads_files = True

    def __init__(self, index: TarIndex, image: Image, names: dict[Layer, str], limits: Limits) -> None:
        self._index = index
        self._image = image
        self._names = names
        self._limits = limits

    @property
    def image(self) -> Image:
        """The image, as its config describes it."""
        return self._image

    @contextmanager
    def members(self, layer: Layer) -> Iterator[MemberStream]:
        """Stream the layer's members."""
        name = f"Layer {self._names[layer]}"
        with self._index.open(self._names[layer]) as blob:
            if layer.digest:
                with verified_members(blob.recycled(), layer.digest, name, self._limits) as members:
                    yield members
            else:
                with plain_members(blob, name, self._limits) as members:
                    yield members


def open_docker_archive(index: TarIndex, target: str, reference: str, limits: Limits) -> DockerArchiveSource:
    """Find the image tagged `reference` ("" where there is but one) in a Docker archive; raises InputError."""
    try:
        entries = msgspec.json.decode(index.read("manifest.json", limits.config), type=list[ArchiveEntry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{target} has a manifest.json that cannot be read: {error}.", _EXPORT_AGAIN) from error
    entry = _choose(target, entries, reference)
    config = parse_config(target, index.read(entry.config, limits.config))
    return _source(index, target, entry, config, limits)


def _choose(target: str, entries: Sequence[ArchiveEntry], reference: str) -> ArchiveEntry:
    """Choose the image that is meant."""
    if not entries:
        raise InputError(f"{target} has no image in it.", _EXPORT_AGAIN)
    fitting = [one for one in entries if not reference or reference in (one.repo_tags or ())]
    tags = ", ".join(tag for one in entries for tag in (one.repo_tags or ("an image without a tag",)))
    if not fitting:
        raise InputError(f"{target} has no image tagged {reference!r}. There is: {tags}.")
    if len({one.config for one in fitting}) > 1:
        raise InputError(f"{target} holds several images: {tags}.", "Name one: append a colon and its tag.")
    return fitting[0]


def _source(
    index: TarIndex, target: str, entry: ArchiveEntry, config: ImageConfig, limits: Limits
) -> DockerArchiveSource:
    paths = entry.layers or ()
    diff_ids = config.rootfs.diff_ids
    if len(paths) != len(diff_ids):
        raise InputError(
            f"{target} is inconsistent: its manifest has {len(paths)} layers, its config {len(diff_ids)}.",
            _EXPORT_AGAIN,
        )
    layers = tuple(
        Layer(diff_id, _named_digest(path), index.size(path)) for diff_id, path in zip(diff_ids, paths, strict=True)
    )
    image = Image(target, "", platform_of(config), layers, config)
    return DockerArchiveSource(index, image, dict(zip(layers, paths, strict=True)), limits)


def _named_digest(path: str) -> str:
    """Return the digest that a layer's name states, "" where it states none."""
    match = _BLOB_NAME.match(path)
    return f"{match[1]}:{match[2]}" if match else ""
