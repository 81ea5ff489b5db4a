"""The server's certificate is refused outside its time, and warned of before its end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from landwaiter.errors import InputError
from landwaiter.platform.certificate import check_time

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(BEGIN).not_valid_after(END)
    path = tmp_path / "server.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path


def test_nothing_is_said_of_a_certificate_that_has_long_to_go(certificate: Path) -> None:
    assert check_time(certificate, END - timedelta(days=22)) == ""


def test_a_certificate_that_ends_soon_is_warned_of(certificate: Path) -> None:
    warning = check_time(certificate, END - timedelta(days=20, hours=1))
    assert "expires on 2026-12-31 00:00 UTC, in 20 days" in warning


@pytest.mark.parametrize(
    ("time", "words"),
    [(END + timedelta(seconds=1), "expired on 2026-12-31"), (BEGIN - timedelta(seconds=1), "not valid before 2026")],
)
def test_a_certificate_outside_its_time_is_refused(certificate: Path, time: datetime, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_time(certificate, time)


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "server.pem").write_text("nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        check_time(tmp_path / "server.pem", BEGIN)
