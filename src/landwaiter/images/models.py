"""An image as its manifest and config describe it (OCI image spec 1.1, Docker image manifest version 2 schema 2)."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import msgspec

from landwaiter.images.platform import Platform
from landwaiter.images.tarstream import MemberStream


class Layer(msgspec.Struct, frozen=True):
    """One layer: `diff_id` names the uncompressed tar, `digest` and `size` (bytes) the blob as it is stored.

    `digest` is "" where the input names no blob: in a Docker archive of the old form, and in a root file system folder,
    whose `diff_id` is made from its path, as nothing else names its content.
    """

    diff_id: str
    digest: str
    size: int
    media_type: str = ""


class Healthcheck(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """HEALTHCHECK of the image config; durations in nanoseconds."""

    test: tuple[str, ...] | None = None
    interval: int | None = None
    timeout: int | None = None
    retries: int | None = None


class ContainerConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """The `config` object of an image config: how a container is started from it. Absent and null mean the same."""

    user: str | None = None
    env: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | str | None = None
    cmd: tuple[str, ...] | str | None = None
    working_dir: str | None = None
    exposed_ports: dict[str, object] | None = None
    volumes: dict[str, object] | None = None
    labels: dict[str, str] | None = None
    healthcheck: Healthcheck | None = None
    stop_signal: str | None = None


class HistoryEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an image's history; `empty_layer` entries made no layer."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool = False


class RootFs(msgspec.Struct, frozen=True):
    """The image's layers by diff_id, lowest first."""

    type: str = "layers"
    diff_ids: tuple[str, ...] = ()


class ImageConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image config document (OCI image spec, config.md). Unknown fields are ignored."""

    architecture: str = ""
    os: str = ""
    variant: str | None = None
    created: str | None = None
    author: str | None = None
    config: ContainerConfig | None = None
    rootfs: RootFs = RootFs()
    history: tuple[HistoryEntry, ...] | None = None


class Image(msgspec.Struct, frozen=True):
    """One platform-specific image.

    `reference` is what the user named; `digest` that of the platform-specific manifest ("" where the input has none, as
    with a docker archive or a root file system); `index_digest` that of the index it was chosen from, if any.
    """

    reference: str
    digest: str
    platform: Platform
    layers: tuple[Layer, ...]
    config: ImageConfig
    index_digest: str | None = None


class ImageSource(Protocol):
    """Where an image's bytes come from: registry, archive, layout or folder. Obtained from `open_source`."""

    @property
    def image(self) -> Image:
        """The image; reading it needs manifest and config only, no layer."""
        ...

    def members(self, layer: Layer) -> AbstractContextManager[MemberStream]:
        """Stream the layer's members in order; several threads may stream different layers at the same time.

        On leaving the context after the last member the blob's digest has been verified, where the input names one.
        Raises InputError (truncated, digest mismatch, bomb, not a tar) or UnreachableError.
        """
        ...


@runtime_checkable
class LocalSource(ImageSource, Protocol):
    """A source that reads files of this machine by position, so that a process forked off may read it as well."""

    reads_files: bool
