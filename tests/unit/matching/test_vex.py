from typing import Any

import pytest

from landwaiter.inventory.models import OsRelease
from landwaiter.matching.match import match
from landwaiter.matching.models import Suppression
from landwaiter.matching.vex import Product, Statement, same_package

PURL = "pkg:pypi/requests@2.28.1"
IMAGE = "pkg:oci/app@sha256%3A" + "d" * 64


def statement(
    *products: Product, status: str = "not_affected", name: str = "CVE-2024-0001", **fields: str
) -> Statement:
    return Statement("https://example.org/vex", (name,), products, status, "vulnerable_code_not_present", **fields)


@pytest.fixture
def suppressed(bundle: Any, inventory: Any, package: Any, record: Any) -> Any:
    opened = bundle(record("PYSEC-1", "PyPI", "requests", "2.31", aliases=["CVE-2024-0001", "GHSA-a"]))

    def check(*statements: Statement, **image: Any) -> Suppression | None:
        (finding,) = match(inventory(package("pypi", "requests", "2.28.1"), **image), opened, vex=statements).findings
        return finding.suppressed

    return check


@pytest.mark.parametrize(
    "product",
    [
        Product(PURL),
        Product("pkg:pypi/requests"),
        Product(IMAGE),
        Product(IMAGE, components=("pkg:pypi/other@1", PURL)),
        Product("pkg:oci/app"),
        Product("pkg:oci/app?repository_url=registry.example"),
        Product("pkg:oci/app?repository_url=registry.example/app"),
        Product("pkg:docker/app@1"),
        Product(name="registry.example/app:1", components=(PURL,)),
        Product(name="sha256:" + "d" * 64),
    ],
)
def test_products_that_are_meant(suppressed: Any, product: Product) -> None:
    assert suppressed(statement(product)) == Suppression(
        "https://example.org/vex", "not_affected", "vulnerable_code_not_present", ""
    )


@pytest.mark.parametrize(
    "product",
    [
        Product(),
        Product("pkg:pypi/requests@2.0"),
        Product("pkg:npm/requests@2.28.1"),
        Product("pkg:pypi/requests@2.28.1?arch=arm64"),
        Product("pkg:oci/other"),
        Product("pkg:oci/app@sha256%3A" + "e" * 64),
        Product("pkg:oci/app?repository_url=evil.example"),
        Product("pkg:docker/app@2"),
        Product(IMAGE, components=("pkg:pypi/other@1",)),
        Product("pkg:oci/other", components=(PURL,)),
        Product("not a purl"),
        Product(cpe="cpe:/o:debian"),
    ],
)
def test_products_that_are_not(suppressed: Any, product: Product) -> None:
    assert suppressed(statement(product)) is None


@pytest.mark.parametrize(("status", "silenced"), [("fixed", True), ("affected", False), ("under_investigation", False)])
def test_statuses(suppressed: Any, status: str, silenced: bool) -> None:
    assert (suppressed(statement(Product(PURL), status=status)) is not None) is silenced


def test_any_name_of_the_vulnerability_will_do(suppressed: Any) -> None:
    assert suppressed(statement(Product(PURL), name="GHSA-a")) is not None
    assert suppressed(statement(Product(PURL), name="PYSEC-1")) is not None
    assert suppressed(statement(Product(PURL), name="CVE-2024-0002")) is None


def test_the_latest_statement_decides(suppressed: Any) -> None:
    silent = statement(Product(PURL), timestamp="2024-01-01T00:00:00Z")
    loud = statement(Product(PURL), status="affected", timestamp="2024-02-01T00:00:00Z")
    assert suppressed(silent, loud) is None
    assert suppressed(loud, silent) is None
    untimed = statement(Product(PURL)), statement(Product(PURL), status="affected")
    assert suppressed(*untimed) is None
    assert suppressed(*reversed(untimed)) is not None


def test_a_systems_vendor_speaks_of_its_packages(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("RHSA-2024:1", "Red Hat:enterprise_linux:9::baseos", "samba", "4.19", related=["CVE-2024-0001"])
    )
    system = OsRelease("rhel", "9.3", cpe_name="cpe:/o:redhat:enterprise_linux:9::baseos")
    image = inventory(package("rpm", "samba", "4.18-1.el9"), os=system)
    for cpe, silenced in (("cpe:/o:redhat:enterprise_linux:9", True), ("cpe:/o:redhat:enterprise_linux:8", False)):
        vex = statement(Product(cpe=cpe, components=("pkg:rpm/samba",)))
        (finding,) = match(image, opened, vex=(vex,)).findings
        assert (finding.suppressed is not None) is silenced


def test_suppressed_findings_stay_visible_at_the_end(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("GHSA-1", "npm", "x", "2.0.0", database_specific={"severity": "CRITICAL"}),
        record("GHSA-2", "npm", "x", "2.0.0", database_specific={"severity": "LOW"}),
    )
    vex = statement(Product("pkg:npm/x@1.0.0"), name="GHSA-1")
    findings = match(inventory(package("npm", "x", "1.0.0")), opened, vex=(vex,)).findings
    assert [(finding.id, finding.suppressed is None) for finding in findings] == [("GHSA-2", True), ("GHSA-1", False)]


@pytest.mark.parametrize(
    ("said", "purl", "same"),
    [
        ("pkg:deb/debian/curl@7.88", "pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12", True),
        ("pkg:deb/debian/curl@7.88?arch=amd64", "pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12", True),
        ("pkg:deb/debian/curl@7.88?arch=arm64", "pkg:deb/debian/curl@7.88?arch=amd64", False),
        ("pkg:deb/ubuntu/curl", "pkg:deb/debian/curl@7.88", False),
        ("", "pkg:deb/debian/curl@7.88", False),
    ],
)
def test_purls(said: str, purl: str, same: bool) -> None:
    assert same_package(said, purl) is same
