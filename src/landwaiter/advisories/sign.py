"""Signatures of bundles: Ed25519 (RFC 8032), keys as PEM files (PKCS 8 private, SubjectPublicKeyInfo public).

A key is known by its fingerprint, `ed25519:` and the first 16 hexadecimal digits of the sha256 of its 32 raw bytes.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from landwaiter.advisories.seal import Seal, read_seal, signed_text, write_seal
from landwaiter.errors import InputError


def create_key(path: Path) -> Ed25519PublicKey:
    """Write a new private key to `path` (mode 0600) and its public key to `path` with suffix `.pub`.

    Raises InputError when `path` exists: a signing key is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(private)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path.with_suffix(".pub").write_bytes(public)
    except FileExistsError as error:
        raise InputError(
            f"{path} exists already.", "Choose another file; a signing key is never overwritten."
        ) from error
    except OSError as error:
        raise InputError(f"The key cannot be written to {path}: {error.strerror or error}.") from error
    return key.public_key()


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Read an unencrypted Ed25519 private key. Raises InputError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not a private key in PEM: {error}.", _HOW) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path} is a private key of another kind than Ed25519.", _HOW)
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read an Ed25519 public key. Raises InputError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a public key in PEM: {error}.", _HOW) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{path} is a public key of another kind than Ed25519.", _HOW)
    return key


_HOW = "Create a pair with `landwaiter feeds build --create-key FILE`."


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the name under which a key is shown."""
    return f"ed25519:{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]}"


def sign_bundle(path: Path, key: Ed25519PrivateKey) -> str:
    """Sign the bundle at `path` and return the key's fingerprint; its id and content stay as they are."""
    seal = read_seal(path)
    raw = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(signed_text(seal))).decode()
    write_seal(path, msgspec.structs.replace(seal, key=raw, signature=signature))
    return fingerprint(key.public_key())


def check_signature(seal: Seal, where: object) -> str:
    """Return the fingerprint of the key that signed, "" when nobody did. Raises InputError when it is wrong."""
    if not seal.signature and not seal.key:
        return ""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(seal.key, validate=True))
        key.verify(base64.b64decode(seal.signature, validate=True), signed_text(seal))
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise InputError(f"The signature of {where} is wrong.", "Get the bundle again from its publisher.") from error
    return fingerprint(key)


def require_trusted(seal: Seal, trusted: Iterable[Ed25519PublicKey], where: object) -> str:
    """Return the fingerprint of the trusted key that signed. Raises InputError when none of `trusted` did."""
    signer = check_signature(seal, where)
    if not signer:
        raise InputError(
            f"{where} is not signed.", "Sign it where it is built, with `landwaiter feeds build --key FILE`."
        )
    raw = base64.b64decode(seal.key)
    if not any(key.public_bytes_raw() == raw for key in trusted):
        raise InputError(
            f"{where} is signed by {signer}, which is not trusted.", "Name the publisher's public key with --trust."
        )
    return signer
