"""PHP packages that Composer installed: `vendor/composer/installed.json`.

Composer 1 writes a list of packages, Composer 2 an object with `packages`. Versions are kept as written ("v5.4.0",
"dev-main").
"""

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "composer"


class _Package(msgspec.Struct):
    name: str
    version: str
    license: tuple[str, ...] | str | None = None


class _Installed(msgspec.Struct):
    packages: list[_Package]


def read_installed(path: str, content: bytes) -> Evidence:
    """Read Composer's list of installed packages. Raises InputError when it is none."""
    try:
        if content.lstrip()[:1] == b"[":
            packages = msgspec.json.decode(content, type=list[_Package])
        else:
            packages = msgspec.json.decode(content, type=_Installed).packages
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Composer's list of installed packages cannot be read: {error}.") from error
    return Evidence(path, NAME, tuple(_fact(package) for package in packages if package.name and package.version))


def _fact(package: _Package) -> PackageFact:
    licenses = (package.license,) if isinstance(package.license, str) else package.license or ()
    return PackageFact("composer", package.name.lower(), package.version, licenses=licenses)


def _is_composers(path: str) -> bool:
    return path.endswith("composer/installed.json")


COMPOSER = Analyser(
    NAME, basenames=frozenset({"installed.json"}), wants=_is_composers, read=read_installed, limit=64 * MIB
)
