"""Carrying a bundle over an air gap: one file, compressed with zstd, and verified before it is put in place."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from landwaiter.advisories.bundle import info_of, verify_bundle
from landwaiter.advisories.models import BundleInfo
from landwaiter.advisories.scratch import replacing
from landwaiter.advisories.seal import read_seal, verify_content
from landwaiter.advisories.sign import check_signature, require_trusted
from landwaiter.errors import InputError, NotPermittedError

LARGEST = 16 << 30
"""Bytes of a decompressed bundle; a larger one is refused."""
_CHUNK = 1 << 20
_LEVEL = 12


def export_bundle(bundle: Path, out: Path) -> BundleInfo:
    """Write `bundle` to `out` as one compressed file; its content is verified first. Raises InputError."""
    seal = read_seal(bundle)
    verify_content(bundle, seal)
    check_signature(seal, bundle)
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with replacing(out) as new, new.open("wb") as target, bundle.open("rb") as source:
        compressor.copy_stream(source, target, size=bundle.stat().st_size)
    return info_of(bundle)


def import_bundle(
    archive: Path,
    bundle: Path,
    *,
    trusted: Iterable[Ed25519PublicKey],
    allow_older: bool = False,
    allow_unsigned: bool = False,
) -> BundleInfo:
    """Put the bundle in `archive` (an exported file, or a bundle as it is) in the place of `bundle`.

    It must be signed by one of `trusted`, unless `allow_unsigned` lets one without any signature in, and its data must
    not be older than those in place, unless `allow_older`. Nothing changes when anything is wrong. Raises InputError
    (damaged, not trusted, disk full) and NotPermittedError (older).
    """
    with replacing(bundle) as new:
        _unpack(archive, new)
        seal = read_seal(new)
        if seal.signature or not allow_unsigned:
            require_trusted(seal, trusted, archive)
        info = verify_bundle(new)
        if not allow_older:
            refuse_older(info, bundle)
    return info


def refuse_older(info: BundleInfo, bundle: Path) -> None:
    """Raise NotPermittedError when the data in place are newer; a bundle in place that is damaged counts as none."""
    try:
        there = info_of(bundle)
    except InputError:
        return
    if (info.newest, info.built) < (there.newest, there.built):
        raise NotPermittedError(
            f"The bundle to import has data of {info.newest}, older than those in place ({there.newest}).",
            "Import it with --allow-older if you mean to go back.",
        )


def _unpack(archive: Path, new: Path) -> None:
    try:
        with archive.open("rb") as source, new.open("wb") as target:
            if source.read(4) == zstandard.FRAME_HEADER:
                source.seek(0)
                _copy(zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(source), target, archive)
            else:
                source.seek(0)
                _copy(source, target, archive)
    except FileNotFoundError as error:
        raise InputError(
            f"There is no file {archive}.", "Name the file that `landwaiter feeds export` wrote."
        ) from error
    except zstandard.ZstdError as error:
        raise InputError(f"{archive} is damaged or truncated: {error}.", "Carry it over again.") from error


def _copy(source: BinaryIO | zstandard.ZstdDecompressionReader, target: BinaryIO, archive: Path) -> None:
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > LARGEST:
            raise InputError(f"{archive} is larger than {LARGEST >> 30} GB when unpacked.", "It is no advisory bundle.")
        target.write(chunk)
