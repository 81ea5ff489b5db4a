import ssl

import pytest

from landwaiter.errors import InputError
from landwaiter.images.trust import read_root_ca, ssl_context


def test_verification_is_on():
    context = ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("pem", ["rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_pem_that_cannot_be_read(pem, tmp_path):
    with pytest.raises(InputError, match="cannot be read as PEM"):
        ssl_context(pem)
    (tmp_path / "ca").write_text(pem)
    with pytest.raises(InputError, match="holds no PEM certificate|cannot be read as PEM"):
        read_root_ca(tmp_path / "ca")


def test_files_that_hold_no_certificate(tmp_path):
    (tmp_path / "der").write_bytes(b"\x30\x82\xff\x00")
    with pytest.raises(InputError, match="holds no PEM certificate. Convert it"):
        read_root_ca(tmp_path / "der")
    with pytest.raises(InputError, match="cannot be opened"):
        read_root_ca(tmp_path / "none")
