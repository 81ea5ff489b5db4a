"""Python packages: `*.dist-info/METADATA`, `*.egg-info` and `EGG-INFO/PKG-INFO`, and zipped eggs, in any path.

The fields are those of the core metadata specification (packaging.python.org); the name is kept as declared.
"""

import re

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.languages.java.zipdirectory import ZipDirectory
from landwaiter.inventory.models import Evidence, PackageFact
from landwaiter.inventory.os.stanzas import plausible, text

NAME = "python"
EGG = "python-egg"
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    rb"^(Name|Version|License-Expression|License|Classifier):[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE
)
_FOLDER = re.compile(r"(?:^|/)(?P<name>[^/-]+)-(?P<version>[^/-]+)\.dist-info/METADATA\Z")
_PLACE = re.compile(r"(?:\.dist-info/METADATA|(?:\.egg-info|(?:^|/)EGG-INFO)/PKG-INFO|\.egg-info)\Z")
_CLASSIFIER = "License :: "
_MAX_LICENSE = 100
_EGG_METADATA = b"EGG-INFO/PKG-INFO"
_MAX_ENTRIES = 100_000


def _licenses(fields: list[tuple[str, str]]) -> tuple[str, ...]:
    """Return the declared licence: the expression, else a short License field, else the classifiers."""
    by_key = {key: value for key, value in fields if key.startswith("license") and value not in ("", "UNKNOWN")}
    declared = by_key.get("license-expression") or by_key.get("license", "")
    if declared and len(declared) <= _MAX_LICENSE:
        return (declared,)
    classifiers = (value for key, value in fields if key == "classifier" and value.startswith(_CLASSIFIER))
    return tuple(value.rpartition(" :: ")[2] for value in classifiers)[:10]


def _package(path: str, content: bytes) -> PackageFact:
    end = _HEADER_END.search(content)
    header = content[: end.start()] if end else content
    fields = [(text(key).lower(), text(value)) for key, value in _FIELD.findall(header)]
    values = dict(reversed(fields))
    folder = _FOLDER.search(path)
    name = values.get("name") or (folder["name"] if folder else "")
    version = values.get("version") or (folder["version"] if folder else "")
    if not plausible(name, version):
        raise InputError("The Python package's metadata has no name and version.")
    return PackageFact("pypi", name, version, licenses=_licenses(fields))


def read_metadata(path: str, content: bytes) -> Evidence:
    """Read METADATA or PKG-INFO. Raises InputError when it names no package."""
    return Evidence(path, NAME, (_package(path, content),))


def read_egg(path: str, content: bytes) -> Evidence:
    """Read a zipped egg: `EGG-INFO/PKG-INFO` inside it. Raises InputError when it is damaged."""
    try:
        egg = ZipDirectory(content, _MAX_ENTRIES)
        metadata = egg.read(egg.names.index(_EGG_METADATA), MIB)
    except ValueError as error:
        raise InputError("The egg cannot be opened, or has no metadata.") from error
    return Evidence(path, EGG, (_package(path, metadata),))


PYTHON = Analyser(
    NAME,
    read=read_metadata,
    basenames=frozenset({"METADATA", "PKG-INFO"}),
    suffixes=(".egg-info",),
    wants=lambda path: _PLACE.search(path) is not None,
    limit=4 * MIB,
)
PYTHON_EGG = Analyser(EGG, read=read_egg, suffixes=(".egg",), limit=64 * MIB)
