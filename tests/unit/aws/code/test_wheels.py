"""Wheels for another processor, by the real pip from a folder of wheels of our own making: no index is asked."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from landwaiter.aws.code.wheels import fetch_wheels, find_lock, locked, unpack
from landwaiter.errors import InputError, UnreachableError

PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"


class Index:
    """A folder of wheels, and the lock file that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock = folder, folder / "runtime.lock"
        self.lock.write_text("")

    def add(self, name: str, tags: str, files: dict[str, str]) -> Path:
        wheel = self.folder / f"{name.replace('-', '_')}-1.0-{tags}.whl"
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        metadata = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n",
            f"{info}/RECORD": "",
        }
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in (files | metadata).items():
                archive.writestr(path, text)
        return wheel

    def name(self, name: str, *wheels: Path, version: str = "1.0") -> None:
        hashes = "".join(f" \\\n    --hash=sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}" for one in wheels)
        self.lock.write_text(f"{self.lock.read_text()}{name}=={version}{hashes}\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Index(folder)


def test_the_wheel_for_the_processor_is_chosen_and_kept(index: Index, tmp_path: Path) -> None:
    built = [
        index.add("fast-tar", f"{PYTHON}-{PYTHON}-manylinux_2_28_{machine}", {"fast_tar/core.so": machine})
        for machine in ("x86_64", "aarch64")
    ]
    pure = index.add("plain", "py3-none-any", {"plain/__init__.py": ""})
    index.name("fast_tar", *built)
    index.name("plain", pure)
    entries = locked(index.lock, ["fast-tar", "plain"])
    assert list(entries) == ["fast-tar", "plain"]
    cache = tmp_path / "cache"
    for architecture, machine in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        first, second = fetch_wheels(entries, architecture, cache)
        assert unpack(first)["fast_tar/core.so"] == machine.encode()
        assert second.name == pure.name
    for wheel in (*built, pure):
        wheel.unlink()
    assert len(fetch_wheels(entries, "arm64", cache)) == 2


def test_a_wheel_with_another_hash_is_refused(index: Index, tmp_path: Path) -> None:
    wheel = index.add("plain", "py3-none-any", {"plain/__init__.py": ""})
    index.name("plain", wheel)
    index.add("plain", "py3-none-any", {"plain/__init__.py": "import intruder"})
    with pytest.raises(UnreachableError, match="arm64"):
        fetch_wheels(locked(index.lock, ["plain"]), "arm64", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_that_was_changed_in_the_cache_is_refused(index: Index, tmp_path: Path) -> None:
    index.name("plain", index.add("plain", "py3-none-any", {"plain/__init__.py": ""}))
    entries = locked(index.lock, ["plain"])
    (kept,) = fetch_wheels(entries, "arm64", tmp_path / "cache")
    kept.write_bytes(kept.read_bytes() + b"x")
    with pytest.raises(InputError, match="not what the lock file names"):
        fetch_wheels(entries, "arm64", tmp_path / "cache")
    kept.unlink()
    with pytest.raises(InputError, match="folder of wheels"):
        fetch_wheels(entries, "arm64", tmp_path / "cache")


def test_a_package_that_is_not_made_for_the_processor(index: Index, tmp_path: Path) -> None:
    index.name("fast", index.add("fast", f"{PYTHON}-{PYTHON}-manylinux_2_28_x86_64", {"fast.py": ""}))
    with pytest.raises(UnreachableError, match="on a machine with that processor"):
        fetch_wheels(locked(index.lock, ["fast"]), "arm64", tmp_path / "cache")


def test_what_the_lock_file_does_not_name(index: Index) -> None:
    with pytest.raises(InputError, match="does not name plain"):
        locked(index.lock, ["plain"])


def test_a_processor_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x86_64, arm64"):
        fetch_wheels({}, "riscv64", tmp_path)


def test_only_what_belongs_to_site_packages_is_unpacked(index: Index) -> None:
    files = {f"odd-1.0.data/{scheme}/odd/{scheme}.py": "" for scheme in ("purelib", "platlib", "scripts", "headers")}
    found = unpack(index.add("odd", "py3-none-any", files))
    assert {path for path in found if path.startswith("odd/")} == {"odd/purelib.py", "odd/platlib.py"}
    assert not [path for path in found if ".data/" in path]


def test_the_projects_lock_names_all_that_the_job_imports() -> None:
    from landwaiter.aws.code.distributions import closure_of, distributions_of
    from landwaiter.aws.code.package import JOB_MODULE

    entries = locked(find_lock(), distributions_of(closure_of([JOB_MODULE]).imports))
    assert {"msgspec", "isal", "zstandard", "boto3"} <= set(entries)
    assert all("--hash=sha256:" in entry for entry in entries.values())
