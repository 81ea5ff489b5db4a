"""What a record is about: which vulnerabilities, and under which other names (`aliases`, `upstream`, `related` of OSV).

A record that names several CVEs speaks of several vulnerabilities, so that one CVE is one finding.
"""

from collections.abc import Iterable, Mapping

from landwaiter.advisories.ecosystems import known
from landwaiter.advisories.models import Advisory
from landwaiter.advisories.text import embedded_cve, is_cve

_HOPS_LIMIT = 64
_NOT_SECURITY = ("ALBA-", "ALEA-", "RHBA-", "RHEA-", "RLBA-", "RLEA-")

Links = Mapping[str, Iterable[str]]
"""Non-CVE name -> every name that some record links with it."""


def own_cves(advisory: Advisory) -> tuple[str, ...]:
    """Return the CVEs that the record itself names.

    Errata of distributions name them in `upstream` or, the older ones, in `related`; elsewhere `related` names other
    vulnerabilities, and `upstream` counts only where there is no alias.
    """
    names = [advisory.id, embedded_cve(advisory.id), *advisory.aliases]
    cves = {name for name in names if is_cve(name)}
    if _of_distribution(advisory):
        cves.update(filter(is_cve, (*advisory.upstream, *advisory.related)))
    elif not cves:
        cves.update(filter(is_cve, advisory.upstream))
    return tuple(sorted(cves))


def _of_distribution(advisory: Advisory) -> bool:
    ecosystem = known(advisory.affected[0].ecosystem) if advisory.affected else None
    return ecosystem is not None and ecosystem.distribution


def is_security(advisory: Advisory) -> bool:
    """Tell whether a record is about security: bug-fix and enhancement errata are only where they name a CVE."""
    return not advisory.id.startswith(_NOT_SECURITY) or bool(own_cves(advisory))


def linked_cves(advisory: Advisory, links: Links) -> tuple[str, ...]:
    """Return the CVEs that other records know for this record's names, following aliases of aliases."""
    seen: set[str] = {advisory.id}
    waiting = [advisory.id, *advisory.aliases]
    while waiting and len(seen) < _HOPS_LIMIT:
        name = waiting.pop()
        seen.add(name)
        waiting.extend(other for other in links.get(name, ()) if other not in seen)
    return tuple(sorted(filter(is_cve, seen)))


def vulnerabilities(advisory: Advisory, links: Links) -> tuple[str, ...]:
    """Return the names under which findings of this record go: CVEs where any is known, else one name of its own.

    Without a CVE, the first of all its aliases that is a GHSA is taken, so that PYSEC, GO and RUSTSEC records of the
    same vulnerability meet; else the record's own id.
    """
    cves = own_cves(advisory) or linked_cves(advisory, links)
    if cves:
        return cves
    shared = sorted(name for name in (advisory.id, *advisory.aliases) if name.startswith("GHSA-"))
    return (shared[0] if shared and not _of_distribution(advisory) else advisory.id,)


def other_names(advisory: Advisory, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Return the record's names beside the chosen ones; CVEs among them are left out, as each has its own finding."""
    names = {advisory.id, *advisory.aliases} - set(chosen)
    return tuple(sorted(name for name in names if not is_cve(name)))
