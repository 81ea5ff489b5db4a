"""Golden cases: each distribution's and ecosystem's rules, from a feed's record to a finding."""

from typing import Any

import pytest

from landwaiter.inventory.models import OsRelease
from landwaiter.matching.match import Matcher, match

DEBIAN = OsRelease("debian", "12")
ALPINE = OsRelease("alpine", "3.18.9")
ALMA = OsRelease("almalinux", "8.8")
UBUNTU = OsRelease("ubuntu", "22.04")


def found(inventory: Any, bundle: Any) -> list[tuple[str, str]]:
    return [(finding.id, finding.package.name) for finding in match(inventory, bundle).findings]


# -- Debian


def tracker(**releases: Any) -> dict[str, Any]:
    return {"debian-tracker/data.json": {"openssl": {"CVE-2024-0001": {"description": "A flaw", "releases": releases}}}}


def test_debian_is_matched_by_its_source(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl", "3.0.11-1~deb12u2"))
    old = package("deb", "libssl3", "3.0.11-1~deb12u1", "openssl")
    new = package("deb", "openssl", "3.0.11-1~deb12u2", "openssl")
    assessment = match(inventory(old, new, os=DEBIAN), opened)
    (finding,) = assessment.findings
    assert (finding.id, finding.package.name, finding.fixed_versions) == (
        "CVE-2024-0001",
        "libssl3",
        ("3.0.11-1~deb12u2",),
    )
    assert finding.aliases == ("DEBIAN-CVE-2024-0001",)
    assert (finding.reason.package, finding.reason.compared) == ("openssl", "3.0.11-1~deb12u1")
    assert (finding.reason.range, finding.reason.scheme) == (">=0, <3.0.11-1~deb12u2", "deb")


def test_debian_of_another_release_says_nothing(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("DEBIAN-CVE-2024-0001", "Debian:11", "openssl"), record("DSA-1", "Debian:12", "x", "1"))
    assert found(inventory(package("deb", "openssl", "3.0"), os=DEBIAN), opened) == []


@pytest.mark.parametrize(
    "case",
    [
        ({"status": "open", "urgency": "unimportant"}, "affected", "negligible"),
        ({"status": "open", "nodsa": "Minor", "nodsa_reason": "ignored"}, "will_not_fix", "unknown"),
        ({"status": "open", "nodsa": "Minor"}, "deferred", "unknown"),
        ({"status": "open", "urgency": "end-of-life"}, "end_of_life", "unknown"),
        ({"status": "undetermined"}, "under_investigation", "unknown"),
    ],
)
def test_debians_decisions_are_kept(bundle: Any, inventory: Any, package: Any, case: Any) -> None:
    state, status, severity = case
    opened = bundle(files=tracker(bookworm=state))
    (finding,) = match(inventory(package("deb", "openssl", "3.0"), os=DEBIAN), opened).findings
    assert (finding.status, finding.severity, finding.fixed_versions) == (status, severity, ())


@pytest.mark.parametrize(("suffix", "status"), [("deb12", "end_of_life"), ("deb11", "affected")])
def test_sources_whose_support_ended(bundle: Any, inventory: Any, package: Any, suffix: str, status: str) -> None:
    files = tracker(bookworm={"status": "open"}) | {
        f"debian/security-support-ended.{suffix}": "openssl 3.0 2025-01-01\n"
    }
    opened = bundle(files=files)
    (finding,) = match(inventory(package("deb", "libssl3", "3.0", "openssl"), os=DEBIAN), opened).findings
    assert finding.status == status


def test_the_tracker_overrules_announcements(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    """The announcement says fixed in 3.0.5; the tracker knows that 3.0.3 had it already."""
    announcement = record("DSA-1-1", "Debian:12", "openssl", "3.0.5", upstream=["CVE-2024-0001"])
    opened = bundle(announcement, files=tracker(bookworm={"status": "resolved", "fixed_version": "3.0.3"}))
    assert found(inventory(package("deb", "openssl", "3.0.4"), os=DEBIAN), opened) == []
    assert found(inventory(package("deb", "openssl", "3.0.2"), os=DEBIAN), opened) == [("CVE-2024-0001", "openssl")]


def test_the_vendors_not_affected_overrules_all(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl"),
        files=tracker(bookworm={"status": "resolved", "fixed_version": "0"}),
    )
    assert found(inventory(package("deb", "openssl", "3.0.4"), os=DEBIAN), opened) == []


# -- Ubuntu


def test_ubuntu_with_its_priority(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    severity = [
        {"type": "Ubuntu", "score": "low"},
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
    ]
    opened = bundle(
        record("UBUNTU-CVE-2024-0001", "Ubuntu:22.04:LTS", "openssl", "3.0.2-0ubuntu1.12", severity=severity),
        record("USN-1-1", "Ubuntu:22.04:LTS", "openssl", "3.0.2-0ubuntu1.12", upstream=["CVE-2024-0001"]),
    )
    (finding,) = match(inventory(package("deb", "libssl3", "3.0.2-0ubuntu1.10", "openssl"), os=UBUNTU), opened).findings
    assert (finding.id, finding.severity) == ("CVE-2024-0001", "low")
    assert finding.cvss is not None
    assert finding.cvss.score == 9.8
    assert finding.reason.record == "UBUNTU-CVE-2024-0001"


def test_ubuntu_pro_does_not_speak_for_standard_releases(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(
        record("UBUNTU-CVE-2024-0001", "Ubuntu:22.04:LTS", "other", "1"),
        record("UBUNTU-CVE-2024-0002", "Ubuntu:Pro:22.04:LTS", "openssl", "3.0.2-0ubuntu1.12+esm1"),
    )
    assert found(inventory(package("deb", "openssl", "3.0.2-0ubuntu1.12"), os=UBUNTU), opened) == []


# -- Alpine


def secdb(**fixes: dict[str, list[str]]) -> dict[str, Any]:
    packages = [{"pkg": {"name": name, "secfixes": secfixes}} for name, secfixes in fixes.items()]
    return {"alpine-secdb/v3.18/main.json": {"distroversion": "v3.18", "packages": packages}}


def test_alpine_is_matched_by_origin(bundle: Any, inventory: Any, package: Any) -> None:
    opened = bundle(files=secdb(openssl={"3.1.4-r5": ["CVE-2024-0001"], "3.1.4-r0": ["CVE-2024-0002"]}))
    libs = package("apk", "libcrypto3", "3.1.4-r1", "openssl")
    (finding,) = match(inventory(libs, os=ALPINE), opened).findings
    assert (finding.id, finding.package.name, finding.fixed_versions) == ("CVE-2024-0001", "libcrypto3", ("3.1.4-r5",))
    assert (finding.reason.feed, finding.reason.scheme) == ("alpine-secdb", "apk")


def test_alpine_never_affected(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("ALPINE-CVE-2024-0001", "Alpine:v3.18", "openssl", "9.9-r9"),
        files=secdb(openssl={"0": ["CVE-2024-0001"]}),
    )
    assert found(inventory(package("apk", "openssl", "3.1-r0"), os=ALPINE), opened) == []


def test_alpine_takes_its_severity_from_others(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    opened = bundle(
        record("BIT-openssl-2024-0001", "Bitnami", "openssl", "3.1.4", aliases=["CVE-2024-0001"], severity=severity),
        files=secdb(openssl={"3.1.4-r5": ["CVE-2024-0001"]}),
    )
    (finding,) = match(inventory(package("apk", "openssl", "3.1.4-r1"), os=ALPINE), opened).findings
    assert finding.severity == "critical"
    assert finding.aliases == ()


# -- AlmaLinux


def erratum(record: Any, identifier: str, name: str, *fixes: str, summary: str = "", **fields: Any) -> dict[str, Any]:
    made = record(identifier, "AlmaLinux:8", name, summary=summary or f"Important: {name} security update", **fields)
    made["affected"] = [item for fixed in fixes for item in record("X", "AlmaLinux:8", name, fixed)["affected"]]
    return made


def test_almalinux_by_binary_with_epoch(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        erratum(record, "ALSA-2024:1", "bind-libs", "32:9.11.36-8.el8", related=["CVE-2024-0001", "CVE-2024-0002"])
    )
    assert found(inventory(package("rpm", "bind-libs", "9.99-1.el8"), os=ALMA), opened) == [
        ("CVE-2024-0001", "bind-libs"),
        ("CVE-2024-0002", "bind-libs"),
    ]
    assert found(inventory(package("rpm", "bind-libs", "32:9.11.36-8.el8"), os=ALMA), opened) == []
    assert found(inventory(package("rpm", "bind-utils", "9.1-1.el8", "bind-libs"), os=ALMA), opened) == []


def test_an_erratum_is_a_name_of_each_of_its_vulnerabilities(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(erratum(record, "ALSA-2024:1", "bash", "4.4.20-5.el8", related=["CVE-2024-0001", "CVE-2024-0002"]))
    first, second = match(inventory(package("rpm", "bash", "4.4.20-4.el8_6"), os=ALMA), opened).findings
    assert first.aliases == second.aliases == ("ALSA-2024:1",)
    assert (first.severity, first.summary) == ("high", "Important: bash security update")


def test_almalinux_bug_fixes_are_no_findings(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        erratum(record, "ALBA-2024:1", "bash", "9-9.el8", related=[]),
        erratum(record, "ALBA-2024:2", "bash", "9-9.el8", related=["CVE-2024-0001"]),
    )
    assert found(inventory(package("rpm", "bash", "4-4.el8"), os=ALMA), opened) == [("CVE-2024-0001", "bash")]


MODULES = "Moderate: nodejs:18 security, bug fix, and enhancement update"


@pytest.mark.parametrize(
    "case",
    [
        ("1:18.12.1-2.module_el8.7.0+1+a", "nodejs:18:87:x:x86_64", True),
        ("1:18.14.2-2.module_el8.7.0+3500+aaaa", "nodejs:18:87:x:x86_64", False),
        ("1:16.19.1-1.module_el8.7.0+1+a", "nodejs:16:87:x:x86_64", False),
        ("1:16.19.1-1.module_el8.7.0+1+a", "", False),
        ("1:18.12.1-2.module_el8.7.0+1+a", "", True),
        ("1:10.0-1.el8", "", False),
    ],
)
def test_module_errata_speak_of_their_stream(
    bundle: Any, inventory: Any, package: Any, record: Any, case: tuple[str, str, bool]
) -> None:
    version, label, affected = case
    fix = "1:18.14.2-2.module_el8.7.0+3500+aaaa"
    opened = bundle(erratum(record, "ALSA-2023:1", "nodejs", fix, summary=MODULES, related=["CVE-2023-0001"]))
    assert bool(found(inventory(package("rpm", "nodejs", version, modularity=label), os=ALMA), opened)) is affected


def test_an_erratum_that_lists_several_builds(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    """The build for 8.4 sorts below that for 8.5; who has either has the fix."""
    builds = ("1:1.15-2.module_el8.5.0+119+9a9ec082", "1:1.15-2.module_el8.4.0+2496+12421f43")
    opened = bundle(erratum(record, "ALSA-2021:1", "podman", *builds, related=["CVE-2021-0001"]))
    for build in builds:
        assert found(inventory(package("rpm", "podman", build), os=ALMA), opened) == []
    assert len(found(inventory(package("rpm", "podman", "1:1.15-1.module_el8.4.0+1+a"), os=ALMA), opened)) == 1


def test_signing_keys_are_no_packages(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(erratum(record, "ALSA-2024:1", "gpg-pubkey", "9-9", related=["CVE-2024-0001"]))
    assert found(inventory(package("rpm", "gpg-pubkey", "3abb34f8-5ffd890e"), os=ALMA), opened) == []


# -- Languages


def test_names_are_compared_as_the_ecosystem_does(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "Flask_Caching", "2.0", aliases=["CVE-2024-0001"]))
    assert found(inventory(package("pypi", "flask.caching", "1.0")), opened) == [("CVE-2024-0001", "flask.caching")]


def test_several_databases_are_one_finding(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("PYSEC-2024-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001", "GHSA-a"]),
        record("GHSA-a", "PyPI", "x", "2.0.1", aliases=["CVE-2024-0001"], database_specific={"severity": "HIGH"}),
    )
    (finding,) = match(inventory(package("pypi", "x", "1.0")), opened).findings
    assert finding.aliases == ("GHSA-a", "PYSEC-2024-1")
    assert finding.fixed_versions == ("2.0.1", "2.0")
    assert finding.severity == "high"


def test_any_database_may_find_it_affected(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("PYSEC-2024-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]),
        record("GHSA-a", "PyPI", "x", "3.0", aliases=["CVE-2024-0001"]),
    )
    (finding,) = match(inventory(package("pypi", "x", "2.5")), opened).findings
    assert (finding.reason.record, finding.fixed_versions, finding.aliases) == ("GHSA-a", ("3.0",), ("GHSA-a",))


def test_a_record_of_two_cves_is_two_findings(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GO-2024-1", "Go", "stdlib", "1.21.1", aliases=["CVE-2024-0001", "CVE-2024-0002"]))
    first, second = match(inventory(package("golang", "stdlib", "go1.20.3")), opened).findings
    assert (first.id, second.id) == ("CVE-2024-0001", "CVE-2024-0002")
    assert first.aliases == second.aliases == ("GO-2024-1",)


def test_withdrawn_records_never_match(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-a", "npm", "x", withdrawn="2024-01-01T00:00:00Z"))
    assert found(inventory(package("npm", "x", "1.0.0")), opened) == []


def test_the_branch_of_the_installed_version_gives_the_fix(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    it = record("GHSA-a", "npm", "x", aliases=["CVE-2024-0001"])
    it["affected"][0]["ranges"][0]["events"] = [
        {"introduced": "2.0.0"},
        {"fixed": "2.2.28"},
        {"introduced": "3.0.0"},
        {"fixed": "3.2.13"},
        {"introduced": "4.0.0"},
        {"fixed": "4.0.4"},
    ]
    opened = bundle(it)
    (finding,) = match(inventory(package("npm", "x", "3.1.0")), opened).findings
    assert (finding.reason.range, finding.fixed_versions) == (">=3.0.0, <3.2.13", ("3.2.13",))


def test_listed_versions(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    it = record("MAL-2024-1", "npm", "evil")
    it["affected"][0] = {"package": {"ecosystem": "npm", "name": "evil"}, "versions": ["77.77.79"]}
    opened = bundle(it)
    (finding,) = match(inventory(package("npm", "evil", "77.77.79")), opened).findings
    assert (finding.id, finding.reason.range, finding.fixed_versions) == ("MAL-2024-1", "listed in versions", ())
    assert found(inventory(package("npm", "evil", "77.77.80")), opened) == []


def test_last_affected_has_no_fix(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    it = record("BIT-x-2020-1", "Bitnami", "x", aliases=["CVE-2020-0001"])
    it["affected"][0]["ranges"][0] = {
        "type": "SEMVER",
        "events": [{"introduced": "5.15.12"}, {"last_affected": "5.15.12"}],
    }
    opened = bundle(it)
    (finding,) = match(inventory(package("bitnami", "x", "5.15.12-3")), opened).findings
    assert (finding.reason.range, finding.fixed_versions) == (">=5.15.12, <=5.15.12", ())


def test_packages_that_the_distribution_owns_are_not_matched_upstream(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "requests", "2.31", aliases=["CVE-2024-0001"]))
    owned = package("pypi", "requests", "2.28.1", owned_by="python3-requests")
    assert found(inventory(owned, os=DEBIAN), opened) == []
    assert len(found(inventory(package("pypi", "requests", "2.28.1"), os=DEBIAN), opened)) == 1


# -- Order, exploitation, identity


def test_the_most_urgent_comes_first(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    def rated(identifier: str, word: str, fixed: str | None = "9") -> dict[str, Any]:
        return record(
            f"GHSA-{identifier[-1]}", "npm", "x", fixed, aliases=[identifier], database_specific={"severity": word}
        )

    opened = bundle(
        rated("CVE-2024-0001", "LOW"),
        rated("CVE-2024-0002", "CRITICAL"),
        rated("CVE-2024-0003", "CRITICAL"),
        rated("CVE-2024-0004", "CRITICAL", None),
        rated("CVE-2024-0005", "HIGH"),
        files={
            "kev/known_exploited_vulnerabilities.json": {"vulnerabilities": [{"cveID": "CVE-2024-0001"}]},
            "epss/epss_scores-2024-01-01.csv": "#score_date:2024-01-01\ncve,epss,percentile\nCVE-2024-0003,0.4,0.9\n",
        },
    )
    findings = match(inventory(package("npm", "x", "1.0.0")), opened).findings
    assert [finding.id[-1] for finding in findings] == ["1", "3", "2", "4", "5"]
    assert [finding.kev for finding in findings] == [True, False, False, False, False]
    assert [finding.epss for finding in findings] == [None, 0.4, None, None, None]


def test_a_finding_keeps_its_identity_across_rebuilds(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]))
    (old,) = match(inventory(package("pypi", "x", "1.0")), opened).findings
    (new,) = match(inventory(package("pypi", "x", "1.1")), opened).findings
    assert old.package.locations[0].path != new.package.locations[0].path
    assert old.fingerprint == new.fingerprint
    assert len(old.fingerprint) == 32


def test_places_are_told_apart(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    from landwaiter.inventory.models import Location

    opened = bundle(record("GHSA-1", "npm", "x", "2.0.0"))
    one = package("npm", "x", "1.0.0", locations=(Location("a/node_modules/x", 1),))
    other = package("npm", "x", "1.0.0", locations=(Location("b/node_modules/x", 2),))
    first, second = match(inventory(one, other), opened).findings
    assert {first.package.locations, second.package.locations} == {one.locations, other.locations}
    assert first.fingerprint != second.fingerprint


def test_an_unreadable_version_is_told(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-1", "npm", "x", "2.0.0"))
    assessment = match(inventory(package("npm", "x", "not\x1ba version"), package("npm", "y", "neither")), opened)
    assert assessment.findings == ()
    notes = [note for note in assessment.not_assessed if note.kind == "unreadable"]
    assert [note.packages for note in notes] == [1]
    assert "\x1b" not in notes[0].reason


def test_one_matcher_serves_many_images(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-1", "npm", "x", "2.0.0"), record("DSA-1-1", "Debian:12", "x", "2.0"))
    matcher = Matcher(opened)
    images = [
        inventory(package("npm", "x", "1.0.0"), package("deb", "x", "1.0"), os=DEBIAN),
        inventory(package("npm", "x", "1.0.0"), package("deb", "x", "1.0"), os=OsRelease("debian", "11")),
        inventory(package("npm", "x", "3.0.0"), os=DEBIAN),
    ]
    for image in images * 2:
        assert matcher.assess(image) == match(image, opened)
