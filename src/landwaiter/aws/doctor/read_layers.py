"""Reading part 3: which files the function's layers put below /opt, and which of them are certificates."""

import hashlib
import io
import zipfile
from collections.abc import Iterator

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Certificate, Function, LayerFile, Unseen
from landwaiter.aws.doctor.reading import Account, attempt

_MOST_BYTES = 8 * 1024 * 1024
_MOST_FILE_BYTES = 256 * 1024
_MOST_FILES = 200
_SUFFIXES = (".pem", ".crt", ".cer", ".cert", ".der")
_SECONDS = 20.0


class _LayerError(Exception):
    pass


def read_layers(account: Account, function: Function | Unseen | None) -> tuple[LayerFile, ...] | Unseen:
    """The files of all layers that are certificates or that QualysPodCustomRootCertPath names; later layers win."""
    if not isinstance(function, Function):
        return function or Unseen("There is no function: see LW-FUN-001.")
    wanted = function.environment.get(names.ROOT_CA_PARAMETER, "")
    files: dict[str, LayerFile] = {}
    for arn in function.layer_arns:
        found = attempt("lambda", lambda arn=arn: _read(account, arn, wanted))  # type: ignore[misc] # mypy infers no type for a lambda with a default
        if isinstance(found, Unseen):
            return found
        files |= {one.path: one for one in found}
    return tuple(files.values())


def _read(account: Account, arn: str, wanted: str) -> tuple[LayerFile, ...] | Unseen:
    address = account.client("lambda").get_layer_version_by_arn(Arn=arn)["Content"]["Location"]
    try:
        return tuple(_files(_fetch(address), wanted))
    except (_LayerError, httpx2.HTTPError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        return Unseen(f"The layer {arn} could not be read: {error}")


def _fetch(address: str) -> bytes:
    content = bytearray()
    with httpx2.stream("GET", address, timeout=_SECONDS) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise _LayerError(f"it is larger than {_MOST_BYTES} bytes")
    return bytes(content)


def _files(zipped: bytes, wanted: str) -> Iterator[LayerFile]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        for entry in archive.infolist()[:_MOST_FILES]:
            path = f"/opt/{entry.filename}"
            if entry.is_dir() or not (path == wanted or path.lower().endswith(_SUFFIXES)):
                continue
            if entry.file_size > _MOST_FILE_BYTES:
                yield LayerFile(path, None)
                continue
            with archive.open(entry) as opened:
                yield LayerFile(path, certificates_of(opened.read(_MOST_FILE_BYTES)))


def certificates_of(data: bytes) -> tuple[Certificate, ...] | None:
    """The certificates in PEM or DER data; None where there are none that can be read."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            return tuple(_certificate(one) for one in x509.load_pem_x509_certificates(data))
        return (_certificate(x509.load_der_x509_certificate(data)),)
    except ValueError:
        return None


def _certificate(found: x509.Certificate) -> Certificate:
    try:
        is_ca = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        # A root of version 1 has no extensions; it vouches for itself.
        is_ca = found.version == x509.Version.v1 and found.issuer == found.subject
    except ValueError:
        is_ca = False
    return Certificate(
        found.subject.rfc4514_string(),
        is_ca,
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest(),
    )
