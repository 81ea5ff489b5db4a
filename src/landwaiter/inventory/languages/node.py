"""Node.js packages: `package.json` (docs.npmjs.com, "package.json") of installed packages, and Yarn's zipped cache.

Installed is what lies directly in a `node_modules` folder or in a scope (`@name`) in it; so do npm's, pnpm's
(`.pnpm/…`) and Yarn's (`.yarn/unplugged/…`) layouts and global installations. A package may also carry others in a
folder for that (`next/dist/compiled/react-is`), which then have the folder's name. Any other package.json within a
package is a part of it: a fixture, or the mark of a module format. Outside of `node_modules`, a package.json with name
and version is the application itself, or a package laid down by hand (Yarn in the official images, `usr/share/nodejs`
in Debian).
"""

import re

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.languages.java.zipdirectory import ZipDirectory, ZipError
from landwaiter.inventory.models import Evidence, PackageFact
from landwaiter.inventory.os.stanzas import plausible

NAME = "node"
YARN = "yarn-cache"
_BOM = b"\xef\xbb\xbf"
_INSTALLED = re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?(?!node_modules/)[^/@.][^/]*/package\.json\Z")
_CARRIED = re.compile(
    r"/(?:compiled|bundled|vendor|vendored|external|third[-_]?party)/(?P<name>(?:@[^/]+/)?[^/@.][^/]*)/package\.json\Z"
)
_FIXTURE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__fixtures__|fixtures?|testdata|test-data|examples?|templates?|benchmarks?|specs?|docs?)/"
)
_MAX_ENTRIES, _MAX_PACKAGES = 100_000, 10
_YARN_ZIP = re.compile(r"(?:^|/)\.yarn/(?:berry/)?cache/[^/]+\.zip\Z")
_ZIP_MEMBER = re.compile(rb"\Anode_modules/(?:@[^/]+/)?[^/]+/package\.json\Z")


class _PackageJson(msgspec.Struct):
    name: object = None
    version: object = None
    license: object = None
    licenses: object = None


_DECODER = msgspec.json.Decoder(_PackageJson)


def _license_names(value: object) -> tuple[str, ...]:
    """Return the licences of `license` or of the older `licenses`: a text, an object with `type`, or a list."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, dict):
        return _license_names(value.get("type") or value.get("name"))
    if isinstance(value, list):
        return tuple(name for one in value[:10] if isinstance(one, str | dict) for name in _license_names(one)[:1])
    return ()


def _package(content: bytes) -> PackageFact | None:
    """Return the package, None when name or version is missing. Raises InputError when it is no JSON object."""
    try:
        document = _DECODER.decode(content.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("The package.json is no JSON object.") from error
    name, version = document.name, document.version
    if not isinstance(name, str) or not isinstance(version, str) or not plausible(name, version):
        return None
    return PackageFact(
        "npm", name, version, licenses=_license_names(document.license) or _license_names(document.licenses)
    )


def _wants(path: str) -> bool:
    if "node_modules/" in path:
        return _INSTALLED.search(path) is not None or _carried_name(path) != ""
    return _FIXTURE.search(path) is None


def _carried_name(path: str) -> str:
    """Return the name that a package at `path` has when another one carries it, "" at any other place."""
    own = path[path.rfind("node_modules/") :]
    match = _CARRIED.search(own)
    return match["name"] if match and not _FIXTURE.search(own) else ""


def read_package_json(path: str, content: bytes) -> Evidence | None:
    """Read a package.json; one without name and version describes no package. Raises InputError."""
    carried = _carried_name(path)
    installed = "node_modules/" in path and not carried
    try:
        package = _package(content)
    except InputError:
        if installed:
            raise
        return None
    if not installed and (package is None or (carried and "node_modules/" in path and package.name != carried)):
        return None
    return Evidence(path, NAME, (package,) if package else ())


def read_yarn_zip(path: str, content: bytes) -> Evidence:
    """Read a package of Yarn's Plug'n'Play cache: a zip with `node_modules/<name>/package.json`. Raises InputError."""
    packages = []
    try:
        archive = ZipDirectory(content, _MAX_ENTRIES)
        places = [place for place, name in enumerate(archive.names) if _ZIP_MEMBER.match(name)][:_MAX_PACKAGES]
        for place in places:
            package = _package(archive.read(place, 4 * MIB))
            if package:
                inside = archive.names[place].decode("utf-8", "replace")
                packages.append(msgspec.structs.replace(package, path=f"{path}!/{inside}"))
    except ZipError as error:
        raise InputError("The zipped package cannot be opened.") from error
    return Evidence(path, YARN, tuple(packages))


NODE = Analyser(NAME, read=read_package_json, basenames=frozenset({"package.json"}), wants=_wants, limit=4 * MIB)
YARN_CACHE = Analyser(
    YARN,
    read=read_yarn_zip,
    suffixes=(".zip",),
    wants=lambda path: _YARN_ZIP.search(path) is not None,
    limit=64 * MIB,
)
