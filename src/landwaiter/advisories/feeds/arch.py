"""Arch Linux: `arch/all.json`, the security tracker's list of groups (`AVG-…`): packages, versions, status, issues."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import ALL_VERSIONS, Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.severity_words import severity_of_word
from landwaiter.advisories.text import is_cve, is_identifier, is_name

NAME = "arch"


class _Group(msgspec.Struct):
    name: str
    packages: list[str]
    status: str = ""
    severity: str = ""
    fixed: str | None = None
    issues: list[str] = []
    advisories: list[str] = []


_groups = msgspec.json.Decoder(list[msgspec.Raw])
_group = msgspec.json.Decoder(_Group)


def read(folder: Path) -> Iterator[Fact]:
    """Read every group."""
    path = folder / NAME / "all.json"
    if not path.exists():
        return
    try:
        groups = _groups.decode(read_limited(path))
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Quarantined(NAME, path.name, explain(error))
        return
    for number, raw in enumerate(groups, 1):
        try:
            yield _fact(_group.decode(raw), number)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, f"group {number}", explain(error))


def _fact(group: _Group, number: int) -> Fact:
    packages = [name for name in group.packages if is_name(name)]
    if not is_identifier(group.name) or not packages:
        return Quarantined(NAME, f"group {number}", "it has no name or no package")
    return Advisory(
        feed=NAME,
        id=group.name,
        upstream=tuple(sorted(filter(is_cve, group.issues))),
        aliases=tuple(sorted(name for name in group.advisories if is_identifier(name))),
        url=f"https://security.archlinux.org/{group.name}",
        affected=tuple(_affected(name, group) for name in packages),
    )


def _affected(name: str, group: _Group) -> Affected:
    severity = severity_of_word(group.severity)
    if group.status == "Not affected":
        return Affected("Arch Linux", name, status="not_affected", note="the tracker says so")
    fixed = group.fixed if group.status in ("Fixed", "Testing") and group.fixed and is_name(group.fixed) else ""
    return Affected("Arch Linux", name, fixed_in(fixed) if fixed else ALL_VERSIONS, severity=severity)
