"""Manifests and indexes: OCI image spec 1.1 (manifest.md, image-index.md) and Docker image manifest version 2 schema 2.

An index names one manifest per platform; a manifest names the config and the layers of one image.
"""

from collections.abc import Sequence

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.digest import parse_digest
from landwaiter.images.models import Image, ImageConfig, Layer
from landwaiter.images.platform import Platform

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
ACCEPT = f"{OCI_INDEX}, {DOCKER_LIST}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"

_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",  # as Docker 1.10 wrote it
    }
)
_ATTESTATION_LAYER = "application/vnd.in-toto"
_UNKNOWN = "unknown"
_EXPORT_AGAIN = "Pull or export the image again."


class DescribedPlatform(msgspec.Struct, frozen=True):
    """The `platform` of a descriptor in an index."""

    architecture: str = ""
    os: str = ""
    variant: str | None = None


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """What names a blob: digest, size in bytes and media type (OCI image spec, descriptor.md)."""

    digest: str
    size: int = 0
    media_type: str = ""
    platform: DescribedPlatform | None = None
    annotations: dict[str, str] | None = None
    artifact_type: str = ""

    def platform_or_unknown(self) -> Platform:
        """Return the platform it is for, empty where none is named."""
        named = self.platform or DescribedPlatform()
        return Platform(named.os, named.architecture, named.variant or "")


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """A manifest of one image."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    media_type: str = ""
    artifact_type: str = ""
    schema_version: int = 2


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """An index or Docker manifest list."""

    manifests: tuple[Descriptor, ...]
    media_type: str = ""
    schema_version: int = 2


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """Enough of a document to tell what it is; a field that is absent stays empty."""

    schema_version: int = 0
    media_type: str = ""
    manifests: msgspec.Raw = msgspec.Raw()
    config: msgspec.Raw = msgspec.Raw()
    layers: msgspec.Raw = msgspec.Raw()
    fs_layers: msgspec.Raw = msgspec.Raw()


def parse_manifest(name: str, content: bytes) -> Manifest | Index:
    """Read a manifest or index, telling them apart by their content; `name` is for messages.

    Raises InputError on what is neither, on schema 1, and on artifacts that are no image.
    """
    try:
        shape = msgspec.json.decode(content, type=_Shape)
        if shape.schema_version == 1 or bytes(shape.fs_layers) or shape.media_type.startswith(SCHEMA_1):
            raise InputError(
                f"{name} is a Docker schema 1 manifest, which was withdrawn in 2019 and is not supported.",
                "Push the image again with a current tool.",
            )
        if bytes(shape.manifests):
            return _checked_index(msgspec.json.decode(content, type=Index))
        if not bytes(shape.config) or not bytes(shape.layers):
            raise _no_image(name, shape.media_type or "document without config and layers")
        return _checked_manifest(name, msgspec.json.decode(content, type=Manifest))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} has a manifest that cannot be read: {error}.", _EXPORT_AGAIN) from error


def _no_image(name: str, what: str) -> InputError:
    return InputError(f"{name} is not a container image but an artifact ({what}).", "Name an image.")


def _checked_index(index: Index) -> Index:
    for descriptor in index.manifests:
        parse_digest(descriptor.digest)
    return index


def _checked_manifest(name: str, manifest: Manifest) -> Manifest:
    kind = manifest.config.media_type
    if kind and kind not in _CONFIGS:
        raise _no_image(name, manifest.artifact_type or kind)
    if manifest.layers and all(layer.media_type.startswith(_ATTESTATION_LAYER) for layer in manifest.layers):
        raise _no_image(name, "attestation")
    for descriptor in (manifest.config, *manifest.layers):
        parse_digest(descriptor.digest)
        if descriptor.size < 0:
            raise InputError(f"{name} has a manifest with a negative size.", _EXPORT_AGAIN)
    return manifest


def is_attestation(descriptor: Descriptor) -> bool:
    """Tell whether an index entry is an attestation (BuildKit marks them `unknown/unknown`) and so no image."""
    annotations = descriptor.annotations or {}
    platform = descriptor.platform
    unknown = platform is not None and platform.os == _UNKNOWN and platform.architecture == _UNKNOWN
    return unknown or annotations.get("vnd.docker.reference.type") == "attestation-manifest"


def choose(name: str, descriptors: Sequence[Descriptor], platform: Platform) -> Descriptor:
    """Return the entry of an index for `platform`; raises InputError that lists what there is instead.

    An entry that names no platform is taken when it is the only one. Without a wanted variant, the entry without one is
    preferred, then the highest (`arm/v7` before `arm/v6`), as container engines do.
    """
    images = [descriptor for descriptor in descriptors if not is_attestation(descriptor)]
    if len(images) == 1 and not images[0].platform_or_unknown().architecture:
        return images[0]
    fitting = [one for one in images if _fits(one.platform_or_unknown(), platform)]
    if not fitting:
        raise InputError(f"{name} has no image for {platform}. {_offer(images)}", _advice(images))
    if platform.variant:
        exact = [one for one in fitting if one.platform_or_unknown().variant == platform.variant]
        return (exact or fitting)[0]
    plain = [one for one in fitting if one.platform_or_unknown().variant in ("", _default_variant(platform))]
    return plain[0] if plain else max(fitting, key=lambda one: one.platform_or_unknown().variant)


def _default_variant(platform: Platform) -> str:
    return "v8" if platform.architecture == "arm64" else ""


def _fits(offered: Platform, wanted: Platform) -> bool:
    if (offered.os, offered.architecture) != (wanted.os, wanted.architecture):
        return False
    return not wanted.variant or offered.variant in (wanted.variant, "")


def _offer(images: Sequence[Descriptor]) -> str:
    if not images:
        return "It has no image at all."
    names = sorted({str(one.platform_or_unknown()) or "a platform it does not name" for one in images})
    return f"There is: {', '.join(names[:20])}."


def _advice(images: Sequence[Descriptor]) -> str:
    return "Choose one of them with --platform." if images else "Name an image."


def parse_config(name: str, content: bytes) -> ImageConfig:
    """Read an image config; unknown fields are ignored, fields of a wrong type raise InputError."""
    try:
        config = msgspec.json.decode(content, type=ImageConfig)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} has an image config that cannot be read: {error}.", _EXPORT_AGAIN) from error
    for diff_id in config.rootfs.diff_ids:
        parse_digest(diff_id)
    return config


def describe_image(
    name: str, digest: str, manifest: Manifest, config: ImageConfig, *, index_digest: str | None = None
) -> Image:
    """Put manifest and config together; raises InputError when they do not name the same number of layers."""
    layers = manifest.layers
    diff_ids = config.rootfs.diff_ids
    if len(layers) != len(diff_ids):
        raise InputError(
            f"{name} is inconsistent: its manifest has {len(layers)} layers, its config {len(diff_ids)}.", _EXPORT_AGAIN
        )
    return Image(
        reference=name,
        digest=digest,
        platform=platform_of(config),
        layers=tuple(
            Layer(diff_id, layer.digest, layer.size, layer.media_type)
            for diff_id, layer in zip(diff_ids, layers, strict=True)
        ),
        config=config,
        index_digest=index_digest,
    )


def platform_of(config: ImageConfig) -> Platform:
    """Return the platform that an image config states; Linux and no architecture where it is silent."""
    return Platform(config.os or "linux", config.architecture, config.variant or "")
