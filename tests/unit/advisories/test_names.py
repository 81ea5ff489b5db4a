from landwaiter.advisories.models import ALL_VERSIONS, Advisory, Affected
from landwaiter.advisories.names import is_security, linked_cves, other_names, own_cves, vulnerabilities


def advisory(identifier: str, ecosystem: str = "PyPI", **fields: tuple[str, ...]) -> Advisory:
    return Advisory("osv/x", identifier, affected=(Affected(ecosystem, "p", ALL_VERSIONS),), **fields)  # type: ignore[arg-type] # only name lists are given


def test_aliases_name_the_vulnerability() -> None:
    it = advisory("PYSEC-2024-1", aliases=("CVE-2024-0001", "GHSA-x"), related=("CVE-2024-0009",))
    assert own_cves(it) == ("CVE-2024-0001",)
    assert other_names(it, ("CVE-2024-0001",)) == ("GHSA-x", "PYSEC-2024-1")


def test_errata_name_them_in_upstream_or_related() -> None:
    assert own_cves(advisory("ALSA-2024:1", "AlmaLinux:9", related=("CVE-2024-0001", "RHSA-2024:1"))) == (
        "CVE-2024-0001",
    )
    assert own_cves(advisory("DSA-1-1", "Debian:12", upstream=("CVE-2024-0002", "CVE-2024-0001"))) == (
        "CVE-2024-0001",
        "CVE-2024-0002",
    )


def test_the_id_carries_the_cve() -> None:
    assert own_cves(advisory("UBUNTU-CVE-2024-0001", "Ubuntu:22.04:LTS")) == ("CVE-2024-0001",)


def test_upstream_counts_for_languages_only_without_alias() -> None:
    assert own_cves(advisory("X-1", upstream=("CVE-2024-0001",))) == ("CVE-2024-0001",)
    assert own_cves(advisory("X-1", upstream=("CVE-2024-0001",), aliases=("CVE-2024-0002",))) == ("CVE-2024-0002",)


def test_aliases_are_followed_to_a_cve() -> None:
    links = {"GHSA-x": {"GHSA-x", "PYSEC-1", "X-9"}, "X-9": {"X-9", "CVE-2024-0001"}}
    it = advisory("PYSEC-1", aliases=("GHSA-x",))
    assert linked_cves(it, links) == ("CVE-2024-0001",)
    assert vulnerabilities(it, links) == ("CVE-2024-0001",)


def test_without_a_cve_the_shared_name_is_the_ghsa() -> None:
    assert vulnerabilities(advisory("PYSEC-1", aliases=("GHSA-x",)), {}) == ("GHSA-x",)
    assert vulnerabilities(advisory("RUSTSEC-1"), {}) == ("RUSTSEC-1",)


def test_bug_fix_errata_are_security_only_with_a_cve() -> None:
    assert not is_security(advisory("ALBA-2024:1", "AlmaLinux:9"))
    assert is_security(advisory("ALBA-2024:1", "AlmaLinux:9", related=("CVE-2024-0001",)))
    assert is_security(advisory("ALSA-2024:1", "AlmaLinux:9"))
