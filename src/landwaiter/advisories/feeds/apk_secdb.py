"""The secdb of Wolfi and Chainguard: `wolfi-secdb/security.json`, `chainguard-secdb/security.json`.

The same format as Alpine's, without releases. The data are under a licence of their own, so they are read only when the
operator asks for them, and never part of what the project publishes.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.alpine_secdb import SecurityDatabase, affected, fixes, identifiers
from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import Advisory, Affected, Fact, Quarantined
from landwaiter.advisories.text import is_name

_decoder = msgspec.json.Decoder(SecurityDatabase)


def _read(folder: Path, *, feed: str, ecosystem: str) -> Iterator[Fact]:
    path = folder / feed / "security.json"
    if not path.exists():
        return
    try:
        database = _decoder.decode(read_limited(path))
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Quarantined(feed, path.name, explain(error))
        return
    statements: dict[str, list[Affected]] = {}
    for name, version, text in fixes(database):
        found = identifiers(text) if is_name(name) and is_name(version) else {}
        if not found:
            yield Quarantined(feed, name[:80], f"no advisory id can be read from {text[:80]!r}")
        for identifier in found:
            statements.setdefault(identifier, []).append(affected(ecosystem, name, version))
    for identifier in sorted(statements):
        yield Advisory(feed, identifier, affected=tuple(dict.fromkeys(statements[identifier])))


read_wolfi = partial(_read, feed="wolfi-secdb", ecosystem="Wolfi")
"""Read Wolfi's secdb."""

read_chainguard = partial(_read, feed="chainguard-secdb", ecosystem="Chainguard")
"""Read Chainguard's secdb."""
