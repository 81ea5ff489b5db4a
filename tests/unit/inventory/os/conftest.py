"""Writers of rpm's databases, as small as the formats allow; the readers under test never see each other's code here."""

import sqlite3
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

Value = str | int | list[str] | list[int]

TAGS = {
    "name": (1000, 6), "version": (1001, 6), "release": (1002, 6), "epoch": (1003, 4), "vendor": (1011, 6), "license": (1014, 6),
    "arch": (1022, 6), "sourcerpm": (1044, 6), "modularity": (5096, 6), "states": (1029, 1), "modes": (1030, 3), "digests": (1035, 8),
    "algorithm": (5011, 4), "dirindexes": (1116, 4), "basenames": (1117, 8), "dirnames": (1118, 8), "summary": (1004, 9),
}  # fmt: skip
WIDTHS = {1: "B", 3: "H", 4: "I"}


class RpmFiles:
    """Headers and databases."""

    def header(self, **values: Value) -> bytes:
        index, data = b"", b""
        for key, value in values.items():
            tag, kind = TAGS[key]
            if kind in WIDTHS:
                numbers = value if isinstance(value, list) else [value]
                width = struct.calcsize(WIDTHS[kind])
                data += bytes(-len(data) % width)
                start, count = len(data), len(numbers)
                data += struct.pack(f">{count}{WIDTHS[kind]}", *numbers)
            else:
                texts = value if isinstance(value, list) else [value]
                start, count = len(data), len(texts)
                data += b"".join(str(text).encode() + b"\0" for text in texts)
            index += struct.pack(">IIII", tag, kind, start, count)
        return struct.pack(">II", len(index) // 16, len(data)) + index + data

    def package(self, name: str, version: str = "1.0", release: str = "1", **values: Value) -> bytes:
        return self.header(name=name, version=version, release=release, arch="x86_64", **values)

    def ndb(self, blobs: Sequence[bytes]) -> bytes:
        slots, area = b"", b""
        for number, blob in enumerate(blobs, 1):
            place = (4096 + len(area)) // 16
            whole = struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + blob
            whole += bytes(-len(whole) % 16) + bytes(16)
            area += whole
            slots += struct.pack("<4sIII", b"Slot", number, place, len(whole) // 16)
        free = struct.pack("<4sIII", b"Slot", 0, 0, 0) * (4096 // 16 - 2 - len(blobs))
        return struct.pack("<4sIII16x", b"RpmP", 0, 1, 1) + slots + free + area

    def bdb(self, blobs: Sequence[bytes], order: str = "<", size: int = 512) -> bytes:
        """Each value on overflow pages, but for those that fit on a hash page of their own."""
        pages: list[bytes] = [b""]
        for number, blob in enumerate([b"\1\0\0\0", *blobs]):
            key = b"\1" + struct.pack(f"{order}I", number)
            value = b"\1" + blob
            if len(value) > size - 26 - 4 - len(key):
                first = len(pages) + 1
                value = struct.pack(f"{order}B3xII", 3, first, len(blob))
            pages.append(self._hash_page(order, size, len(pages), [key, value]))
            if value[0] == 3:
                parts = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
                for place, part in enumerate(parts):
                    following = len(pages) + 1 if place + 1 < len(parts) else 0
                    head = struct.pack(f"{order}8xIIIHHBB", len(pages), 0, following, 1, len(part), 0, 7)
                    pages.append((head + part).ljust(size, b"\0"))
        meta = struct.pack(f"{order}8xIIIIBBBxI", 0, 0x061561, 9, size, 0, 8, 0, 0) + struct.pack(
            f"{order}I", len(pages) - 1
        )
        pages[0] = meta.ljust(size, b"\0")
        return b"".join(pages)

    @staticmethod
    def _hash_page(order: str, size: int, number: int, items: Sequence[bytes]) -> bytes:
        page = bytearray(size)
        struct.pack_into(f"{order}8xIIIHHBB", page, 0, number, 0, 0, len(items), 0, 0, 13)
        end = size
        for place, item in enumerate(items):
            end -= len(item)
            page[end : end + len(item)] = item
            struct.pack_into(f"{order}H", page, 26 + 2 * place, end)
        return bytes(page)

    def sqlite(
        self, folder: Path, blobs: Sequence[bytes], *, late: Mapping[int, bytes] | None = None, page_size: int = 4096
    ) -> tuple[bytes, bytes]:
        """Write the database with SQLite itself; return file and write-ahead log. Rows of `late` are only in the log."""
        path = folder / "rpmdb.sqlite"
        path.unlink(missing_ok=True)
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute(f"PRAGMA page_size={page_size}")
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        writer.execute("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
        writer.execute("BEGIN")
        writer.executemany("INSERT INTO Packages(blob) VALUES (?)", [(blob,) for blob in blobs])
        writer.execute("COMMIT")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for number, blob in (late or {}).items():
            writer.execute("REPLACE INTO Packages VALUES (?, ?)", (number, blob))
        log = path.with_name("rpmdb.sqlite-wal")
        content = path.read_bytes(), log.read_bytes() if log.exists() else b""
        writer.close()
        return content


@pytest.fixture(scope="session")
def rpm_files() -> RpmFiles:
    return RpmFiles()
