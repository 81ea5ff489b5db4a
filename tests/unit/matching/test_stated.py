from typing import Any

import pytest

from landwaiter.inventory.models import OsRelease, Package, SourcePackage
from landwaiter.matching.match import match
from landwaiter.matching.stated import as_stated, is_stated, stated_system

DEBIAN = OsRelease("debian", "12")


def listed(kind: str, name: str, version: str, purl: str) -> Package:
    return Package(kind, name, version, purl, evidence="sbom")


@pytest.mark.parametrize(
    ("purl", "version", "system"),
    [
        ("pkg:rpm/almalinux/libgomp@8.5.0-28.el8_10.alma.1", "8.5.0-28.el8_10.alma.1", OsRelease("almalinux", "8")),
        ("pkg:rpm/redhat/x@1-1.el9?distro=rhel-9.2", "1-1.el9", OsRelease("rhel", "9.2")),
        ("pkg:rpm/rocky-linux/x@1-1.module+el9", "1-1.module+el9", OsRelease("rocky", "9")),
        ("pkg:rpm/amzn/x@1-1.amzn2023", "1-1.amzn2023", OsRelease("amzn", "2023")),
        ("pkg:rpm/opensuse/x@1?distro=opensuse-leap-15.5", "1", OsRelease("opensuse-leap", "15.5")),
        ("pkg:deb/debian/x@1?distro=debian-11", "1", OsRelease("debian", "11")),
        ("pkg:deb/debian/x@1?distro=bookworm", "1", OsRelease("debian", codename="bookworm")),
        ("pkg:deb/ubuntu/x@1?distro=jammy", "1", OsRelease("ubuntu", codename="jammy")),
        ("pkg:apk/alpine/x@1?distro=3.18.4", "1", OsRelease("alpine", "3.18.4")),
        ("pkg:apk/alpine/x@1?distro=alpine-v3.19", "1", OsRelease("alpine", "3.19")),
        ("pkg:apk/wolfi/x@1", "1", OsRelease("wolfi")),
        ("pkg:rpm/fedora/x@1-1.fc40", "1-1.fc40", OsRelease("fedora")),
        ("pkg:rpm/x@1-1.el9", "1-1.el9", None),
        ("not a purl", "1", None),
    ],
)
def test_which_system_a_purl_names(purl: str, version: str, system: OsRelease | None) -> None:
    assert stated_system(listed(purl[4:7], "x", version, purl)) == system


@pytest.mark.parametrize(
    ("qualifiers", "version", "source"),
    [
        ("", "2.0-1", None),
        ("?epoch=1", "1:2.0-1", None),
        ("?upstream=y", "2.0-1", SourcePackage("y", "2.0-1")),
        ("?upstream=y%403.0", "2.0-1", SourcePackage("y", "3.0")),
        ("?epoch=0&upstream=y-lib-3.0-2.el9.src.rpm", "0:2.0-1", SourcePackage("y-lib", "3.0-2.el9")),
        ("?epoch=no", "2.0-1", None),
    ],
)
def test_epoch_and_source(qualifiers: str, version: str, source: SourcePackage | None) -> None:
    found = as_stated(listed("rpm", "x", "2.0-1", f"pkg:rpm/redhat/x@2.0-1{qualifiers}"))
    assert (found.version, found.source) == (version, source)


def test_what_the_database_lists_is_not_stated(package: Any) -> None:
    assert not is_stated(package("deb", "x", "1"))


def test_a_wheels_library_is_of_the_distribution_it_was_built_on(bundle: Any, inventory: Any, record: Any) -> None:
    opened = bundle(
        record("ALSA-1", "AlmaLinux:8", "libgomp", "8.5.0-30.el8", summary="Low: gcc", related=["CVE-2024-0001"]),
        record("DSA-1-1", "Debian:12", "libgomp", "99", aliases=["CVE-2024-0002"]),
    )
    rpm = listed("rpm", "libgomp", "8.5.0-28.el8", "pkg:rpm/almalinux/libgomp@8.5.0-28.el8")
    assessment = match(inventory(rpm, os=DEBIAN), opened)
    assert [finding.id for finding in assessment.findings] == ["CVE-2024-0001"]
    assert [(gap.kind, gap.ecosystem) for gap in assessment.not_assessed] == [("thin-data", "AlmaLinux:8")]


def test_the_images_own_system_never_speaks_for_it(bundle: Any, inventory: Any, record: Any) -> None:
    opened = bundle(record("DSA-1-1", "Debian:12", "x", "99", aliases=["CVE-2024-0001"]))
    other = listed("deb", "x", "1", "pkg:deb/debian/x@1?distro=debian-11")
    vague = listed("deb", "x", "1", "pkg:deb/debian/x@1")
    foreign = listed("rpm", "x", "1", "pkg:rpm/fedora/x@1")
    odd = listed("rpm", "x", "1", "pkg:rpm/debian/x@1?distro=debian-12")
    assessment = match(inventory(other, vague, foreign, odd, os=DEBIAN), opened)
    assert assessment.findings == ()
    assert {(gap.kind, gap.ecosystem, gap.packages) for gap in assessment.not_assessed} == {
        ("no-data", "Debian:11", 1),
        ("unknown-os", "", 1),
        ("unsupported-os", "fedora", 1),
    }
    assert sum(gap.packages for gap in assessment.not_assessed) == 4


def test_it_is_matched_with_the_release_it_names(bundle: Any, inventory: Any, record: Any) -> None:
    opened = bundle(record("DSA-1-1", "Debian:11", "y", "2.0", aliases=["CVE-2024-0001"]))
    stated = listed("deb", "x", "1.5", "pkg:deb/debian/x@1.5?distro=debian-11&upstream=y%401.9")
    (finding,) = match(inventory(stated, os=DEBIAN), opened).findings
    assert (finding.package.version, finding.reason.package, finding.reason.compared) == ("1.5", "y", "1.9")
