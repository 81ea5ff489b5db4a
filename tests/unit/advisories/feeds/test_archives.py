"""What is taken for whole, and what is not, before it replaces good data."""

import bz2
import gzip
import json
import zipfile
from pathlib import Path

import pytest
import zstandard

from landwaiter.advisories.feeds import archives
from landwaiter.advisories.feeds.archives import UnreadableError, check_compressed, check_gzip, zip_members

TEXT = bytes(range(256)) * 4000
ZSTD = zstandard.compress(TEXT)
BZIP2 = bz2.compress(TEXT)


@pytest.mark.parametrize("content", [ZSTD, ZSTD + ZSTD, BZIP2, BZIP2 + BZIP2])
def test_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    check_compressed(tmp_path / "x")


@pytest.mark.parametrize("content", [ZSTD[:-9], ZSTD + ZSTD[:20], ZSTD[:5], BZIP2[:-9], BZIP2[:4], b"<html>", b""])
def test_cut_or_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadableError):
        check_compressed(tmp_path / "x")


@pytest.mark.parametrize("content", [zstandard.compress(bytes(9 << 20)), bz2.compress(bytes(9 << 20))])
def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_LIMIT", 1 << 20)
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadableError):
        check_compressed(tmp_path / "x")


def test_a_gzip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FILE_LIMIT", 1 << 20)
    (tmp_path / "x").write_bytes(gzip.compress(bytes(9 << 20)))
    with pytest.raises(UnreadableError, match="larger"):
        check_gzip(tmp_path / "x")


def test_many_members_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_LIMIT", 1000)
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        for number in range(30):
            archive.writestr(f"{number}.json", json.dumps("x" * 100))
    read = []
    with pytest.raises(UnreadableError, match="larger"):
        read.extend(name for name, _ in zip_members(tmp_path / "x"))
