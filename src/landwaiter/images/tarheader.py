"""One 512-byte tar header block and the extended headers in front of it (ustar, pax, GNU tar).

Where the formats leave room, this reads as Go's archive/tar does, since the container engines use it: what runs is what
counts. So GNU long names win over pax records, and pax global headers are ignored.
"""

import msgspec

from landwaiter.errors import InputError

BLOCK = 512
ZEROS = bytes(BLOCK)
POSIX_MAGIC = b"ustar\x00"
_ADLER = 65521
_NEVER = -1


class DamagedTarError(InputError):
    """The bytes are no tar, or a damaged one."""


class PaxRecords(msgspec.Struct, frozen=True):
    """The records of a pax extended header; keys and values as text, `sparse` the pairs of format 0.0 in order."""

    values: dict[str, str]
    sparse: list[int]


def adler_of_sum(field: bytes) -> int:
    """Return the lower half of the Adler-32 that a block with this checksum field must have.

    It is one plus the sum of all bytes modulo 65521, while the checksum is the sum with its own field taken as spaces.
    -1, which no block has, where the field is no number.
    """
    try:
        stated = parse_number(field)
    except DamagedTarError:
        return _NEVER
    return (1 + stated - 8 * 0x20 + sum(field)) % _ADLER


def checksum_holds(block: bytes) -> bool:
    """Tell whether the header's checksum is right, as a sum of unsigned bytes or, as once, of signed ones."""
    try:
        stated = parse_number(block[148:156])
    except DamagedTarError:
        return False
    total = sum(block) + 8 * 0x20 - sum(block[148:156])
    signed = total - 256 * sum(byte > 127 for byte in block[:148] + block[156:])
    return stated in (total, signed)


def parse_number(field: bytes) -> int:
    """Read a numeric field: octal text, or base-256 when the first bit is set (GNU). Raises DamagedTarError."""
    if field and field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] & 0x40:
            raise DamagedTarError("A number in a tar header is negative.")
        return value
    text = field.strip(b" \x00").partition(b"\x00")[0].rstrip(b" ")
    if not text:
        return 0
    if text.strip(b"01234567"):
        raise DamagedTarError("A number in a tar header is not octal.")
    return int(text, 8)


def cut_text(field: bytes) -> str:
    """Decode a text field up to its first NUL; bytes that are no UTF-8 become visible escapes."""
    return field.partition(b"\x00")[0].decode("utf-8", "backslashreplace")


def block_name(block: bytes) -> str:
    """Return the name in a header: `prefix/name` where the ustar (or star) prefix is used."""
    name = cut_text(block[:100])
    if block[257:263] != POSIX_MAGIC:
        return name
    prefix = cut_text(block[345:476] if block[508:512] == b"tar\x00" else block[345:500])
    return f"{prefix}/{name}" if prefix else name


def parse_pax(content: bytes) -> PaxRecords:
    """Read records of length, key and value (POSIX pax, "pax Extended Header"). Raises DamagedTarError."""
    records = PaxRecords({}, [])
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 10)
        digits = content[at:space]
        end = at + int(digits) if space > at and digits.isdigit() else 0
        if end <= space + 1 or end > len(content) or content[end - 1] != 0x0A:
            raise DamagedTarError("A pax header is malformed.")
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if not equals or not key:
            raise DamagedTarError("A pax header has a record without a key.")
        _keep_record(records, key, value)
        at = end
    return records


def _keep_record(records: PaxRecords, key: bytes, value: bytes) -> None:
    """Add one record; an empty value takes the key back, as POSIX says."""
    name = key.decode("utf-8", "backslashreplace")
    if name in ("path", "linkpath", "GNU.sparse.name") and b"\x00" in value:
        raise DamagedTarError("A path in a pax header holds a NUL byte.")
    if name in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
        # Format 0.0 repeats the two keys in turn, once for every run of data.
        if (name == "GNU.sparse.offset") != (len(records.sparse) % 2 == 0):
            raise DamagedTarError("A sparse map in a pax header is out of order.")
        records.sparse.append(decimal(value))
    elif value:
        records.values[name] = value.decode("utf-8", "backslashreplace")
    else:
        records.values.pop(name, None)


def decimal(text: bytes | str) -> int:
    """Read a number that is not negative and has at most 19 digits; raises DamagedTarError."""
    if not 0 < len(text) < 20 or not text.isdigit() or not text.isascii():
        raise DamagedTarError("A number in a pax header is malformed.")
    return int(text)


def normalise(name: str) -> str | None:
    """Return `name` relative to the root without empty, `.` and `..` parts; None when it climbs out of the root."""
    short = name.removeprefix("./").strip("/")
    if not ("./" in short or "//" in short or short[-1:] == "."):
        return short
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
