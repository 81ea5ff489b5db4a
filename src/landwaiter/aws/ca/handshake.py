"""TLS handshakes: one that only reads what the server shows, others that verify it.

The reading handshake does not verify, because a chain that cannot be verified is the very thing a person wants to see.
It is safe since nothing is believed of it and nothing is sent in it: no request, no token; the connection is closed as
soon as the server has shown its certificates. Every verdict comes from a handshake that verifies chain and host name.
"""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import botocore
from cryptography import x509

from landwaiter.images.trust import ssl_context

# X509_FILETYPE_ASN1 of OpenSSL.
_DER = 2


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens. `host` is a DNS name or an IP address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IP address."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed: certificates as sent, the first being its own, and the protocol agreed on."""

    certificates: tuple[x509.Certificate, ...]
    protocol: str


def read_chain(address: Address, timeout: float) -> Shown:
    """Return what the server shows, believing none of it (see this module's description).

    Raises OSError (`ssl.SSLError` among them) when there is no handshake, ValueError when a certificate is malformed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with _connected(address, context, timeout) as connection:
        protocol = connection.version() or ""
        return Shown(tuple(x509.load_der_x509_certificate(der) for der in _sent(connection)), protocol)


def _sent(connection: ssl.SSLSocket) -> list[bytes]:
    """All certificates as the server sent them, in DER."""
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    # Python before 3.13 has the same method one level deeper.
    chain = connection._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return [certificate.public_bytes(_DER) for certificate in chain or ()]


def verify(address: Address, context: ssl.SSLContext, timeout: float) -> ssl.SSLCertVerificationError | None:
    """Make a verifying handshake; None when the server is believed, else why not. Raises OSError for other faults."""
    try:
        with _connected(address, context, timeout):
            return None
    except ssl.SSLCertVerificationError as error:
        return error


def _connected(address: Address, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    plain = socket.create_connection((address.host, address.port), timeout)
    try:
        return context.wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def system_trust() -> ssl.SSLContext:
    """Trust what this machine trusts."""
    return ssl_context()


def mozilla_trust() -> ssl.SSLContext:
    """Trust Mozilla's list alone: certifi's, or the copy of it that botocore brings."""
    return _verifying(cafile=mozilla_bundle())


def mozilla_bundle() -> Path:
    """Return the file with Mozilla's list of root CAs."""
    try:
        import certifi  # noqa: PLC0415 - it may be absent; botocore brings the same list
    except ImportError:
        return Path(botocore.__file__).parent / "cacert.pem"
    return Path(certifi.where())


def given_trust(pem: str, *, strict: bool = False) -> ssl.SSLContext:
    """Trust the root CAs in `pem` alone. `strict` asks of certificates all that RFC 5280 does, as Python 3.13 does."""
    context = _verifying(pem=pem)
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def anchored_trust(top: str, *, strict: bool = False) -> ssl.SSLContext:
    """Trust one certificate (PEM) and what it signed, be it a root or not: to learn whether all below it is well."""
    context = given_trust(top, strict=strict)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _verifying(*, cafile: Path | None = None, pem: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_TRUSTED_FIRST
    context.load_verify_locations(cafile=cafile, cadata=pem)
    return context


def in_order(sent: Sequence[x509.Certificate]) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Sort what a server sent into the chain from its own certificate upwards, and what does not belong to it."""
    chain, rest = list(sent[:1]), list(sent[1:])
    while rest and chain[-1].issuer != chain[-1].subject:
        above = next((one for one in rest if one.subject == chain[-1].issuer), None)
        if above is None:
            break
        rest.remove(above)
        chain.append(above)
    return chain, rest
