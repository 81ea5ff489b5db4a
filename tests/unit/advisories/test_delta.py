import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from landwaiter.advisories.delta import apply_delta, difference, read_delta, write_delta
from landwaiter.errors import InputError, NotPermittedError

KEY = Ed25519PrivateKey.generate()
TRUSTED = [KEY.public_key()]


@pytest.fixture
def pair(small: Any, tmp_path: Path, record: Any) -> tuple[Path, Path]:
    """Two bundles: in the second a record came, one went, one changed, and EPSS moved."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(small.build(key=KEY).path.read_bytes())
    small.osv(
        "PyPI",
        record("PYSEC-2024-1", "PyPI", "Some_Thing", fixed="2.1", aliases=["CVE-2024-0001"]),
        record("PYSEC-2024-3", "PyPI", "third", aliases=["CVE-2024-0005"]),
    )
    small.epss({"CVE-2024-0001": 0.7, "CVE-2024-0005": 0.2}, "2024-04-05")
    new.write_bytes(small.build(key=KEY).path.read_bytes())
    return old, new


def test_a_delta_gives_the_new_bundle_byte_for_byte(pair: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = pair
    found = write_delta(old, new, tmp_path / "delta")
    assert found.added == (("osv/PyPI", "PYSEC-2024-3"),)
    assert found.removed == (("osv/PyPI", "PYSEC-2024-2"),)
    assert found.changed == (("osv/PyPI", "PYSEC-2024-1"),)
    info = apply_delta(old, tmp_path / "delta", trusted=TRUSTED)
    assert old.read_bytes() == new.read_bytes()
    assert info.newest == "2024-04-05T00:00:00Z"


def test_a_delta_does_not_go_back(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Made of an old bundle that the publisher once signed: who has both can write it."""
    old, new = pair
    write_delta(new, old, tmp_path / "delta")
    before = new.read_bytes()
    with pytest.raises(NotPermittedError, match="older than those in place"):
        apply_delta(new, tmp_path / "delta", trusted=TRUSTED)
    assert new.read_bytes() == before
    apply_delta(new, tmp_path / "delta", trusted=TRUSTED, allow_older=True)
    assert new.read_bytes() == old.read_bytes()


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from landwaiter.advisories.delta import apply_delta
from landwaiter.advisories.sign import load_public_key
from landwaiter.errors import InputError, NotPermittedError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40960, 40960))
try:
    apply_delta(Path(sys.argv[1]), Path(sys.argv[2]), trusted=[], allow_unsigned=True)
except InputError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_bundle(small: Any, tmp_path: Path) -> None:
    old, new, delta = (tmp_path / name for name in ("old", "new", "delta"))
    old.write_bytes(small.build().path.read_bytes())
    small.epss({"CVE-2024-0001": 0.7}, "2024-04-05")
    new.write_bytes(small.build().path.read_bytes())
    write_delta(old, new, delta)
    before = old.read_bytes()
    command = [sys.executable, "-c", _LIMITED, str(old), str(delta)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the old file stays" in run.stdout
    assert run.stderr == ""
    assert old.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".old*")] == []


def test_equal_bundles_do_not_differ(bundle: Any) -> None:
    found = difference(bundle, bundle)
    assert (found.added, found.removed, found.changed) == ((), (), ())


def test_a_delta_for_another_bundle(pair: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = pair
    write_delta(old, new, tmp_path / "delta")
    before = new.read_bytes()
    with pytest.raises(InputError, match="another bundle"):
        apply_delta(new, tmp_path / "delta", trusted=TRUSTED)
    assert new.read_bytes() == before


def test_a_delta_of_a_stranger(pair: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = pair
    write_delta(old, new, tmp_path / "delta")
    before = old.read_bytes()
    with pytest.raises(InputError, match="not trusted"):
        apply_delta(old, tmp_path / "delta", trusted=[Ed25519PrivateKey.generate().public_key()])
    assert old.read_bytes() == before


def test_a_delta_that_lies(pair: tuple[Path, Path], tmp_path: Path) -> None:
    import msgspec

    old, new = pair
    write_delta(old, new, tmp_path / "delta")
    delta = read_delta(tmp_path / "delta")
    lying = msgspec.structs.replace(delta, records=())
    (tmp_path / "delta").write_bytes(zstandard.compress(msgspec.msgpack.encode(lying)))
    before = old.read_bytes()
    with pytest.raises(InputError, match="does not give"):
        apply_delta(old, tmp_path / "delta", trusted=TRUSTED)
    assert old.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", zstandard.compress(b"rubbish"), zstandard.compress(b"\x80" * 99)[:-3]]
)
def test_what_is_no_delta(bundle: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "delta").write_bytes(content)
    with pytest.raises(InputError, match="no delta"):
        read_delta(tmp_path / "delta")
