import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from landwaiter.advisories.bundle import Bundle, info_of
from landwaiter.advisories.sign import create_key, load_private_key, sign_bundle
from landwaiter.advisories.transfer import export_bundle, import_bundle
from landwaiter.errors import InputError, NotPermittedError

KEY = Ed25519PrivateKey.generate()
TRUSTED = [KEY.public_key()]


@pytest.fixture
def archive(bundle: Bundle, tmp_path: Path) -> Path:
    sign_bundle(bundle.path, KEY)
    export_bundle(bundle.path, tmp_path / "archive")
    return tmp_path / "archive"


def test_there_and_back(archive: Path, bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "new" / "bundle"
    info = import_bundle(archive, out, trusted=TRUSTED)
    assert out.read_bytes() == bundle.path.read_bytes()
    assert info.id == bundle.info.id
    assert info.signed_by.startswith("ed25519:")
    assert len(archive.read_bytes()) < len(out.read_bytes())


def test_a_plain_bundle_is_taken_too(bundle: Bundle, tmp_path: Path) -> None:
    sign_bundle(bundle.path, KEY)
    assert import_bundle(bundle.path, tmp_path / "out", trusted=TRUSTED).id == bundle.info.id


def test_older_data_are_refused_unless_told_to(small: Any, archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    small.epss({"CVE-2024-0001": 0.6}, "2024-04-09")
    with small.build(key=KEY) as newer:
        out.write_bytes(newer.path.read_bytes())
    before = out.read_bytes()
    with pytest.raises(NotPermittedError, match="older"):
        import_bundle(archive, out, trusted=TRUSTED)
    assert out.read_bytes() == before
    assert import_bundle(archive, out, trusted=TRUSTED, allow_older=True).newest == "2024-04-02T00:00:00Z"


def test_only_trusted_signatures_get_in(archive: Path, bundle: Bundle, small: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stranger = [Ed25519PrivateKey.generate().public_key()]
    with pytest.raises(InputError, match="not trusted"):
        import_bundle(archive, out, trusted=stranger)
    with pytest.raises(InputError, match="not trusted"):
        import_bundle(archive, out, trusted=stranger, allow_unsigned=True)
    unsigned = small.build().path
    with pytest.raises(InputError, match="not signed"):
        import_bundle(unsigned, out, trusted=TRUSTED)
    assert not out.exists()
    assert import_bundle(unsigned, out, trusted=[], allow_unsigned=True).signed_by == ""


@pytest.mark.parametrize(
    "change", [lambda b: b[: len(b) // 2], lambda b: b[:-40], lambda b: b[:40] + b"x" + b[41:], lambda _: b""]
)
def test_damaged_archives_change_nothing(archive: Path, tmp_path: Path, change: Any) -> None:
    out = tmp_path / "out"
    import_bundle(archive, out, trusted=TRUSTED)
    before = out.read_bytes()
    archive.write_bytes(change(archive.read_bytes()))
    with pytest.raises(InputError):
        import_bundle(archive, out, trusted=TRUSTED)
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_content_changed_under_a_good_seal(bundle: Bundle, tmp_path: Path) -> None:
    """A change that keeps the CRC-32 is what the sha256 is for; here the check of the CRC is left out."""
    from landwaiter.advisories.seal import read_seal, verify_content

    sign_bundle(bundle.path, KEY)
    content = bytearray(bundle.path.read_bytes())
    content[5000] ^= 1
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    with pytest.raises(InputError, match="another digest"):
        verify_content(bad, read_seal(bad))


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landwaiter.advisories.transfer.LARGEST", 1 << 21)
    bomb = tmp_path / "bomb"
    bomb.write_bytes(zstandard.compress(bytes(64 << 20)))
    with pytest.raises(InputError, match="larger than"):
        import_bundle(bomb, tmp_path / "out", trusted=TRUSTED)
    assert not (tmp_path / "out").exists()


def test_a_damaged_bundle_in_place_is_replaced(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"rubbish")
    import_bundle(archive, out, trusted=TRUSTED)
    assert info_of(out).advisories == 3


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from landwaiter.advisories.sign import load_public_key
from landwaiter.advisories.transfer import import_bundle
from landwaiter.errors import InputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40960, 40960))
try:
    import_bundle(Path(sys.argv[1]), Path(sys.argv[2]), trusted=[load_public_key(Path(sys.argv[3]))])
except InputError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_bundle(small: Any, tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem")
    with small.build(key=load_private_key(tmp_path / "key.pem")) as bundle:
        export_bundle(bundle.path, tmp_path / "archive")
        out = tmp_path / "out"
        out.write_bytes(bundle.path.read_bytes())
    before = out.read_bytes()
    command = [sys.executable, "-c", _LIMITED, *(str(tmp_path / name) for name in ("archive", "out", "key.pub"))]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the old file stays" in run.stdout
    assert run.stderr == ""
    assert out.read_bytes() == before
