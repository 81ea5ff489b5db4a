"""Images of our own making, for every test that needs one: no registry, no container engine, no files kept."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import zstandard

from landwaiter.images.sources import ByteSource
from landwaiter.images.tarstream import MemberStream, read_members

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
SUFFIXES = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}


@dataclass(frozen=True)
class Entry:
    """One member of a layer; `kind` is file, folder, symlink or hardlink, `target` where a link leads."""

    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: str = "file"
    target: str = ""


@dataclass(frozen=True)
class BuiltImage:
    """Layers as uncompressed tars, and the config that fits them."""

    layers: tuple[bytes, ...]
    config: bytes
    platform: dict[str, str] = field(default_factory=dict)

    @property
    def diff_ids(self) -> list[str]:
        return [digest(layer) for layer in self.layers]


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def pack(content: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    if compression == "zstd":
        return zstandard.ZstdCompressor().compress(content)
    return content


class ImageBuilder:
    """Makes layers from a mapping of path to content, images from layers, and files or folders from images."""

    Entry = Entry
    TYPES: ClassVar = {
        "file": tarfile.REGTYPE,
        "folder": tarfile.DIRTYPE,
        "symlink": tarfile.SYMTYPE,
        "hardlink": tarfile.LNKTYPE,
    }

    def layer(self, files: Mapping[str, bytes | str | Entry], *, tar_format: int = tarfile.PAX_FORMAT) -> bytes:
        """A tar of `files`; a path that ends with a slash is a folder, text is encoded as UTF-8."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as archive:
            for path, content in files.items():
                entry = content if isinstance(content, Entry) else self._entry(path, content)
                info = tarfile.TarInfo(path)
                info.type, info.mode, info.linkname = self.TYPES[entry.kind], entry.mode, entry.target
                info.uid, info.gid, info.size = entry.uid, entry.gid, len(entry.content)
                archive.addfile(info, io.BytesIO(entry.content))
        return buffer.getvalue()

    def symlink(self, target: str) -> Entry:
        return Entry(kind="symlink", target=target, mode=0o777)

    def hardlink(self, target: str) -> Entry:
        return Entry(kind="hardlink", target=target)

    def _entry(self, path: str, content: bytes | str) -> Entry:
        if path.endswith("/"):
            return Entry(kind="folder", mode=0o755)
        return Entry(content.encode() if isinstance(content, str) else content)

    def members(self, files: Mapping[str, bytes | str | Entry] | bytes) -> MemberStream:
        """The members of one layer, as the tar reader gives them."""
        content = files if isinstance(files, bytes) else self.layer(files)
        source: ByteSource = io.BytesIO(content)
        return read_members(source)

    def image(
        self,
        *layers: Mapping[str, bytes | str | Entry] | bytes,
        architecture: str = "amd64",
        system: str = "linux",
        config: Mapping[str, Any] | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        **extra: Any,
    ) -> BuiltImage:
        """An image of layers; `config` is the container config, `extra` further fields of the image config."""
        tars = tuple(one if isinstance(one, bytes) else self.layer(one) for one in layers)
        document = {
            "architecture": architecture,
            "os": system,
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]},
            **({"history": list(history)} if history is not None else {}),
            **extra,
        }
        return BuiltImage(tars, json.dumps(document).encode(), {"architecture": architecture, "os": system})

    def blobs(self, image: BuiltImage, compression: str = "gzip") -> tuple[dict[str, Any], dict[str, bytes]]:
        """The image's descriptor, and all blobs by digest, the manifest among them."""
        packed = [pack(layer, compression) for layer in image.layers]
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {"mediaType": OCI_CONFIG, "digest": digest(image.config), "size": len(image.config)},
                "layers": [
                    {"mediaType": OCI_LAYER + SUFFIXES[compression], "digest": digest(one), "size": len(one)}
                    for one in packed
                ],
            }
        ).encode()
        descriptor = {
            "mediaType": OCI_MANIFEST,
            "digest": digest(manifest),
            "size": len(manifest),
            "platform": image.platform,
        }
        return descriptor, {digest(one): one for one in (*packed, image.config, manifest)}

    def layout_files(
        self,
        images: Mapping[str, BuiltImage] | BuiltImage,
        *,
        compression: str = "gzip",
        index: bool = False,
        attestation: bool = False,
    ) -> dict[str, bytes]:
        """The files of an OCI layout, by path. Keys of `images` are ref names; `index` puts all below one index."""
        named = {"": images} if isinstance(images, BuiltImage) else images
        blobs: dict[str, bytes] = {}
        descriptors = []
        for name, image in named.items():
            descriptor, own = self.blobs(image, compression)
            blobs |= own
            if name and not index:
                descriptor["annotations"] = {"org.opencontainers.image.ref.name": name}
            descriptors.append(descriptor)
        if attestation:
            unknown = {"architecture": "unknown", "os": "unknown"}
            descriptors.append(
                {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "a" * 64, "size": 1, "platform": unknown}
            )
        if index:
            inner = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors}).encode()
            blobs[digest(inner)] = inner
            descriptors = [{"mediaType": OCI_INDEX, "digest": digest(inner), "size": len(inner)}]
        top = json.dumps({"schemaVersion": 2, "manifests": descriptors}).encode()
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": top}
        return files | {"blobs/" + name.replace(":", "/"): content for name, content in blobs.items()}

    def write_layout(self, folder: Path, images: Mapping[str, BuiltImage] | BuiltImage, **options: Any) -> Path:
        """An OCI layout as a folder; options as of `layout_files`."""
        for path, content in self.layout_files(images, **options).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder

    def write_oci_archive(self, file: Path, images: Mapping[str, BuiltImage] | BuiltImage, **options: Any) -> Path:
        """An OCI layout in a tar file; options as of `layout_files`."""
        file.write_bytes(self.layer(self.layout_files(images, **options)))
        return file

    def docker_files(
        self,
        images: Mapping[str, BuiltImage] | BuiltImage,
        *,
        compression: str = "plain",
        named_by_digest: bool = False,
    ) -> dict[str, bytes | str | Entry]:
        """The files of a Docker archive, by path. Keys of `images` are tags; a layer that occurs twice is a link."""
        tagged = {"": images} if isinstance(images, BuiltImage) else images
        files: dict[str, bytes | str | Entry] = {}
        seen: dict[str, str] = {}
        entries = []
        for tag, image in tagged.items():
            names = []
            for number, layer in enumerate(image.layers):
                packed = pack(layer, compression)
                name = f"{digest(image.config)[7:19]}{number}/layer.tar"
                if named_by_digest:
                    name = "blobs/" + digest(packed).replace(":", "/")
                first = seen.setdefault(digest(packed), name)
                if first == name:
                    files[name] = packed
                else:
                    files[name] = self.symlink(f"../{first}")
                names.append(name)
            config_name = f"{digest(image.config)[7:]}.json"
            files[config_name] = image.config
            entries.append({"Config": config_name, "RepoTags": [tag] if tag else None, "Layers": names})
        return files | {"manifest.json": json.dumps(entries)}

    def write_docker_archive(self, file: Path, images: Mapping[str, BuiltImage] | BuiltImage, **options: Any) -> Path:
        """A Docker archive; options as of `docker_files`."""
        file.write_bytes(self.layer(self.docker_files(images, **options)))
        return file


@pytest.fixture(scope="session")
def image_builder() -> ImageBuilder:
    """Makes layers, images, layouts and archives; it has no state."""
    return ImageBuilder()
