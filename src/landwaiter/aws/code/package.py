"""The zips that AWS runs: the Lambda function, the layer with a root CA, the scan job's source.

All are reproducible: the same content gives the same bytes, and the key under which a zip is stored names its hash.
"""

import fnmatch
import hashlib
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from landwaiter.aws.code.distributions import Closure, closure_of, distributions_of, files_of
from landwaiter.aws.code.wheels import fetch_wheels, find_lock, locked, unpack
from landwaiter.aws.code.zips import make_zip
from landwaiter.errors import InputError

TRIGGER_MODULE = "landwaiter.trigger.handler"
JOB_MODULE = "landwaiter.scan.__main__"
ROOT_CA_FILE = "custom-root-ca.cert"
SUMS_FILE = "SHA256SUMS"

# In the Lambda runtime already.
_GIVEN_IN_LAMBDA = frozenset({"boto3", "botocore"})
# Parts of distributions that the job never uses, by far the largest ones.
_LEFT_OUT = (
    "*.pyi",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "boto3/data/*",
    "boto3/examples/*",
    "botocore/data/*/*",
    "isal/*.pyx",
    "zstandard/_cffi*",
    "zstandard/backend_rust*",
)
_KEPT = ("botocore/data/ecr/*", "botocore/data/ecr-public/*", "botocore/data/secretsmanager/*", "botocore/data/sts/*")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A zip and the key to store it under."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class JobArtifact(Artifact):
    """The scan job's source, for one Python version and processor (x86_64 or arm64, as AWS calls them).

    `sums_sha256` is the hash of its SHA256SUMS.
    """

    sums_sha256: str
    python_version: str
    architecture: str


def trigger_zip() -> Artifact:
    """The Lambda function's code: our modules alone, as the runtime brings boto3.

    Raises `InputError` should the function have come to import anything else.
    """
    closure = closure_of([TRIGGER_MODULE])
    foreign = closure.imports - _GIVEN_IN_LAMBDA
    rooms = {path.split("/")[1] for path in closure.files} - {"__init__.py", "py.typed", "events", "trigger"}
    if foreign or rooms:
        raise InputError(
            f"The Lambda function imports {', '.join(sorted(foreign | rooms))}, which its zip does not hold."
        )
    return _artifact("trigger", make_zip({path: file.read_bytes() for path, file in closure.files.items()}))


def root_ca_layer(pem: bytes) -> Artifact:
    """A Lambda layer that puts a root CA, given as PEM, at `/opt/custom-root-ca.cert`."""
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise InputError("The root CA is no PEM certificate.", "Give a file that has a BEGIN CERTIFICATE line.")
    return _artifact("root-ca", make_zip({ROOT_CA_FILE: pem}))


def root_ca_path() -> str:
    """Where the function finds the layer's root CA: the value of QualysPodCustomRootCertPath."""
    return f"/opt/{ROOT_CA_FILE}"


def own_architecture() -> str:
    """The processor of this machine, as AWS calls it."""
    return {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())


def job_zip(cache: Path | None = None, *, architecture: str = "", lock: Path | None = None) -> JobArtifact:
    """The scan job with all it imports, and the sums of every file, for builds with this Python version.

    For this machine's processor (the default) packages are copied from the running environment. For another one they
    are fetched with pip, in the versions and with the hashes of `lock` (by default the checkout's
    `requirements/runtime.lock`). `cache` is a folder that keeps zips by their content, and wheels. Raises InputError,
    or UnreachableError when packages cannot be fetched.
    """
    chosen = architecture or own_architecture()
    closure = closure_of([JOB_MODULE])
    content = {path: file.read_bytes() for path, file in closure.files.items()}
    if chosen == own_architecture():
        content = _installed_packages(closure) | content
    else:
        content = _fetched_packages(closure, chosen, lock or find_lock(), cache) | content
    sums = "".join(f"{hashlib.sha256(content[path]).hexdigest()}  {path}\n" for path in sorted(content)).encode()
    digest = hashlib.sha256(sums).hexdigest()
    zipped = _cached(cache, digest, content | {SUMS_FILE: sums})
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return JobArtifact(f"job-{digest[:16]}.zip", zipped, digest, version, chosen)


def _installed_packages(closure: Closure) -> dict[str, bytes]:
    return {
        path: file.read_bytes()
        for distribution in distributions_of(closure.imports).values()
        for path, file in files_of(distribution).items()
        if _wanted(path)
    }


def _fetched_packages(closure: Closure, architecture: str, lock: Path, cache: Path | None) -> dict[str, bytes]:
    entries = locked(lock, distributions_of(closure.imports))
    with tempfile.TemporaryDirectory() as temporary:
        folder = cache / "wheels" if cache else Path(temporary)
        wheels = fetch_wheels(entries, architecture, folder)
        return {path: data for wheel in wheels for path, data in unpack(wheel).items() if _wanted(path)}


def _wanted(path: str) -> bool:
    def matches(patterns: tuple[str, ...]) -> bool:
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)

    return matches(_KEPT) or not matches(_LEFT_OUT)


def _cached(cache: Path | None, digest: str, content: dict[str, bytes]) -> bytes:
    if cache is None:
        return make_zip(content)
    file = cache / f"job-{digest}.zip"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_bytes(make_zip(content))
        partial.replace(file)
    return file.read_bytes()


def _artifact(name: str, content: bytes) -> Artifact:
    return Artifact(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.zip", content)
