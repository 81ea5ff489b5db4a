"""Wheels of the locked versions for another processor, fetched with pip and checked against the lock file's hashes.

Sources: the wheel format (PyPA specifications, "Binary distribution format"); manylinux tags (PEP 600): a wheel for
`manylinux_X_Y` runs where glibc is X.Y or later. The build images of CodeBuild are Amazon Linux 2023, with glibc 2.34.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

import landwaiter
from landwaiter.errors import InputError, UnreachableError

LOCK_FILE = Path("requirements/runtime.lock")
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
_OLDEST_GLIBC, _NEWEST_GLIBC = 17, 34
_ENTRY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==[^\n\\]*(?:\\\n[^\n\\]*)*", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LARGEST = 200 * 1024 * 1024
"""Bytes of one wheel when unpacked; the largest that the job needs has 15 MB."""


def find_lock() -> Path:
    """Return the lock file of the checkout that this program runs from. Raises InputError when there is none."""
    for folder in Path(landwaiter.__file__).resolve().parents:
        if (folder / LOCK_FILE).is_file():
            return folder / LOCK_FILE
    raise InputError(
        f"There is no {LOCK_FILE} here, which names the packages for another processor.",
        "Make the scan job's zip from a checkout of the source, or on a machine with that processor.",
    )


def locked(lock: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the entries of the lock file for distributions, by normalised name: version and hashes, as pip reads them.

    Raises InputError when one is not in it.
    """
    entries: dict[str, str] = {
        canonicalize_name(match[1]): match[0] for match in _ENTRY.finditer(lock.read_text(encoding="utf-8"))
    }
    missing = sorted(set(names) - set(entries))
    if missing:
        raise InputError(f"{lock} does not name {', '.join(missing)}.", "Lock the dependencies again.")
    return {name: entries[name] for name in sorted(names)}


def fetch_wheels(entries: Mapping[str, str], architecture: str, folder: Path) -> tuple[Path, ...]:
    """Return a wheel for each entry of `locked`, for this Python on Linux and `architecture` (x86_64 or arm64).

    Those that are in `folder` already are not fetched again. Raises InputError when one is not what the lock file
    names, UnreachableError when pip cannot get them.
    """
    if architecture not in _MACHINES:
        raise InputError(f"{architecture!r} is no processor of AWS.", f"There are: {', '.join(_MACHINES)}.")
    requirements = "\n".join(entries.values()) + "\n"
    done = folder / f"{hashlib.sha256(f'{architecture} {_python()} {requirements}'.encode()).hexdigest()[:16]}"
    if not done.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            partial = Path(temporary) / "wheels"
            _download(requirements, architecture, partial)
            partial.rename(done)
    wheels = tuple(sorted(done.glob("*.whl")))
    _check(wheels, set(_HASH.findall(requirements)), len(entries))
    return wheels


def unpack(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel by their path in site-packages; commands and headers are left out."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(wheel) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
            raise InputError(f"{wheel.name} unpacks to more than {_LARGEST:,} bytes.")
        for entry in archive.infolist():
            path = _place(entry.filename)
            if path and not entry.is_dir():
                found[path] = archive.read(entry)
    return found


def _place(path: str) -> str:
    """Return where a file of a wheel is installed, "" where that is outside site-packages."""
    first, _, rest = path.partition("/")
    if first.endswith(".data"):
        scheme, _, path = rest.partition("/")
        return path if scheme in ("purelib", "platlib") else ""
    return path


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _download(requirements: str, architecture: str, folder: Path) -> None:
    machine = _MACHINES[architecture]
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)]
    platforms = [option for tag in (*tags, f"manylinux2014_{machine}") for option in ("--platform", tag)]
    folder.mkdir()
    listed = folder.with_suffix(".txt")
    listed.write_text(requirements, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--implementation", "cp", "--python-version", _python()]
    command += [*platforms, "--dest", str(folder), "--requirement", str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
        raise UnreachableError(
            f"pip did not fetch the scan job's packages for {architecture}: {last}.",
            "Check that the package index is reached, or make the zip on a machine with that processor.",
        )


def _check(wheels: Iterable[Path], hashes: set[str], wanted: int) -> None:
    """Check again what pip has checked: the folder may have been changed since."""
    wheels = tuple(wheels)
    foreign = [wheel for wheel in wheels if hashlib.sha256(wheel.read_bytes()).hexdigest() not in hashes]
    if foreign or len(wheels) != wanted:
        folder = foreign[0] if foreign else "The folder of wheels"
        raise InputError(f"{folder} is not what the lock file names.", "Delete it; it is fetched again.")
