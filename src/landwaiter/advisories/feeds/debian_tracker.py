"""Debian's security tracker: `debian-tracker/data.json`, the document at security-tracker.debian.org/tracker/data/json.

`{source: {CVE: {description, releases: {codename: {status, fixed_version, urgency, nodsa, nodsa_reason}}}}}`. It knows
what no announcement says: vulnerabilities without a fix, and what the security team decided about them.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.feeds.lifecycle import read_releases
from landwaiter.advisories.models import ALL_VERSIONS, Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.severity_words import severity_of_word
from landwaiter.advisories.text import is_identifier, is_name, one_line

NAME = "debian-tracker"
_CODENAMES = {"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14", "sid": "sid"}
"""Used where the folder has no table of releases."""


class _Release(msgspec.Struct):
    status: str = ""
    fixed_version: str = ""
    urgency: str = ""
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Vulnerability(msgspec.Struct):
    releases: dict[str, _Release] | list[object] = {}
    """An empty list where there is none."""
    description: str = ""


_sources = msgspec.json.Decoder(dict[str, msgspec.Raw])
_vulnerability = msgspec.json.Decoder(_Vulnerability)


def read(folder: Path) -> Iterator[Fact]:
    """Read the tracker; one advisory for each CVE, that speaks of every source and release."""
    codenames = _CODENAMES | {r.codename: r.version for r in read_releases(folder, "debian")}
    affected: dict[str, list[Affected]] = {}
    summaries: dict[str, str] = {}
    for path in sorted((folder / NAME).glob("*.json")):
        try:
            sources = _sources.decode(read_limited(path))
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, path.name, explain(error))
            continue
        for source, raw in sources.items():
            yield from _collect(source, raw, codenames, affected, summaries)
    for identifier in sorted(affected):
        yield Advisory(
            feed=NAME,
            id=identifier,
            summary=summaries[identifier],
            url=f"https://security-tracker.debian.org/tracker/{identifier}",
            affected=tuple(affected[identifier]),
        )


def _collect(
    source: str,
    raw: msgspec.Raw,
    codenames: dict[str, str],
    affected: dict[str, list[Affected]],
    summaries: dict[str, str],
) -> Iterator[Fact]:
    try:
        vulnerabilities = _sources.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Quarantined(NAME, source[:80], explain(error))
        return
    for identifier, stated in vulnerabilities.items():
        try:
            vulnerability = _vulnerability.decode(stated)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, f"{source[:80]}/{identifier[:80]}", explain(error))
            continue
        if not is_name(source) or not is_identifier(identifier):
            yield Quarantined(NAME, f"{source[:80]}/{identifier[:80]}", "its name or id is not one")
            continue
        summaries.setdefault(identifier, one_line(vulnerability.description))
        releases = vulnerability.releases if isinstance(vulnerability.releases, dict) else {}
        found = (_affected(source, codenames[n], state) for n, state in releases.items() if n in codenames)
        affected.setdefault(identifier, []).extend(item for item in found if item is not None)


def _affected(source: str, release: str, state: _Release) -> Affected | None:
    """Return what the tracker says of a source in a release; None for a status that is not known."""
    ecosystem, severity = f"Debian:{release}", severity_of_word(state.urgency)
    if state.status == "resolved" and is_name(state.fixed_version):
        if state.fixed_version == "0":
            return Affected(ecosystem, source, status="not_affected", note="the tracker says that it is not affected")
        return Affected(ecosystem, source, fixed_in(state.fixed_version), severity=severity)
    if state.status not in ("open", "undetermined"):
        return None
    status = _status(state)
    return Affected(ecosystem, source, ALL_VERSIONS, status=status, severity=severity, note=one_line(state.nodsa))


def _status(state: _Release) -> str:
    """Return the security team's decision: `no-dsa` waits for a point release unless it is ignored."""
    if state.status == "undetermined":
        return "under_investigation"
    if state.urgency.startswith("end-of-life"):
        return "end_of_life"
    if state.nodsa_reason == "ignored":
        return "will_not_fix"
    return "affected" if state.nodsa is None else "deferred"
