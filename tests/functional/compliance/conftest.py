"""Images as `docker save` writes them, made here from a few files, taken in by the real reader and analysers."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from landwaiter.images.open import open_source
from landwaiter.inventory.models import Inventory
from landwaiter.inventory.take import take_inventory

Files = Mapping[str, tuple[str, int]]
"""Path -> content and mode."""
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
STATUS = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b2\n\n"
PASSWD = "root:x:0:0:root:/root:/bin/bash\napp:x:1000:1000::/:/bin/sh\nadmin:x:0:0::/:/bin/sh\n"
BASE: Files = {
    "etc/os-release": (OS_RELEASE, 0o644),
    "etc/passwd": (PASSWD, 0o644),
    "var/lib/dpkg/status": (STATUS, 0o644),
    "usr/bin/su": ("su", 0o4755),
}
BUILD = (
    ("ADD rootfs.tar.gz / # buildkit", False),
    ('CMD ["bash"]', True),
    ("COPY . /app # buildkit", False),
)


@pytest.fixture
def inventory(tmp_path: Path) -> Callable[..., Inventory]:
    """Take the inventory of an image of these layers, with this config and history (`created_by`, made no layer)."""

    def make(*layers: Files, history: Sequence[tuple[str, bool]] | None = BUILD, **config: object) -> Inventory:
        archive = tmp_path / "image.tar"
        _write_archive(archive, [_layer(files) for files in layers], history, config)
        with open_source(f"docker-archive:{archive}") as source:
            return take_inventory(source, cache=None)

    return make


def _layer(files: Files) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, (content, mode) in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content.encode()), mode
            archive.addfile(member, io.BytesIO(content.encode()))
    return stream.getvalue()


def _write_archive(
    path: Path, layers: list[bytes], history: Sequence[tuple[str, bool]] | None, config: Mapping[str, object]
) -> None:
    document: dict[str, object] = {
        "architecture": "amd64",
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]},
    }
    if history is not None:
        document["history"] = [{"created_by": line, "empty_layer": empty} for line, empty in history]
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}]
    contents = {"config.json": json.dumps(document).encode(), "manifest.json": json.dumps(manifest).encode()}
    with tarfile.open(path, "w") as archive:
        for name, content in [*zip(names, layers, strict=True), *contents.items()]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def base() -> Files:
    return BASE


@pytest.fixture
def build() -> Sequence[tuple[str, bool]]:
    return BUILD
