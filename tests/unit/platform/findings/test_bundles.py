import os
from pathlib import Path

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.errors import InputError
from landwaiter.platform.findings.bundles import BundleShelf


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "feeds").mkdir()
    build_bundle(tmp_path / "feeds", tmp_path / "built.sqlite")
    return tmp_path / "built.sqlite"


def test_an_empty_shelf_says_what_to_do(tmp_path: Path) -> None:
    shelf = BundleShelf(tmp_path / "nowhere")
    assert shelf.current() is None
    assert shelf.described() is None
    assert "landwaiter feeds import" in shelf.problem()


def test_a_bundle_is_taken_onto_the_shelf_and_used(tmp_path: Path, bundle: Path) -> None:
    shelf = BundleShelf(tmp_path / "shelf")
    info = shelf.take(bundle)
    assert shelf.problem() == ""
    assert shelf.info() == info
    assert shelf.current() is shelf.current(), "it is opened once"
    described = shelf.described()
    assert described is not None
    assert described.id == info.id


def test_what_is_no_bundle_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"nonsense")
    shelf = BundleShelf(tmp_path / "shelf")
    with pytest.raises(InputError):
        shelf.take(tmp_path / "bad")
    with pytest.raises(InputError):
        shelf.take(tmp_path / "absent")
    assert list((tmp_path / "shelf").glob("*")) == []


def test_a_damaged_bundle_is_passed_over_and_told(tmp_path: Path, bundle: Path) -> None:
    shelf = BundleShelf(tmp_path / "shelf")
    info = shelf.take(bundle)
    damaged = tmp_path / "shelf" / "z.sqlite"
    damaged.write_bytes(bundle.read_bytes()[:-100])
    os.utime(damaged, (2**31, 2**31))
    assert shelf.info() == info
    for path in (tmp_path / "shelf").glob("*.sqlite"):
        if path != damaged:
            path.unlink()
    assert shelf.info() is None
    assert "cannot be read" in shelf.problem()
    damaged.write_bytes(bundle.read_bytes())
    assert shelf.info() == info, "a file that changed is tried again"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept"):
        BundleShelf(tmp_path / "file" / "shelf").take(bundle)
