"""What a certificate says, as a person reads it in a browser.

Source: RFC 5280 (fields, basic constraints, key usage), RFC 4514 (names as text). Times are UTC; fingerprints are the
SHA-256 of the DER form, in lower-case hexadecimal.
"""

import hashlib
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from landwaiter.errors import InputError

_SECONDS_A_DAY = 86_400
# Certificates of publicly trusted CAs carry signed certificate timestamps (RFC 6962, section 3.3).
_TIMESTAMPS = ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS
_MOST_NAMES = 100


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. `names` are the DNS names and IP addresses it is for (at most 100 are kept).

    `is_ca` tells whether it may sign others, `self_signed` whether it has signed itself: a root is both. `public` tells
    whether it bears the timestamps that only publicly trusted CAs obtain.
    """

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    key: str
    signature: str
    is_ca: bool
    self_signed: bool
    names: tuple[str, ...] = ()
    public: bool = False
    pem: str = ""

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires, negative after."""
        return int((self.not_after - now).total_seconds() // _SECONDS_A_DAY)


Root = Certificate
"""A root CA: a certificate that may sign others and has signed itself."""


def facts_of(certificate: x509.Certificate) -> Certificate:
    """Return what a certificate says. Raises InputError when a part of it cannot be read."""
    try:
        return _facts(certificate)
    except (ValueError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType, x509.DuplicateExtension) as error:
        raise InputError(f"A certificate cannot be read: {error}.", "Export it again from the CA.") from error


def read_certificates(pem: str) -> tuple[Certificate, ...]:
    """Read the certificates of PEM text, whatever they are; empty for empty text. Raises InputError."""
    if not pem.strip():
        return ()
    try:
        return tuple(facts_of(one) for one in x509.load_pem_x509_certificates(pem.encode()))
    except ValueError as error:
        text = f"There is no certificate where a root CA should be: {error}."
        raise InputError(text, "landwaiter aws ca publish FILE") from error


def _facts(certificate: x509.Certificate) -> Certificate:
    der = certificate.public_bytes(Encoding.DER)
    return Certificate(
        subject=certificate.subject.rfc4514_string() or "(no subject)",
        issuer=certificate.issuer.rfc4514_string() or "(no issuer)",
        not_before=certificate.not_valid_before_utc.astimezone(UTC),
        not_after=certificate.not_valid_after_utc.astimezone(UTC),
        sha256=hashlib.sha256(der).hexdigest(),
        key=_key(certificate),
        signature=_signature(certificate),
        is_ca=_is_ca(certificate),
        self_signed=is_issued_by(certificate, certificate),
        names=_names(certificate),
        public=_has(certificate, _TIMESTAMPS),
        pem=certificate.public_bytes(Encoding.PEM).decode(),
    )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether `issuer` signed `certificate`, by name and signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__


def _signature(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return str(certificate.signature_algorithm_oid.dotted_string)
    return algorithm.name if algorithm else "built into the key"


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        return False
    try:
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    given = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    return tuple(given[:_MOST_NAMES])


def _has(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bool:
    try:
        certificate.extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return False
    return True
