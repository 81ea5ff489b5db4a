from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws.ca.roots import MOST_BYTES, bundle_of, earliest_expiry, read_roots
from landwaiter.errors import InputError

NOW = datetime.now(UTC)


def test_pem_and_der_one_and_several(pki: Any) -> None:
    one, two = pki.make("One"), pki.make("Two", days=(-1, 10))
    assert [root.subject for root in read_roots(one.der, now=NOW)] == ["CN=One"]
    several = read_roots(b"# comment\r\n" + one.pem + b"\n\nText between\n" + two.pem + one.pem, now=NOW)
    assert [root.subject for root in several] == ["CN=One", "CN=Two"]
    assert several[0].is_ca
    assert several[0].pem.encode() == one.pem
    assert earliest_expiry(several) == several[1].not_after
    windows = one.pem.replace(b"\n", b"\r\n").replace(b" CERTIFICATE", b" X509 CERTIFICATE")
    assert read_roots(windows, now=NOW)[0].sha256 == several[0].sha256


def test_the_same_roots_make_the_same_bundle(pki: Any) -> None:
    roots = [read_roots(pki.make(f"Root {number}").pem, now=NOW)[0] for number in range(4)]
    assert bundle_of(roots) == bundle_of([*roots[::-1], roots[0]])
    assert bundle_of(roots).count("BEGIN CERTIFICATE") == 4


def test_what_is_no_root_is_refused_by_what_it_is(pki: Any) -> None:
    root = pki.make("Root")
    refused = {
        "is a server's certificate, not a root CA": pki.server(root).pem,
        "Certificate 2 (CN=server) is a server's": root.pem + pki.server(root).pem,
        "(CN=Middle) is an intermediate CA": pki.make("Middle", root).pem,
        "(CN=Old) expired on": pki.make("Old", days=(-9, -1)).pem,
        "(CN=New) is not valid before": pki.make("New", days=(1, 9)).pem,
        "may not sign others": pki.make("Version 1", ca=None).pem,
        "holds a private key": root.pem + root.key_pem,
        "is a PKCS #7 bundle": pkcs7.serialize_certificates([root.certificate], Encoding.PEM),
        "holds a PUBLIC KEY": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "neither a PEM nor a DER": b"hello",
        "cannot be read": root.der[:100],
        "too many for root CAs": b" " * (MOST_BYTES + 1),
    }
    for text, data in refused.items():
        with pytest.raises(InputError) as raised:
            read_roots(data, now=NOW)
        assert text in raised.value.what, raised.value
        assert raised.value.remedy


def test_a_root_of_the_same_name_that_another_signed_is_an_intermediate(pki: Any) -> None:
    """Cross-signed under its own name: only the signature tells."""
    issuer = pki.make("Root")
    with pytest.raises(InputError, match="intermediate"):
        read_roots(pki.make("Root", issuer).pem, now=NOW)


def test_too_many_certificates_are_refused(pki: Any) -> None:
    with pytest.raises(InputError, match="at most 100"):
        read_roots(pki.make("Root").pem * 101, now=NOW)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 10_000), st.booleans())
def test_no_bytes_break_the_reader(noise: bytes, place: int, pem: bool) -> None:
    whole = PEM if pem else DER
    cut = place % len(whole)
    for data in (noise, whole[:cut] + noise + whole[cut + len(noise) :], b"-----BEGIN CERTIFICATE-----" + noise):
        try:
            roots = read_roots(data, now=NOW)
        except InputError:
            continue
        assert all(root.is_ca and root.self_signed for root in roots)


def test_many_beginnings_without_an_end_take_no_time() -> None:
    began = datetime.now(UTC)
    with pytest.raises(InputError):
        read_roots(b"-----BEGIN CERTIFICATE-----\n" * 35_000, now=NOW)
    assert datetime.now(UTC) - began < timedelta(seconds=5)


def _root() -> tuple[bytes, bytes]:
    from landwaiter.sandbox.authority import Authority

    pem = Authority.create("Fuzzed").pem
    import ssl

    return pem.encode(), ssl.PEM_cert_to_DER_cert(pem)


PEM, DER = _root()
