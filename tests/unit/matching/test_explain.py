from typing import Any

from landwaiter.inventory.models import Location, OsRelease
from landwaiter.matching.explain import explain
from landwaiter.matching.vex import Product, Statement

DEBIAN = OsRelease("debian", "12")


def test_affected(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("PYSEC-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]),
        record("GHSA-a", "PyPI", "x", "1.0", aliases=["CVE-2024-0001"]),
    )
    image = inventory(package("pypi", "x", "1.5", locations=(Location("opt/x-1.5.dist-info/METADATA", 2),)))
    found = explain(image, opened, "GHSA-a")
    assert found.affected
    assert found.answer == "Affected by GHSA-a: x 1.5."
    assert found.names == ("CVE-2024-0001", "PYSEC-1")
    by_record = {item.reason.record: item for item in found.considered}
    assert by_record["PYSEC-1"].decides
    assert (by_record["PYSEC-1"].outcome, by_record["PYSEC-1"].reason.range) == ("affected", ">=0, <2.0")
    assert (by_record["GHSA-a"].outcome, by_record["GHSA-a"].decides) == ("outside", False)
    assert [layer.index for layer in by_record["PYSEC-1"].layers] == [2]


def test_mended(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("DEBIAN-CVE-2024-0001", "Debian:12", "openssl", "3.0-2"))
    found = explain(inventory(package("deb", "libssl3", "3.0-3", "openssl"), os=DEBIAN), opened, "CVE-2024-0001")
    assert not found.affected
    assert found.answer == (
        "Not affected by CVE-2024-0001: no affected range holds the installed version of libssl3: "
        "3.0-3 >= 3.0-2 (fixed)."
    )
    (considered,) = found.considered
    assert considered.decides
    assert (considered.reason.package, considered.reason.compared) == ("openssl", "3.0-3")


def test_another_stream(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    fix = "1:20.1-1.module_el8.9.0+1+a"
    opened = bundle(
        record("ALSA-1", "AlmaLinux:8", "nodejs", fix, summary="Low: nodejs:20 update", related=["CVE-2024-0001"])
    )
    node = package("rpm", "nodejs", "1:18.1-1.module_el8.7.0+1+a", modularity="nodejs:18:1:2:x")
    found = explain(inventory(node, os=OsRelease("almalinux", "8.8")), opened, "CVE-2024-0001")
    (considered,) = found.considered
    assert (considered.outcome, considered.note, considered.decides) == (
        "other",
        "it is about nodejs:20, this is nodejs:18",
        False,
    )


def test_owned(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]))
    found = explain(inventory(package("pypi", "x", "1.0", owned_by="python3-x"), os=DEBIAN), opened, "CVE-2024-0001")
    assert not found.affected
    (considered,) = found.considered
    assert (considered.outcome, considered.decides) == ("owned", False)
    assert "python3-x" in considered.note


def test_not_there(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "y", "2.0", aliases=["CVE-2024-0001"]))
    found = explain(inventory(package("pypi", "x", "1.0")), opened, "CVE-2024-0001")
    assert found.answer == "Not affected by CVE-2024-0001: the image has none of the packages its records speak of."
    assert found.elsewhere == ("PyPI y",)


def test_withdrawn(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-a", "PyPI", "x", withdrawn="2024-01-01T00:00:00Z", aliases=["CVE-2024-0001"]))
    found = explain(inventory(package("pypi", "x", "1.0")), opened, "CVE-2024-0001")
    assert found.answer == "Not affected by CVE-2024-0001: its records were withdrawn."
    assert (found.records, found.withdrawn) == ((), ("GHSA-a",))


def test_unknown(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-a", "PyPI", "x", "1"))
    found = explain(inventory(package("pypi", "x", "1.0")), opened, "CVE-1999-0001")
    assert found.answer == "The bundle has no record of CVE-1999-0001, so nothing can be said."
    assert not found.affected


def test_suppressed(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("PYSEC-1", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]))
    vex = Statement("the vendor", ("CVE-2024-0001",), (Product("pkg:pypi/x"),), "not_affected")
    found = explain(inventory(package("pypi", "x", "1.0")), opened, "CVE-2024-0001", vex=(vex,))
    assert not found.affected
    assert found.answer == (
        "Affected by CVE-2024-0001 by its version, but silenced: the vendor says of x 1.0: not affected."
    )
    assert found.verdict == "suppressed"


def test_the_ranges_and_the_comparison_are_told(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-a", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]))
    (considered,) = explain(inventory(package("pypi", "x", "1.0")), opened, "cve-2024-0001").considered
    assert (considered.ranges, considered.comparison, considered.fixed) == (">=0, <2.0", "1.0 < 2.0", ("2.0",))


def test_no_data_for_the_distribution_is_not_assessed(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    """Another release's record says nothing of this one."""
    opened = bundle(record("DEBIAN-CVE-2024-0001", "Debian:11", "openssl", "3.0-2"))
    found = explain(inventory(package("deb", "libssl3", "3.0-3", "openssl"), os=DEBIAN), opened, "CVE-2024-0001")
    assert (found.verdict, found.affected) == ("not_assessed", False)
    assert found.answer.startswith("Not assessed for CVE-2024-0001: The bundle has no advisories of Debian:12.")
    assert [gap.kind for gap in found.gaps] == ["no-data"]


def test_a_language_without_data_matters_not_where_another_language_has_the_record(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(record("GHSA-a", "PyPI", "x", "2.0", aliases=["CVE-2024-0001"]))
    image = inventory(package("pypi", "x", "3.0"), package("npm", "x", "1.0.0"))
    assert explain(image, opened, "CVE-2024-0001").verdict == "not_affected"


def test_a_language_without_data_matters_where_only_a_distribution_has_a_record(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(record("DEBIAN-CVE-2024-0001", "Debian:12", "x", "2.0"))
    assert explain(inventory(package("npm", "x", "1.0.0")), opened, "CVE-2024-0001").verdict == "not_assessed"


def test_a_version_that_cannot_be_compared_is_not_assessed(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    opened = bundle(record("GO-1", "Go", "example.com/x", "1.0.0", aliases=["CVE-2024-0001"]))
    found = explain(inventory(package("golang", "example.com/x", "(devel)")), opened, "CVE-2024-0001")
    assert found.verdict == "not_assessed"
    assert "The version '(devel)' of example.com/x cannot be compared." in found.answer


def test_a_jar_that_may_be_it_is_not_assessed(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(record("GHSA-a", "Maven", "org.x:core", "2.0", aliases=["CVE-2024-0001"]))
    assert explain(inventory(package("maven", "core", "1.0")), opened, "CVE-2024-0001").verdict == "not_assessed"
    assert explain(inventory(package("maven", "other", "1.0")), opened, "CVE-2024-0001").verdict == "not_affected"


def test_the_vendors_word(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    tracker = {"x": {"CVE-2024-0001": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}}}}
    opened = bundle(
        files={
            "debian-tracker/data.json": tracker,
            "debian/debian.csv": "version,codename,series,created,release,eol\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-06-10\n",
        }
    )
    found = explain(inventory(package("deb", "x", "1.0"), os=DEBIAN), opened, "CVE-2024-0001")
    assert found.verdict == "not_affected"
    assert "the vendor says so of x 1.0" in found.answer
