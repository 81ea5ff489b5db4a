"""Package databases of real images, against what the distributions' own tools list in them."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "pkgdb"
NAMES = sorted(folder.name for folder in DATA.iterdir()) if DATA.is_dir() else []
TYPES = {"apk": "apk", "dpkg": "deb", "rpm": "rpm"}


def test_the_databases_are_there():
    if not NAMES:
        pytest.skip("the real package databases are not beside the project (../shared/data/pkgdb)")


@pytest.mark.parametrize("name", NAMES)
def test_every_package_and_none_invented(take, name):
    folder = DATA / name
    described = json.loads((folder / "source.json").read_text())
    listed = {tuple(line.split(" ")) for line in (folder / "expected.txt").read_text().splitlines()}
    expected = {line for line in listed if line[0] != "gpg-pubkey"}
    inventory = take(f"rootfs:{folder}")
    kind = TYPES.get(described["kind"].partition("-")[0])
    found = [package for package in inventory.packages if package.type == kind]
    assert {(package.name, package.version, package.arch) for package in found} == expected
    assert len(found) == len(expected)
    if kind and described["os"]:
        assert inventory.coverage.complete
        assert inventory.os is not None
        assert inventory.os.pretty_name == described["os"]
    else:
        assert not inventory.coverage.complete
