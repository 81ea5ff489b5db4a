"""Conda packages: one JSON file each in `conda-meta/` of an environment (`NAME-VERSION-BUILD.json`).

The purl carries what tells two builds of a version apart: `build`, `channel`, `subdir`.
"""

from urllib.parse import quote

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "conda"


class _Record(msgspec.Struct):
    name: str
    version: str
    build: str = ""
    channel: str = ""
    subdir: str = ""
    license: str | None = None


def read_record(path: str, content: bytes) -> Evidence:
    """Read the record of an installed Conda package. Raises InputError when it is none."""
    try:
        record = msgspec.json.decode(content, type=_Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The record of a Conda package cannot be read: {error}.") from error
    if not record.name or not record.version:
        raise InputError("The record of a Conda package states no name and version.")
    qualifiers = {"build": record.build, "channel": _channel(record.channel), "subdir": record.subdir}
    listed = "&".join(f"{key}={quote(value, safe='')}" for key, value in qualifiers.items() if value)
    purl = f"pkg:conda/{quote(record.name, safe='')}@{quote(record.version, safe='')}" + (
        f"?{listed}" if listed else ""
    )
    arch = "" if record.subdir == "noarch" else record.subdir
    licenses = (record.license,) if record.license else ()
    return Evidence(
        path, NAME, (PackageFact("conda", record.name, record.version, arch, licenses=licenses, purl=purl),)
    )


def _channel(channel: str) -> str:
    """Return the channel's name of its address: `https://conda.anaconda.org/conda-forge/linux-64` -> `conda-forge`."""
    parts = channel.partition("://")[2].split("/") if "://" in channel else ["", channel]
    return parts[1] if len(parts) > 1 else ""


def _is_record(path: str) -> bool:
    return path.endswith(".json")


CONDA = Analyser(NAME, parents=frozenset({"conda-meta"}), wants=_is_record, read=read_record, limit=32 * MIB)
