import socket
import ssl
import threading
from pathlib import Path

import pytest

from landwaiter.sandbox.authority import Authority


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """Make a TLS handshake over a pair of sockets; the server's subject as the client sees it."""
    left, right = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(left, server_side=True):
                pass
        except OSError:
            left.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(right, server_hostname=name) as connected:
            certificate = connected.getpeercert()
    finally:
        right.close()
        thread.join()
    assert certificate is not None
    return str(certificate["subject"][0][0][1])


@pytest.fixture
def authority() -> Authority:
    return Authority.create("Test Root")


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> ssl.SSLContext:
    files = authority.issue(tmp_path, ["platform.internal", "127.0.0.1", "::1"])
    assert files.key.stat().st_mode & 0o077 == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


@pytest.mark.parametrize("name", ["platform.internal", "127.0.0.1", "::1"])
def test_whoever_trusts_the_root_trusts_the_server(authority: Authority, server: ssl.SSLContext, name: str) -> None:
    client = ssl.create_default_context(cadata=authority.pem)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert handshake(server, client, name) == "platform.internal"


def test_another_name_is_refused(authority: Authority, server: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(server, ssl.create_default_context(cadata=authority.pem), "other.internal")


def test_another_root_is_refused(server: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, ssl.create_default_context(cadata=Authority.create().pem), "platform.internal")
