"""Builders of reports: an ordinary one, one of hostile names, and a large one."""

from collections.abc import Callable

import pytest

from landwaiter.compliance.models import ControlResult
from landwaiter.images.models import ContainerConfig, ImageConfig, RootFs
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import (
    Coverage,
    ImageSummary,
    Inventory,
    LayerSummary,
    Location,
    Note,
    OsRelease,
    Package,
    SourcePackage,
)
from landwaiter.matching.models import (
    Assessment,
    BundleInfo,
    Cvss,
    Finding,
    FindingPackage,
    NotAssessed,
    Reason,
    Suppression,
)
from landwaiter.policy.models import Verdict
from landwaiter.reports.models import ScanReport

DIGEST = "sha256:" + "ab" * 32
CREATED = "2026-06-01T12:00:00Z"
REFERENCE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1.4"


def make_package(name: str = "libssl3", version: str = "3.0.11-1", kind: str = "deb", **fields: object) -> Package:
    given: dict[str, object] = {
        "purl": f"pkg:{kind}/{name}@{version}",
        "locations": (Location("var/lib/dpkg/status", 0),),
    } | fields
    return Package(kind, name, version, **given)  # type: ignore[arg-type] # the test's own words


def make_finding(
    package: Package | None = None,
    name: str = "CVE-2024-0001",
    severity: str = "critical",
    fixed: tuple[str, ...] = ("3.0.14-1",),
    source: str = "openssl",
    **fields: object,
) -> Finding:
    about = package or make_package()
    about_package = FindingPackage(about.type, about.name, about.version, about.purl, about.locations)
    reason = Reason(
        "osv", f"DSA-{name}", "Debian:12", source, about.version, ">=0, <3.0.14-1", "deb", f"https://example.com/{name}"
    )
    given: dict[str, object] = {
        "aliases": ("GHSA-aaaa-bbbb-cccc",),
        "cvss": Cvss("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        "kev": False,
        "epss": 0.25,
        "summary": "A fault in the parser.",
        "fingerprint": f"f-{name}-{about.name}",
    } | fields
    return Finding(id=name, package=about_package, severity=severity, fixed_versions=fixed, reason=reason, **given)  # type: ignore[arg-type] # see above


def make_image(reference: str = REFERENCE, layers: int = 2, **config: object) -> ImageSummary:
    names = tuple(f"sha256:{number:064x}" for number in range(layers))
    return ImageSummary(
        reference,
        DIGEST,
        Platform(),
        tuple(LayerSummary(number, name, name, 10, "", number == 0) for number, name in enumerate(names)),
        ImageConfig("amd64", "linux", created=CREATED, config=ContainerConfig(**config), rootfs=RootFs(diff_ids=names)),  # type: ignore[arg-type] # see above
    )


def make_report(
    packages: tuple[Package, ...] = (),
    findings: tuple[Finding, ...] | None = (),
    gaps: tuple[NotAssessed, ...] = (),
    notes: tuple[Note, ...] = (),
    controls: tuple[ControlResult, ...] = (),
    verdict: Verdict | None = Verdict("pass", ("No vulnerability was found.",)),
    image: ImageSummary | None = None,
    os: OsRelease | None = OsRelease("debian", "12", "Debian GNU/Linux 12 (bookworm)"),
) -> ScanReport:
    inventory = Inventory(image or make_image(), os, packages, Coverage(not notes, notes))
    if findings is None:
        return ScanReport(inventory, created=CREATED)
    bundle = BundleInfo("sha256:" + "b" * 64, CREATED, CREATED, 61_234)
    return ScanReport(inventory, Assessment(bundle, findings, gaps), controls, verdict, CREATED)


def make_control(
    status: str = "fail", control: str = "4.1", message: str = "The user is root.", **fields: object
) -> ControlResult:
    given: dict[str, object] = {"severity": "high", "evidence": ("user ''",), "remediation": "Add USER."} | fields
    return ControlResult(
        benchmark="cis-docker",
        control=control,
        title="A user",
        check="non_root_user",
        status=status,
        message=message,
        **given,  # type: ignore[arg-type] # see above
    )


@pytest.fixture
def package() -> Callable[..., Package]:
    return make_package


@pytest.fixture
def finding() -> Callable[..., Finding]:
    return make_finding


@pytest.fixture
def image() -> Callable[..., ImageSummary]:
    return make_image


@pytest.fixture
def control() -> Callable[..., ControlResult]:
    return make_control


@pytest.fixture
def report() -> Callable[..., ScanReport]:
    return make_report


@pytest.fixture
def ordinary() -> ScanReport:
    """Three packages, five findings of which one is suppressed, gaps, notes, and a control of each status."""
    ssl, tool = make_package(), make_package("openssl", "3.0.11-1", source=SourcePackage("openssl", "3.0.11-1"))
    flask = make_package(
        "flask",
        "1.0",
        "pypi",
        locations=(Location("app/flask.dist-info/METADATA", 1),),
        licenses=("BSD-3-Clause", "custom"),
    )
    findings = (
        make_finding(ssl, kev=True),
        make_finding(tool, kev=True),
        make_finding(ssl, "CVE-2024-0002", "high", ("3.0.12-1",)),
        make_finding(flask, "CVE-2023-0003", "unknown", (), "flask", cvss=None, epss=None, status="will_not_fix"),
        make_finding(
            tool,
            "CVE-2022-0004",
            "low",
            suppressed=Suppression("vex.json", "not_affected", "component_not_present", "We do not ship it."),
        ),
    )
    controls = tuple(
        make_control(status, f"4.{number}")
        for number, status in enumerate(
            ("fail", "warn", "error", "not_assessed", "pass", "not_applicable", "inherited"), 1
        )
    )
    return make_report(
        (ssl, tool, flask),
        findings,
        (NotAssessed("no-data", "No advisories for generic packages.", "generic", 2),),
        (Note("too-deep", "The archive is nested too deep.", "app/x.war", 1),),
        controls,
        Verdict("fail", ("1 critical finding with a fix, first CVE-2024-0001 in openssl 3.0.11-1.",), "strict"),
    )


HOSTILE = (
    "\x1b]0;owned\x07[bold]x[/bold]",
    "=cmd|' /C calc'!A1",
    "</failure><script>alert(1)</script>",
    "a\r\nb\u2028c\x00\x9b31m\u202e\u200b\ufeff",
    "[click](https://evil.example) {0} \\",
    "@SUM(1+1)",
    "\t=1",
    "\"quoted\", 'single' & <x>",
    "\ud800 lone",
    "日本語のパッケージ",
    "",
    "../../etc/passwd:8080#x?y%00",
)


@pytest.fixture
def hostile_texts() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture
def hostile() -> ScanReport:
    """A report in which every text that an image or a record may choose is hostile."""
    packages = tuple(
        make_package(
            text,
            text,
            purl=text,
            locations=(Location(text, 0),),
            licenses=(text,),
            vendor=text,
            arch=text,
            source=SourcePackage(text, text),
        )
        for text in HOSTILE
    )
    findings = tuple(
        make_finding(
            package,
            package.name,
            package.name,
            (package.name,),
            package.name,
            aliases=(package.name,),
            summary=package.name,
        )
        for package in packages
    )
    return make_report(
        packages,
        findings,
        tuple(NotAssessed(text, text, text) for text in HOSTILE),
        tuple(Note(text, text, text) for text in HOSTILE),
        tuple(make_control("fail", text, text, evidence=(text,)) for text in HOSTILE),
        Verdict("fail", HOSTILE, HOSTILE[0]),
        make_image(HOSTILE[0], user=HOSTILE[0], env=HOSTILE, labels={text: text for text in HOSTILE}),
        OsRelease(HOSTILE[0], HOSTILE[1], HOSTILE[2]),
    )


@pytest.fixture
def large() -> ScanReport:
    """2,000 packages and 5,000 findings."""
    packages = tuple(
        make_package(f"package-{number}", f"1.{number}-1", licenses=("MIT AND Apache-2.0", "GPLv2+"))
        for number in range(2000)
    )
    severities = ("critical", "high", "medium", "low", "unknown")
    findings = tuple(
        make_finding(
            packages[number % 2000],
            f"CVE-2024-{number:05}",
            severities[number % 5],
            (f"2.{number % 7}-1",),
            f"source-{number % 400}",
        )
        for number in range(5000)
    )
    return make_report(packages, findings, controls=tuple(make_control(control=f"4.{number}") for number in range(80)))
