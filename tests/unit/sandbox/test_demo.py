"""What the demo refuses, before it starts anything."""

from pathlib import Path
from typing import Any

import pytest

from landwaiter.errors import InputError
from landwaiter.images.open import is_registry_reference
from landwaiter.sandbox.demo import run_demo
from landwaiter.sandbox.push import check_image


@pytest.fixture
def refused(tmp_path: Path):
    """Runs the demo and returns what it says no with; it must not have made its folder."""
    folder = tmp_path / "var" / "demo"

    def run(image: str | None = None, feeds: Path | None = None) -> str:
        with pytest.raises(InputError) as raised:
            run_demo(folder, image=image, feeds=feeds, keep=False)
        assert not folder.parent.exists()
        return str(raised.value)

    return run


def test_an_image_that_is_not_there(refused, tmp_path: Path) -> None:
    missing = tmp_path / "web.tar"
    assert f"{missing} does not exist" in refused(str(missing))
    assert "No such file" in refused(f"docker-archive:{missing}")


@pytest.mark.parametrize("content", [b"hello\n", b"", b"x" * 20_000])
def test_a_file_that_is_no_image(refused, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    assert str(file) in refused(str(file))


def test_a_root_file_system_is_no_image_to_be_pushed(refused, tmp_path: Path) -> None:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    assert "no image that could be pushed" in refused(str(tmp_path / "root"))


@pytest.mark.parametrize("name", ["UPPER CASE::", "", "registry.example/app@sha256:12"])
def test_a_name_that_can_be_no_image(refused, name: str) -> None:
    assert refused(name)


def test_feeds_that_are_not_there(refused, tmp_path: Path) -> None:
    assert "FEEDS=<folder>" in refused(feeds=tmp_path / "feeds")


def test_another_demo_in_the_same_folder(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="Another demo runs"):
            run_demo(tmp_path / "demo", image=None, feeds=None, keep=False)


def test_what_is_an_image_is_left_alone(tmp_path: Path, image_builder: Any) -> None:
    image = image_builder.image({"a": "1"})
    for target in (
        image_builder.write_layout(tmp_path / "layout", image),
        image_builder.write_oci_archive(tmp_path / "oci.tar", image),
        image_builder.write_docker_archive(tmp_path / "docker.tar", image),
    ):
        assert not is_registry_reference(str(target))
        check_image(str(target))
    assert is_registry_reference("registry.example/app:1")
    assert is_registry_reference("alpine")
