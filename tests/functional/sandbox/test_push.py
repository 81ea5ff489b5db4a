"""Pushing into Debian's docker-registry, which keeps the state of an upload in its location."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from landwaiter.images.access import Access
from landwaiter.images.credentials import NoCredentials
from landwaiter.images.open import open_source
from landwaiter.sandbox.push import Registry


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("Debian's docker-registry is not installed")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    storage = {"filesystem": {"rootdirectory": str(folder / "data")}}
    config = {"version": "0.1", "log": {"level": "error"}, "storage": storage, "http": {"addr": address}}
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        wait_for(address, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def wait_for(address: str, log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            httpx2.get(f"http://{address}/v2/", trust_env=False)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("host", ["", "registry.internal:5000"])
@pytest.mark.parametrize("form", ["layout", "oci-archive", "docker-archive"])
def test_an_image_comes_back_from_a_registry_that_minds_its_upload_state(
    address: str, image_builder: Any, tmp_path: Path, form: str, host: str
) -> None:
    image = image_builder.image({"etc/os-release": f"ID={form}{host}\n"}, {"b": "2"})
    write = {
        "layout": image_builder.write_layout,
        "oci-archive": image_builder.write_oci_archive,
        "docker-archive": image_builder.write_docker_archive,
    }[form]
    target = write(tmp_path / "image", image)
    with Registry(f"http://{address}", host or address) as registry:
        pushed = registry.push_image(str(target), "org/app", "1.0")
    assert pushed.reference == f"{host or address}/org/app:1.0"
    access = Access(credentials=NoCredentials())
    with open_source(f"{address}/org/app@{pushed.digest}", access=access) as source:
        assert [layer.diff_id for layer in source.image.layers] == image.diff_ids
        with source.members(source.image.layers[0]) as members:
            assert [member.path for member in members] == ["etc/os-release"]


def test_the_image_of_an_archive_that_is_named_is_pushed(address: str, image_builder: Any, tmp_path: Path) -> None:
    images = {f"web:{tag}": image_builder.image({"tag": tag}) for tag in ("1", "2")}
    archive = image_builder.write_docker_archive(tmp_path / "both.tar", images)
    with Registry(f"http://{address}", address) as registry:
        pushed = registry.push_image(f"docker-archive:{archive}:web:2", "org/named", "2")
    with open_source(f"{address}/org/named@{pushed.digest}", access=Access(credentials=NoCredentials())) as source:
        assert [layer.diff_id for layer in source.image.layers] == images["web:2"].diff_ids
