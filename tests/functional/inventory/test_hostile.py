"""Images made to exhaust their reader: each ends in bounded memory and time, and says that it was not understood."""

import gzip
import hashlib
import io
import json
import os
import random
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard

MEMORY = 700 << 20
"""Address space the process may take, in bytes; the interpreter and its threads alone take a third of it."""
SECONDS = 60
PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
from landwaiter.errors import LandwaiterError
from landwaiter.images.access import Access
from landwaiter.images.limits import Limits
from landwaiter.images.open import open_source
from landwaiter.inventory.take import take_inventory
limits = Limits(**json.loads(sys.argv[3]))
try:
    with open_source(sys.argv[1], access=Access(limits=limits)) as source:
        inventory = take_inventory(source)
except LandwaiterError as error:
    print(json.dumps(["error", type(error).__name__, str(error)]))
else:
    print(json.dumps([inventory.coverage.complete, len(inventory.packages), [note.kind for note in inventory.coverage.notes]]))
"""


def examine(target: str, **limits: int) -> list:
    """Take the inventory in a process of its own within the bounds; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, target, str(MEMORY), json.dumps(limits)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: list = json.loads(done.stdout)
    return answer


@pytest.fixture
def verdict():
    """Take the inventory in a process of its own; give whether it is complete, how many packages, and the notes' kinds."""

    def run(target: str) -> tuple[bool, int, set[str]]:
        complete, packages, kinds = examine(target)
        assert complete != "error", kinds
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
    path = archive(tmp_path, content * 11 + bytes(1024))
    complete, _, kinds = verdict(f"docker-archive:{path}")
    assert not complete
    assert "too-many" in kinds


def plain_tar(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def layout(folder: Path, *blobs: bytes, damage: bool = False) -> str:
    """Write an OCI layout with these blobs as layers, the last one changed after its digest was taken if so wanted."""
    store = folder / "layout" / "blobs" / "sha256"
    store.mkdir(parents=True)

    def put(content: bytes) -> dict:
        name = hashlib.sha256(content).hexdigest()
        (store / name).write_bytes(content)
        return {"digest": f"sha256:{name}", "size": len(content)}

    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **put(blob)} for blob in blobs]
    if damage:
        file = store / layers[-1]["digest"].removeprefix("sha256:")
        file.write_bytes(file.read_bytes() + b"x")
    diff_ids = [f"sha256:{number:064x}" for number in range(len(blobs))]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **put(json.dumps(config).encode())},
        "layers": layers,
    }
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **put(json.dumps(manifest).encode())}
    (folder / "layout" / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "layout" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return f"oci-layout:{folder / 'layout'}"


def gzip_bomb(size: int) -> bytes:
    return gzip.compress(bytes(1 << 24)) * (size >> 24)


def zstd_bomb(size: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    return b"".join(packer.compress(bytes(1 << 24)) for _ in range(size >> 24)) + packer.flush()


@pytest.mark.parametrize("bomb", [gzip_bomb, zstd_bomb])
def test_bombs(tmp_path, bomb):
    small = gzip.compress(plain_tar(("etc/os-release", DEBIAN)))
    target = layout(tmp_path, small, bomb(1 << 30))
    answer = examine(target, expanded_floor=256 << 20)
    assert answer[:2] == ["error", "InputError"]
    assert "decompression bomb" in answer[2]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress, bytes])
@pytest.mark.parametrize("others", [0, 2])
def test_a_member_that_claims_more_than_there_is(tmp_path, pack, others):
    content = plain_tar(("etc/os-release", DEBIAN), ("srv/data", noise(4096)))
    header = tarfile.TarInfo("srv/huge")
    header.size = 200 << 30
    cut = content.rstrip(b"\0")
    cut += bytes(-len(cut) % 512) + header.tobuf() + noise(2048)
    whole = [pack(plain_tar((f"srv/{number}", noise(20_000)))) for number in range(others)]
    answer = examine(layout(tmp_path, *whole, pack(cut)))
    assert answer[:2] == ["error", "InputError"]
    assert "claims more than there is" in answer[2]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("others", [0, 2])
def test_a_truncated_layer(tmp_path, pack, others):
    blob = pack(plain_tar(("etc/os-release", DEBIAN), ("srv/data", noise(400_000))))
    whole = [pack(plain_tar((f"srv/{number}", noise(500_000)))) for number in range(others)]
    answer = examine(layout(tmp_path, *whole, blob[: len(blob) // 2]))
    assert answer[:2] == ["error", "InputError"]
    assert "truncated" in answer[2]


@pytest.mark.parametrize("others", [0, 2])
def test_a_digest_that_does_not_match(tmp_path, others):
    blob = plain_tar(("etc/os-release", DEBIAN))
    whole = [gzip.compress(plain_tar((f"srv/{number}", noise(500_000)))) for number in range(others)]
    answer = examine(layout(tmp_path, *whole, blob, damage=True))
    assert answer[:2] == ["error", "InputError"]
    assert "sha256" in answer[2]


def frames(*contents: bytes) -> bytes:
    """Compress each content as a zstd frame of its own."""
    packer = zstandard.ZstdCompressor(level=1)
    return b"".join(map(packer.compress, contents))


def test_two_gigabytes_of_status_in_a_small_layer(verdict, tmp_path):
    header = tarfile.TarInfo(STATUS)
    header.size = 2 << 30
    stanza = b"Package: a\nStatus: install ok installed\nVersion: 1\n\n"
    start = frames(plain_tar(("etc/os-release", DEBIAN))[:1024] + header.tobuf())
    chunk = frames((stanza * (1 + (1 << 24) // len(stanza)))[: 1 << 24])
    complete, packages, kinds = verdict(layout(tmp_path, start + chunk * 128 + frames(bytes(1024))))
    assert not complete
    assert packages == 0
    assert "too-large" in kinds


def many_members(count: int) -> bytes:
    """Compress a tar of a release file and `count` files, of which each name comes once in 10,000."""
    block = plain_tar(*((f"srv/app/{number % 100}/file-{number}", b"") for number in range(10_000)))[: 10_000 * 512]
    start = frames(plain_tar(("etc/os-release", DEBIAN))[:1024])
    return start + frames(block) * (count // 10_000) + frames(bytes(1024))


def test_a_million_members(verdict, tmp_path):
    complete, packages, kinds = verdict(layout(tmp_path, many_members(1_000_000)))
    assert not complete
    assert packages == 0
    assert kinds == {"unreadable-database"}


def test_more_members_than_are_looked_at(tmp_path):
    answer = examine(layout(tmp_path, many_members(300_000)), members=200_000)
    assert answer[:2] == ["error", "InputError"]
    assert "more than 200,000 members" in answer[2]


def jar_of_many(inner: bytes, count: int) -> bytes:
    """Make a jar with `count` entries that are all the same stored jar."""
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(inner), len(inner), len(inner), 5, 0)
    body = local + b"a.jar" + inner
    entries = b"".join(
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            20,
            20,
            0,
            0,
            0,
            33,
            zlib.crc32(inner),
            len(inner),
            len(inner),
            10,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + b"lib/%02x.jar" % number
        for number in range(count)
    )
    return body + entries + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(entries), len(body), 0)


def test_nested_jars_that_contain_themselves(verdict, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    content = inner.getvalue()
    for _ in range(12):
        content = jar_of_many(content, 200)
    layer = plain_tar(("etc/os-release", DEBIAN), ("app/droste.jar", content))
    complete, _, kinds = verdict(layout(tmp_path, gzip.compress(layer)))
    assert not complete
    assert kinds & {"too-deep", "too-many", "too-large", "unreadable-file"}


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
