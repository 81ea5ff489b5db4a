"""Small text files in which a runtime, installed without a package manager, states its version.

| file | product | what it says |
| --- | --- | --- |
| `release` of a Java home | java | `JAVA_VERSION="17.0.2"`, `IMPLEMENTOR="Eclipse Adoptium"` |
| `releases/<n>/OTP_VERSION` | erlang | `25.3.2` |
| `rabbit.app` | rabbitmq | `{vsn,"3.12.0"}` |
| `VERSION` of a Go root | golang | `go1.21.5` |
| `wp-includes/version.php` | wordpress | `$wp_version = '6.4.2';` |
"""

import re
from collections.abc import Callable

from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.models import Evidence, PackageFact

KIB = 1 << 10
NAME = "release-file"

_SETTING = re.compile(r'^([A-Z_]+)="?([^"\n]*)"?[ \t\r]*$', re.MULTILINE)
_OTP = re.compile(r"\d+(?:\.\d+){1,4}(?:-rc\d+)?")
_GO = re.compile(r"go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)(?:\s|$)")
_RABBIT = re.compile(r'\{\s*vsn\s*,\s*"(\d+\.\d+\.\d+(?:[-+.][\w.+-]{1,40})?)"\s*\}')
_WORDPRESS = re.compile(r"^[ \t]*\$wp_version\s*=\s*'(\d+\.\d+(?:\.\d+)?(?:-[\w.-]{1,40})?)'", re.MULTILINE)


def _java(text: str) -> PackageFact | None:
    settings = dict(_SETTING.findall(text))
    version = settings.get("JAVA_VERSION", "")
    vendor = settings.get("IMPLEMENTOR", "")
    return PackageFact("generic", "java", version, arch=settings.get("OS_ARCH", ""), vendor=vendor) if version else None


def _first(product: str, pattern: re.Pattern[str], *, whole: bool = False) -> Callable[[str], PackageFact | None]:
    def read(text: str) -> PackageFact | None:
        match = pattern.fullmatch(text.strip()) if whole else pattern.search(text)
        return PackageFact("generic", product, match[match.re.groups]) if match else None

    return read


READERS: dict[str, Callable[[str], PackageFact | None]] = {
    "release": _java,
    "OTP_VERSION": _first("erlang", _OTP, whole=True),
    "rabbit.app": _first("rabbitmq", _RABBIT),
    "VERSION": _first("golang", _GO),
    "version.php": _first("wordpress", _WORDPRESS),
}
"""By the file's name."""

_FOLDERS = {
    "VERSION": re.compile(r"(.*/)?go[\d.-]*/VERSION"),
    "version.php": re.compile(r"(.*/)?wp-includes/version\.php"),
}


def is_release_file(path: str) -> bool:
    """Tell whether a file of a name that many have lies where the runtime puts it."""
    name = path.rpartition("/")[2]
    folder = _FOLDERS.get(name)
    return folder is None or folder.fullmatch(path) is not None


def read_release_file(path: str, content: bytes) -> Evidence | None:
    """Read a runtime's version from its release file; None when it is another file of that name."""
    found = READERS[path.rpartition("/")[2]](content.decode("utf-8", "replace"))
    return Evidence(path, NAME, (found,)) if found else None


RELEASE_FILE = Analyser(
    NAME,
    basenames=frozenset(READERS),
    wants=is_release_file,
    read=read_release_file,
    limit=256 * KIB,
    quiet=True,
)
