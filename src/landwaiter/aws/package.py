"""The zips that AWS runs: the Lambda function, the layer with a root CA, the scan job's source.

All are reproducible: the same content gives the same bytes, and the key under which a zip is stored names its hash.
"""

import fnmatch
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from landwaiter.aws.packages import closure_of, distributions_of, files_of
from landwaiter.aws.zips import make_zip
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
_KEPT = ("botocore/data/ecr/*", "botocore/data/secretsmanager/*", "botocore/data/sts/*")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A zip and the key to store it under."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class JobArtifact(Artifact):
    """The scan job's source, for one Python version; `sums_sha256` is the hash of its SHA256SUMS."""

    sums_sha256: str
    python_version: str


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


def job_zip(cache: Path | None = None) -> JobArtifact:
    """The scan job with all it imports, copied from the running environment, and the sums of every file.

    The zip fits builds with this Python version and processor. `cache` is a folder that keeps zips by their content.
    """
    content = {path: file.read_bytes() for path, file in _job_files().items()}
    sums = "".join(f"{hashlib.sha256(content[path]).hexdigest()}  {path}\n" for path in sorted(content)).encode()
    digest = hashlib.sha256(sums).hexdigest()
    zipped = _cached(cache, digest, content | {SUMS_FILE: sums})
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return JobArtifact(f"job-{digest[:16]}.zip", zipped, digest, version)


def _job_files() -> dict[str, Path]:
    closure = closure_of([JOB_MODULE])
    files: dict[str, Path] = {}
    for distribution in distributions_of(closure.imports).values():
        files |= {path: file for path, file in files_of(distribution).items() if _wanted(path)}
    return files | closure.files


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
