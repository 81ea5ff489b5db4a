import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from landwaiter.sandbox import namespace


@pytest.fixture(params=namespace._WAYS, ids=["as root", "in a user namespace"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(namespace, "_WAYS", (request.param,))
    namespace._way.cache_clear()
    yield
    namespace._way.cache_clear()


def test_a_child_sees_the_folder_and_nobody_else_does(tmp_path: Path, way: None) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_text("inside")
    (tmp_path / "place").mkdir()
    command = namespace.bind_command({tmp_path / "source": str(tmp_path / "place")})
    if command is None:
        pytest.skip("this kernel gives no mount namespace")
    shown = subprocess.run(
        [*command, "cat", str(tmp_path / "place" / "file")], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "inside"
    assert list((tmp_path / "place").iterdir()) == []


def test_a_place_that_does_not_exist_is_none(tmp_path: Path) -> None:
    assert namespace.bind_command({tmp_path: str(tmp_path / "nowhere")}) is None


def test_a_machine_without_namespaces_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespace, "_WAYS", (("false",), ("/no/such/command",)))
    namespace._way.cache_clear()
    try:
        assert namespace.bind_command({tmp_path: str(tmp_path)}) is None
    finally:
        namespace._way.cache_clear()
