import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.os import pacman

FOLDER = "var/lib/pacman/local/zlib-ng-1:2.1-3"


def test_desc():
    content = b"%NAME%\nzlib-ng\n\n%VERSION%\n1:2.1-3\n\n%BASE%\nzlib\n\n%ARCH%\nx86_64\n\n%LICENSE%\nZlib\nMIT\n\n"
    evidence = pacman.read_local(f"{FOLDER}/desc", content)
    (package,) = evidence.packages
    assert (package.type, package.name, package.version, package.arch) == ("alpm", "zlib-ng", "1:2.1-3", "x86_64")
    assert (package.source_name, package.licenses) == ("zlib", ("Zlib", "MIT"))


def test_files():
    evidence = pacman.read_local(f"{FOLDER}/files", b"%FILES%\nusr/\nusr/bin/\nusr/bin/x\n\n%BACKUP%\netc/x\tabc\n")
    assert evidence.owned == {"usr/bin/x": "zlib-ng"}


def test_only_in_its_place():
    assert pacman.PACMAN.wants is not None
    assert pacman.PACMAN.wants(f"{FOLDER}/desc")
    assert not pacman.PACMAN.wants("srv/desc")


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_random_bytes(content):
    with pytest.raises(InputError):
        pacman.read_local(f"{FOLDER}/desc", content)
    pacman.read_local(f"{FOLDER}/files", content)
