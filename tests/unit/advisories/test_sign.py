import base64
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from landwaiter.advisories.bundle import Bundle, open_bundle
from landwaiter.advisories.seal import read_seal, write_seal
from landwaiter.advisories.sign import create_key, fingerprint, load_private_key, load_public_key, sign_bundle
from landwaiter.errors import InputError


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_private_key(path).public_key() == public == load_public_key(tmp_path / "key.pub")
    with pytest.raises(InputError, match="exists already"):
        create_key(path)


def test_what_is_no_key(tmp_path: Path) -> None:
    rsa = generate_private_key(65537, 2048)
    (tmp_path / "rsa").write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "rsa.pub").write_bytes(rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text").write_text("hello")
    for name in ("rsa", "text", "absent"):
        with pytest.raises(InputError):
            load_private_key(tmp_path / name)
    for name in ("rsa.pub", "text", "absent"):
        with pytest.raises(InputError):
            load_public_key(tmp_path / name)


def test_a_signature_changes_nothing_but_the_seal(bundle: Bundle) -> None:
    key = Ed25519PrivateKey.generate()
    signer = sign_bundle(bundle.path, key)
    with open_bundle(bundle.path, trusted=[key.public_key()]) as opened:
        assert opened.info.id == bundle.info.id
        assert opened.info.signed_by == signer == fingerprint(key.public_key())
    sign_bundle(bundle.path, Ed25519PrivateKey.generate())
    with open_bundle(bundle.path) as opened:
        assert opened.info.id == bundle.info.id


def test_trust(bundle: Bundle) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with pytest.raises(InputError, match="not signed"):
        open_bundle(bundle.path, trusted=[key.public_key()])
    sign_bundle(bundle.path, key)
    with pytest.raises(InputError, match="not trusted"):
        open_bundle(bundle.path, trusted=[other.public_key()])


@pytest.mark.parametrize(
    "change",
    [
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"signature": "not base64!"},
        {"signature": ""},
        {"key": base64.b64encode(bytes(32)).decode()},
        {"key": ""},
        {"id": "sha256:" + "0" * 64},
        {"crc32": 1},
    ],
)
def test_wrong_signatures(bundle: Bundle, change: dict[str, Any]) -> None:
    sign_bundle(bundle.path, Ed25519PrivateKey.generate())
    write_seal(bundle.path, msgspec.structs.replace(read_seal(bundle.path), **change))
    with pytest.raises(InputError, match="signature"):
        open_bundle(bundle.path)
