"""Builders for verdicts: an inventory that was understood, an assessment on fresh data, findings and controls."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from landwaiter.compliance.models import ControlResult
from landwaiter.images.models import ImageConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import Coverage, ImageSummary, Inventory, Note, Package
from landwaiter.matching.models import (
    Assessment,
    BundleInfo,
    Finding,
    FindingPackage,
    NotAssessed,
    Reason,
    Suppression,
)
from landwaiter.policy.evaluate import decide
from landwaiter.policy.models import Policy, Verdict

NOW = datetime(2026, 6, 2, tzinfo=UTC)
FRESH = "2026-06-01T12:00:00Z"


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(
        severity: str = "critical",
        *,
        name: str = "CVE-2024-0001",
        fixed: tuple[str, ...] = ("3.0.14",),
        kev: bool = False,
        status: str = "affected",
        suppressed: Suppression | None = None,
    ) -> Finding:
        return Finding(
            name,
            (),
            FindingPackage("deb", "openssl", "3.0.11", "pkg:deb/openssl@3.0.11"),
            severity,
            None,
            fixed,
            kev,
            None,
            Reason("osv", name, "Debian:12", "openssl", "3.0.11", ">=0", "deb"),
            status,
            suppressed=suppressed,
        )

    return make


@pytest.fixture
def control() -> Callable[..., ControlResult]:
    def make(status: str, name: str = "4.1") -> ControlResult:
        return ControlResult("cis-docker", name, "A user", "high", "non_root_user", status, "The user is root.")

    return make


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    """Decide on findings; by keyword the fields of the policy, the data's age, gaps and notes."""

    def make(
        *findings: Finding,
        controls: tuple[ControlResult, ...] = (),
        newest: str = FRESH,
        built: str = FRESH,
        advisories: int = 1000,
        gaps: tuple[NotAssessed, ...] = (),
        notes: tuple[Note, ...] = (),
        packages: int = 1,
        **policy: object,
    ) -> Verdict:
        package = Package("deb", "openssl", "3.0.11", "pkg:deb/openssl@3.0.11")
        image = ImageSummary("app:1", "sha256:" + "0" * 64, Platform(), (), ImageConfig())
        inventory = Inventory(image, None, (package,) * packages, Coverage(not notes, notes))
        assessment = Assessment(BundleInfo("sha256:b", built, newest, advisories), findings, gaps)
        return decide(Policy(**policy), inventory, assessment, controls, now=NOW)  # type: ignore[arg-type] # the test's own words

    return make
