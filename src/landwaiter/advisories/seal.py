"""The seal at the end of a bundle file: what the file must be, and who says so.

A bundle is one file: a SQLite database, then a JSON manifest, the manifest's length (4 bytes, big endian) and the magic
`LWBUNDLE`. SQLite reads as many pages as its header names, so any SQLite tool opens the file. The manifest carries the
database's size, its sha256 (the bundle's id) and CRC-32, and optionally an Ed25519 signature over these three.
Opening checks size, CRC-32 (3 ms for 50 MB) and signature; `verify_content` checks the sha256 as well.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

import msgspec
from isal import isal_zlib

from landwaiter.errors import InputError

MAGIC = b"LWBUNDLE"
_TAIL = 4 + len(MAGIC)
_MANIFEST_LIMIT = 64 << 10
_CHUNK = 1 << 20
_REMEDY = "Fetch or import the bundle again, or build it with `landwaiter feeds build`."


class Seal(msgspec.Struct, frozen=True):
    """`size` (bytes) and digests of the database; `key` and `signature` are base64, "" when unsigned."""

    size: int
    id: str
    crc32: int
    key: str = ""
    signature: str = ""


def signed_text(seal: Seal) -> bytes:
    """Return the bytes that a signature covers."""
    return f"landwaiter bundle 1\n{seal.id}\n{seal.size}\n{seal.crc32}\n".encode()


def seal_of(database: Path) -> Seal:
    """Return the unsigned seal of a plain database file."""
    digest, crc, size = hashlib.sha256(), 0, 0
    with database.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            crc = isal_zlib.crc32(chunk, crc)
            size += len(chunk)
    return Seal(size, f"sha256:{digest.hexdigest()}", crc)


def write_seal(path: Path, seal: Seal) -> None:
    """Write `seal` behind the database's `seal.size` bytes, replacing one that is there."""
    manifest = msgspec.json.encode(seal)
    with path.open("r+b") as stream:
        stream.truncate(seal.size)
        stream.seek(seal.size)
        stream.write(manifest + len(manifest).to_bytes(4, "big") + MAGIC)
        stream.flush()
        os.fsync(stream.fileno())


def read_seal(path: Path) -> Seal:
    """Return the seal of a bundle file. Raises InputError when the file is absent, no bundle, or truncated."""
    try:
        with path.open("rb") as stream:
            return _read(stream, path)
    except OSError as error:
        raise InputError(f"The bundle {path} cannot be read: {error.strerror or error}.", _REMEDY) from error


def _read(stream: BinaryIO, path: Path) -> Seal:
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(end - _TAIL, 0))
    tail = stream.read(_TAIL)
    length = int.from_bytes(tail[:4], "big")
    if tail[4:] != MAGIC or length > min(_MANIFEST_LIMIT, end - _TAIL):
        raise InputError(f"{path} is not a complete advisory bundle.", _REMEDY)
    stream.seek(end - _TAIL - length)
    try:
        seal = msgspec.json.decode(stream.read(length), type=Seal)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not an advisory bundle: its manifest is damaged.", _REMEDY) from error
    if seal.size != end - _TAIL - length:
        raise InputError(f"The bundle {path} is truncated or has been added to.", _REMEDY)
    return seal


def check_damage(path: Path, seal: Seal) -> None:
    """Compare the database's CRC-32 with the seal's: finds accidental damage quickly. Raises InputError."""
    crc, left = 0, seal.size
    with path.open("rb", buffering=0) as stream:
        while left and (chunk := stream.read(min(_CHUNK, left))):
            crc = isal_zlib.crc32(chunk, crc)
            left -= len(chunk)
    if left or crc != seal.crc32:
        raise InputError(f"The bundle {path} is damaged: its content is not what was sealed.", _REMEDY)


def verify_content(path: Path, seal: Seal) -> None:
    """Compare the database's sha256 with the seal's: finds any change. Raises InputError."""
    digest, left = hashlib.sha256(), seal.size
    with path.open("rb") as stream:
        while left and (chunk := stream.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    if left or f"sha256:{digest.hexdigest()}" != seal.id:
        raise InputError(f"The bundle {path} is not what was sealed: its content has another digest.", _REMEDY)
