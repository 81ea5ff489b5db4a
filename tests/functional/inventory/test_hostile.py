"""Images made to exhaust their reader: each ends in bounded memory and time, and says that it was not understood."""

import io
import json
import os
import random
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

MEMORY = 700 << 20
"""Address space the process may take, in bytes; the interpreter and its threads alone take a third of it."""
SECONDS = 60
PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
from landwaiter.images.open import open_source
from landwaiter.inventory.take import take_inventory
with open_source(sys.argv[1]) as source:
    inventory = take_inventory(source)
print(json.dumps([inventory.coverage.complete, len(inventory.packages), [note.kind for note in inventory.coverage.notes]]))
"""


@pytest.fixture
def verdict():
    """Take the inventory in a process of its own; give whether it is complete, how many packages, and the notes' kinds."""

    def run(target: str) -> tuple[bool, int, set[str]]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, target, str(MEMORY)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        complete, packages, kinds = json.loads(done.stdout)
        return complete, packages, set(kinds)

    return run


DEBIAN = b"ID=debian\nVERSION_ID=12\n"
STATUS = "var/lib/dpkg/status"


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def write(root: Path, path: str, content: bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (STATUS, lambda: b"\n" * (31 << 20)),
        (STATUS, lambda: b"x\n\n" * (10 << 20)),
        (STATUS, lambda: b"Package: a\n" * (2 << 20)),
        (STATUS, lambda: noise(8 << 20)),
        ("lib/apk/db/installed", lambda: b"P:a\n" + b"\nR:" * (8 << 20)),
        ("lib/apk/db/installed", lambda: noise(8 << 20)),
        ("var/lib/rpm/rpmdb.sqlite", lambda: b"SQLite format 3\0" + noise(40 << 20)),
        ("var/lib/rpm/Packages", lambda: bytes(12) + b"\x61\x15\x06\x00" + noise(40 << 20)),
        ("var/lib/rpm/Packages.db", lambda: b"RpmP\0\0\0\0\0\0\0\0\1\0\0\0" + noise(40 << 20)),
        ("app/node_modules/x/package.json", lambda: b"[" * (3 << 20)),
        ("app/x.egg", lambda: b"PK\x01\x02" * (4 << 20)),
        ("app/x.dist-info/METADATA", lambda: b"Classifier: License :: x\n" * 150_000),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_databases_that_are_none(verdict, tmp_path, path, content):
    write(tmp_path, "etc/os-release", DEBIAN)
    write(tmp_path, path, content())
    complete, packages, kinds = verdict(f"rootfs:{tmp_path}")
    assert not complete
    assert packages == 0
    assert kinds & {"unreadable-database", "unreadable-file"}


def test_a_database_of_two_gigabytes(verdict, tmp_path):
    write(tmp_path, "etc/os-release", DEBIAN)
    write(tmp_path, STATUS, b"")
    os.truncate(tmp_path / STATUS, 2 << 30)
    complete, _, kinds = verdict(f"rootfs:{tmp_path}")
    assert not complete
    assert "too-large" in kinds


def test_link_loops_and_refused_names(verdict, tmp_path):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for name, target in (
            ("var/lib/dpkg", "dpkg"),
            ("lib", "/lib"),
            ("a", "b"),
            ("b", "a"),
            ("etc/os-release", "../etc/os-release"),
        ):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name in ("../../etc/passwd", "a/../../x/node_modules/y/package.json"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    path = archive(tmp_path, layer.getvalue())
    complete, packages, kinds = verdict(f"docker-archive:{path}")
    assert not complete
    assert packages == 0
    assert {"path-refused", "no-os"} <= kinds


def test_hundreds_of_thousands_of_members(verdict, tmp_path):
    block = io.BytesIO()
    with tarfile.open(fileobj=block, mode="w") as tar:
        for number in range(20_000):
            tar.addfile(tarfile.TarInfo(f"srv/{number % 100}/.wh.{number}"))
    content = block.getvalue().rstrip(b"\0")
    content += bytes(-len(content) % 512)
    path = archive(tmp_path, content * 15 + bytes(1024))
    complete, _, kinds = verdict(f"docker-archive:{path}")
    assert not complete
    assert "too-many" in kinds


def archive(folder: Path, layer: bytes) -> Path:
    """Write a Docker archive of one layer."""
    path = folder / "image.tar"
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "1" * 64]}}
    )
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": ["layer.tar"]}])
    with tarfile.open(path, "w") as tar:
        for name, content in (
            ("manifest.json", manifest.encode()),
            ("config.json", config.encode()),
            ("layer.tar", layer),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path
