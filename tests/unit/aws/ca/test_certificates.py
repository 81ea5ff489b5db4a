"""Every kind of server, and what is made of it."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws.ca import handshake
from landwaiter.aws.ca.certificates import check, expiry_warnings, parse_address
from landwaiter.errors import InputError, LandwaiterError

Serve = Callable[..., tuple[str, list[bytes]]]


def test_a_private_root_that_is_sent_is_a_custom_one(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    middle = pki.make("Middle", root)
    url, received = serve(pki.server(middle), middle, root)
    report = check(url)
    assert (report.verdict, report.reason, report.layer_needed) == ("custom", "custom-root", True)
    assert [one.subject for one in report.chain] == ["CN=server", "CN=Middle", "CN=Root"]
    assert report.root == report.chain[-1]
    assert report.stores == {"mozilla": False, "system": False}
    assert report.days_left == 364
    assert report.protocol == "TLSv1.3"
    leaf = report.chain[0]
    assert (leaf.issuer, leaf.key, leaf.signature) == ("CN=Middle", "EC secp256r1", "sha256")
    assert leaf.names == ("localhost", "127.0.0.1")
    # Nothing is ever sent to a server that nobody has vouched for.
    assert set(received) <= {b""}


def test_a_given_root_proves_it(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    url, _ = serve(pki.server(root))
    without = check(url)
    assert (without.verdict, without.reason, without.root) == ("custom", "root-not-sent", None)
    assert "If CN=Root is no root but an intermediate CA" in without.warnings[0]
    report = check(url, extra_roots=root.pem.decode())
    assert (report.verdict, report.reason) == ("custom", "custom-root")
    assert report.stores["given"] is True
    assert report.root is not None
    assert report.root.subject == "CN=Root"


def test_a_chain_in_the_wrong_order_is_sorted_and_strangers_are_told_apart(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    middle = pki.make("Middle", root)
    url, _ = serve(pki.server(middle), root, pki.make("Stranger"), middle)
    report = check(url, extra_roots=root.pem.decode())
    assert report.verdict == "custom"
    assert [one.subject for one in report.chain] == ["CN=server", "CN=Middle", "CN=Root"]
    assert [one.subject for one in report.extra] == ["CN=Stranger"]


def test_a_well_known_root_needs_no_layer(pki: Any, serve: Serve, monkeypatch: Any, tmp_path: Path) -> None:
    root = pki.make("Public Root")
    (tmp_path / "list").mkdir()
    listed = tmp_path / "list" / "mozilla.pem"
    listed.write_bytes(root.pem)
    monkeypatch.setattr(handshake, "mozilla_bundle", lambda: listed)
    url, _ = serve(pki.server(root), root)
    report = check(url)
    assert (report.verdict, report.layer_needed) == ("well-known", False)
    assert report.stores == {"mozilla": True, "system": False}


def test_what_only_this_machine_trusts_aws_does_not(pki: Any, serve: Serve, monkeypatch: Any, tmp_path: Path) -> None:
    root = pki.make("Company Root")
    (tmp_path / "list").mkdir()
    store = tmp_path / "list" / "system.pem"
    store.write_bytes(root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    url, _ = serve(pki.server(root), root)
    report = check(url)
    assert (report.verdict, report.reason) == ("custom", "trusted-here-only")
    assert report.stores == {"mozilla": False, "system": True}


CASES = {
    "expired": ({"days": (-9, -1)}, "CN=server expired on"),
    "not-yet-valid": ({"days": (1, 9)}, "CN=server is not valid before"),
    "wrong-host": ({"hosts": ("elsewhere.example.org",)}, "is for elsewhere.example.org, not for 127.0.0.1"),
    "strict": ({"identifiers": False}, "Python 3.13"),
}


@pytest.mark.parametrize("given_root", [True, False])
@pytest.mark.parametrize("reason", sorted(CASES))
def test_what_is_wrong_with_the_servers_certificate_is_told(
    pki: Any, serve: Serve, reason: str, given_root: bool
) -> None:
    more, text = CASES[reason]
    root = pki.make("Root")
    url, _ = serve(pki.server(root, **more), root)
    report = check(url, extra_roots=root.pem.decode() if given_root else "")
    assert (report.verdict, report.reason) == ("broken", reason)
    assert text in report.why
    assert report.remedy


def test_an_expired_intermediate_is_named(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    middle = pki.make("Middle", root, days=(-9, -1))
    url, _ = serve(pki.server(middle), middle, root)
    report = check(url)
    assert (report.verdict, report.reason) == ("broken", "expired")
    assert report.why.startswith("CN=Middle expired on")
    assert report.days_left == -2


def test_an_incomplete_chain_is_told(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    middle = pki.make("Middle", root)
    url, _ = serve(pki.server(middle))
    report = check(url, extra_roots=root.pem.decode())
    assert (report.verdict, report.reason) == ("broken", "incomplete-chain")
    assert "CN=Middle" in report.why
    # Only public CAs put timestamps into certificates, and their roots sign no server.
    url, _ = serve(pki.server(middle, public=True))
    report = check(url)
    assert (report.verdict, report.reason) == ("broken", "incomplete-chain")


def test_another_root_does_not_do(pki: Any, serve: Serve) -> None:
    root, other = pki.make("Root"), pki.make("Other")
    url, _ = serve(pki.server(root), root)
    report = check(url, extra_roots=other.pem.decode())
    assert (report.verdict, report.reason) == ("broken", "other-root")
    assert "ends at CN=Root" in report.why
    # One of the same name, but with another key.
    report = check(url, extra_roots=pki.make("Root").pem.decode())
    assert report.verdict == "broken"


@pytest.mark.parametrize("given_root", [True, False])
def test_a_self_signed_server_is_broken(pki: Any, serve: Serve, given_root: bool) -> None:
    server = pki.server(None)
    url, _ = serve(server)
    report = check(url, extra_roots=pki.make("Root").pem.decode() if given_root else "")
    assert (report.verdict, report.reason) == ("broken", "self-signed")


def test_a_hostile_subject_is_shown_as_text(pki: Any, serve: Serve) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "\x1b[2Jnice, O=Bank")])
    root = pki.make("", subject=subject)
    url, _ = serve(pki.server(root), root)
    assert check(url).chain[1].subject.endswith("nice\\, O=Bank")


def test_what_is_no_tls_is_told(listen: Callable[..., Any]) -> None:
    def plain_http(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def closing(connection: socket.socket) -> None:
        connection.recv(1)

    for answer in (plain_http, closing):
        report = check(f"https://127.0.0.1:{listen(answer).port}")
        assert (report.verdict, report.reason) == ("broken", "not-tls")
    assert check("https://no-such-host.invalid").reason == "unknown-host"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert check(f"https://127.0.0.1:{port}").reason == "unreachable"


def test_a_server_that_says_nothing_is_given_up(listen: Callable[..., Any]) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(1024):
            pass

    report = check(f"https://127.0.0.1:{listen(silent).port}", timeout=0.3)
    assert (report.verdict, report.reason) == ("broken", "unreachable")


def test_the_protocol_is_told(pki: Any, serve: Serve) -> None:
    root = pki.make("Root")
    url, _ = serve(pki.server(root), newest=ssl.TLSVersion.TLSv1_2)
    assert check(url).protocol == "TLSv1.2"


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://landwaiter.example.org:8443/api", "landwaiter.example.org", 8443),
        ("https://landwaiter.example.org", "landwaiter.example.org", 443),
        ("landwaiter.example.org:8443", "landwaiter.example.org", 8443),
        ("https://[::1]:8443", "::1", 8443),
    ],
)
def test_addresses_are_read(url: str, host: str, port: int) -> None:
    address = parse_address(url)
    assert (address.host, address.port) == (host, port)


@pytest.mark.parametrize(
    "url", ["http://example.org", "https://", "https://host:99999", "https://[::1", "https://a b/", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="address|no host"):
        parse_address(url)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_addresses(text: str) -> None:
    try:
        address = parse_address(text)
    except LandwaiterError:
        return
    assert address.host
    assert 0 <= address.port <= 65535


def test_roots_to_test_with_must_be_certificates() -> None:
    with pytest.raises(InputError, match="root CA cannot be read"):
        check("https://127.0.0.1:9", extra_roots="nonsense")


def test_expiry_is_warned_about_in_time(pki: Any) -> None:
    from landwaiter.aws.ca.certificate_facts import facts_of

    now = datetime.now(UTC)
    made = [facts_of(pki.make(name, days=(-9, end)).certificate) for name, end in (("a", 59.5), ("b", 61), ("c", -1))]
    assert expiry_warnings(made, now) == (
        f"CN=a expires on {made[0].not_after:%Y-%m-%d}, in 59 days.",
        f"CN=c expired on {made[2].not_after:%Y-%m-%d}.",
    )
