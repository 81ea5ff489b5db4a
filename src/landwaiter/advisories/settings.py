"""Where feeds come from, as the operator says it: a settings file (TOML), the environment, and options, the last first.

mirror = "https://mirror.example.net/feeds"   # or a folder; laid out as the feeds folder is
root_ca = "/etc/ssl/own-root.pem"
only = ["osv/PyPI", "alpine-secdb"]           # without it: all that need no decision
opt_in = ["osv/Wolfi"]                        # feeds under a licence of their own
[addresses]                                   # single feeds, or all of a kind
osv = "/srv/osv"
kev = "https://mirror.example.net/kev"
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from landwaiter.advisories.sources import SOURCES
from landwaiter.errors import InputError

MIRROR_VARIABLE = "LANDWAITER_FEEDS_MIRROR"
ROOT_CA_VARIABLE = "LANDWAITER_FEEDS_ROOT_CA"
_LARGEST = 1 << 20


class FeedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`mirror` and `addresses` are URLs or folders, `root_ca` is a PEM file's path, "" where not set.

    `only` and `opt_in` name feeds, or all of a kind ("osv").
    """

    mirror: str = ""
    root_ca: str = ""
    only: tuple[str, ...] = ()
    opt_in: tuple[str, ...] = ()
    addresses: dict[str, str] = {}

    @property
    def compiled(self) -> tuple[str, ...]:
        """The readers that `opt_in` asks the build for."""
        osv = any(name.startswith("osv/") for name in self.opt_in)
        return (*(name for name in self.opt_in if not name.startswith("osv/")), *(("osv-optional",) if osv else ()))


def load_feed_settings(
    path: Path | None, environment: Mapping[str, str], given: Mapping[str, object] | None = None
) -> FeedSettings:
    """Return the settings of the file `path` (None: no file), overruled by the environment and by what is `given`.

    Raises InputError: no such file, not TOML, an unknown key or feed, a value of another kind.
    """
    table = _read(path) if path is not None else {}
    for key, variable in (("mirror", MIRROR_VARIABLE), ("root_ca", ROOT_CA_VARIABLE)):
        if environment.get(variable):
            table[key] = environment[variable]
    addresses = table.get("addresses", {})
    for key, value in (given or {}).items():
        if value:
            table[key] = {**addresses, **value} if isinstance(value, dict) and isinstance(addresses, dict) else value
    try:
        settings = msgspec.convert(table, FeedSettings)
    except msgspec.ValidationError as error:
        raise InputError(f"{_where(path)}: {error}{_nearest(table)}.", _SEE) from error
    _check_names(settings, path)
    return settings


_SEE = "See `landwaiter feeds update --help`."


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            return tomllib.loads(stream.read(_LARGEST).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"The settings {path} cannot be read: {error}.", _SEE) from error


def _where(path: Path | None) -> str:
    return f"The settings {path}" if path else "The settings of the feeds"


def _nearest(table: Mapping[str, object]) -> str:
    known = FeedSettings.__struct_fields__
    near = (difflib.get_close_matches(key, known, 1) for key in table if key not in known)
    return next((f"; did you mean {found[0]!r}?" for found in near if found), "")


def _check_names(settings: FeedSettings, path: Path | None) -> None:
    known = {name for source in SOURCES for name in (source.name, source.name.partition("/")[0])}
    optional = {source.name for source in SOURCES if source.optional}
    for name in (*settings.only, *settings.addresses):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise InputError(
                f"{_where(path)}: {name!r} is no feed{f'; did you mean {near[0]!r}?' if near else ''}.", _SEE
            )
    for name in settings.opt_in:
        if name not in optional:
            raise InputError(
                f"{_where(path)}: {name!r} is no feed that asks for a decision.",
                f"They are {', '.join(sorted(optional))}.",
            )
