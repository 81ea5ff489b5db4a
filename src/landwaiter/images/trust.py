"""Whom we trust: the system's certificate authorities, and a root CA of the customer's own besides them.

There is no way to switch verification off.
"""

import ssl
from pathlib import Path

from landwaiter.errors import InputError
from landwaiter.images.files import read_document

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_MAX_PEM = 4 * 1024 * 1024


def ssl_context(root_ca_pem: str = "") -> ssl.SSLContext:
    """Return a context that verifies against the system's CAs and those in `root_ca_pem` (PEM text, may be empty).

    Raises InputError when the PEM holds no certificate that can be read.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        # A Python that was built elsewhere looks for the bundle where its builder had it.
        bundle = next((path for path in _BUNDLES if Path(path).is_file()), None)
        if bundle:
            context.load_verify_locations(cafile=bundle)
    if root_ca_pem.strip():
        try:
            context.load_verify_locations(cadata=root_ca_pem)
        except (ssl.SSLError, TypeError, ValueError) as error:
            raise InputError(
                f"The root CA cannot be read as PEM certificates: {error}.",
                "Give a file with one or more -----BEGIN CERTIFICATE----- blocks.",
            ) from error
    return context


def read_root_ca(path: Path) -> str:
    """Return the PEM text of a root CA file; raises InputError when it cannot be read or holds no certificate."""
    text = read_document(path, _MAX_PEM).decode("ascii", "ignore")
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise InputError(
            f"{path} holds no PEM certificate.", "Convert it: openssl x509 -inform der -in ca.der -out ca.pem"
        )
    ssl_context(text)
    return text
