"""Lua rocks that LuaRocks installed: `NAME-VERSION.rockspec` below a `rocks` or `rocks-5.x` folder.

A rockspec is Lua, but a list of assignments (github.com/luarocks, "Rockspec format"): `package = "LPeg"`. Nothing is
run: only plain texts are understood.
"""

import re

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "rockspec"

_FIELD = re.compile(
    r"""^[ \t]*(package|version|license)[ \t]*=[ \t]*(?:"([^"\\\n]{1,200})"|'([^'\\\n]{1,200})')""", re.MULTILINE
)
_INSTALLED = re.compile(r"(?:^|/)rocks(?:-5\.\d)?/[^/]+/[^/]+/[^/]+\.rockspec\Z")
_ROCK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*")


def read_rockspec(path: str, content: bytes) -> Evidence:
    """Read the specification of an installed rock. Raises InputError when it names no package and version."""
    found: dict[str, str] = {}
    for name, double, single in _FIELD.findall(content.decode("utf-8", "replace").replace("\r\n", "\n")):
        found.setdefault(name, double or single)
    name, version = found.get("package", ""), found.get("version", "")
    if not _ROCK.fullmatch(name) or not _VERSION.fullmatch(version):
        raise InputError("The rockspec states no package and version that can be read without running it.")
    licenses = (found["license"],) if "license" in found else ()
    return Evidence(path, NAME, (PackageFact("luarocks", name, version, licenses=licenses),))


ROCKSPEC = Analyser(
    NAME,
    suffixes=(".rockspec",),
    wants=lambda path: _INSTALLED.search(path) is not None,
    read=read_rockspec,
    limit=MIB,
)
