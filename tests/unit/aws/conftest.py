"""Certificates of every kind, and TLS servers that show them."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Pki:
    """Makes certificates; `days` is when they begin and end, in days from now."""

    def make(
        self,
        name: str,
        issuer: Made | None = None,
        *,
        ca: bool | None = True,
        days: tuple[float, float] = (-1, 365),
        hosts: Sequence[str] = (),
        identifiers: bool = True,
        public: bool = False,
        subject: x509.Name | None = None,
    ) -> Made:
        key = ec.generate_private_key(ec.SECP256R1())
        own = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, now = issuer.key if issuer else key, datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(issuer.certificate.subject if issuer else own)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * DAY)
            .not_valid_after(now + days[1] * DAY)
        )
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            builder = builder.add_extension(usage(signs=ca), critical=True)
        if identifiers:
            ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
            aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
            builder = builder.add_extension(ski, critical=False).add_extension(aki, critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([host_name(one) for one in hosts]), critical=False
            )
        if public:
            timestamps = x509.UnrecognizedExtension(
                ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, b"\x04\x02\x00\x00"
            )
            builder = builder.add_extension(timestamps, critical=False)
        return Made(builder.sign(signer, hashes.SHA256()), key)

    def server(self, issuer: Made | None, **more: object) -> Made:
        """A certificate for this machine."""
        given = {"ca": False, "hosts": ("localhost", "127.0.0.1"), **more}
        return self.make("server", issuer, **given)  # type: ignore[arg-type]


def usage(*, signs: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, **no)


def host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


class Listener:
    """Accepts connections and hands each to `answer`, until it is closed."""

    def __init__(self, answer: Callable[[socket.socket], object]) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.seen: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self._answer(connection)
                except OSError:
                    pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[socket.socket], object]], Listener]]:
    """Start a listener that does what the given function does with each connection."""
    listeners: list[Listener] = []

    def start(answer: Callable[[socket.socket], object]) -> Listener:
        listeners.append(Listener(answer))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def serve(
    listen: Callable[[Callable[[socket.socket], object]], Listener], tmp_path: Path
) -> Callable[..., tuple[str, list[bytes]]]:
    """Serve TLS with a chain, the server's certificate first; its URL, and all that clients sent after the handshake."""

    def start(*chain: Made, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> tuple[str, list[bytes]]:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.pem"
        file.write_bytes(chain[0].key_pem + b"".join(one.pem for one in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.maximum_version = newest
        received: list[bytes] = []

        def answer(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as tls:
                received.append(tls.recv(1024))

        return f"https://127.0.0.1:{listen(answer).port}", received

    return start
