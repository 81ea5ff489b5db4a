"""Root CAs from the files that people have: PEM or DER, one or several.

What is no root is refused with what it is instead: a server's certificate, an intermediate, an expired root, a private
key. Nothing but roots may reach a trust store.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509

from landwaiter.aws.ca.certificate_facts import Root, facts_of
from landwaiter.errors import InputError

MOST_BYTES = 1024 * 1024
_MOST_ROOTS = 100
_CERTIFICATE = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END (?:X509 )?CERTIFICATE-----")
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_DER_SEQUENCE = 0x30


def read_roots(data: bytes, *, now: datetime) -> tuple[Root, ...]:
    """Return the root CAs in one file's content, each once, in the file's order.

    Raises InputError when there is none, when anything else is in it, or when a root is not valid at `now`.
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"The file has {len(data):,} bytes, too many for root CAs.", "Give the roots alone.")
    roots: dict[str, Root] = {}
    for number, certificate in enumerate(_certificates(data), 1):
        root = facts_of(certificate)
        _refuse_others(root, number, now)
        roots.setdefault(root.sha256, root)
    return tuple(roots.values())


def bundle_of(roots: Iterable[Root]) -> str:
    """Return roots as one PEM text, each once, in the order of their fingerprints: the same roots, the same text."""
    unique = {root.sha256: root for root in roots}
    return "".join(unique[digest].pem for digest in sorted(unique))


def earliest_expiry(roots: Sequence[Root]) -> datetime:
    """Return when the first of the roots expires."""
    return min(root.not_after for root in roots)


def _certificates(data: bytes) -> list[x509.Certificate]:
    if _PRIVATE_KEY.search(data):
        raise InputError(
            "The file holds a private key, which has no place in a trust store.",
            "Give the certificate alone. If the key has left its CA, treat it as lost.",
        )
    blocks = _CERTIFICATE.findall(data)
    if len(blocks) > _MOST_ROOTS:
        raise InputError(f"The file holds {len(blocks)} certificates; at most {_MOST_ROOTS} are taken.")
    try:
        if blocks:
            return [x509.load_pem_x509_certificate(_plain(block)) for block in blocks]
        if data[:1] == bytes([_DER_SEQUENCE]):
            return [x509.load_der_x509_certificate(data)]
    except (ValueError, x509.InvalidVersion) as error:
        raise InputError(f"The certificate cannot be read: {error}.", "Export it again as PEM or DER.") from error
    raise InputError(*_not_a_certificate(data))


def _plain(block: bytes) -> bytes:
    """The block under the name that every reader knows."""
    return block.replace(b"BEGIN X509 CERT", b"BEGIN CERT").replace(b"END X509 CERT", b"END CERT")


def _not_a_certificate(data: bytes) -> tuple[str, str]:
    found = _BEGIN.search(data)
    if found and found[1].startswith((b"PKCS7", b"CMS")):
        return "The file is a PKCS #7 bundle.", "Unpack it: openssl pkcs7 -print_certs -in FILE -out roots.pem"
    if found:
        return f"The file holds a {found[1].decode()}, no certificate.", "Give the root CA's certificate."
    return "The file is neither a PEM nor a DER certificate.", "Export the root CA as PEM (Base64) or DER."


def _refuse_others(root: Root, number: int, now: datetime) -> None:
    name = f"Certificate {number} ({root.subject})"
    if not root.is_ca:
        raise InputError(
            f"{name} is a server's certificate, not a root CA: it may not sign others.",
            f"Give the root at the end of its chain; this one was issued by {root.issuer}.",
        )
    if not root.self_signed:
        raise InputError(
            f"{name} is an intermediate CA, not a root.", f"Give the root; this one was issued by {root.issuer}."
        )
    if now > root.not_after:
        raise InputError(f"{name} expired on {root.not_after:%Y-%m-%d}.", "Give the root that took its place.")
    if now < root.not_before:
        raise InputError(f"{name} is not valid before {root.not_before:%Y-%m-%d %H:%M} UTC.", "Check this clock.")
