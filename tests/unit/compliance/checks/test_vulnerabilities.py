import pytest

from landwaiter.compliance.checks.vulnerabilities import (
    FindingScope,
    PatchLevel,
    image_age_days,
    patch_level,
    vulnerability_findings,
)
from landwaiter.matching.models import Suppression


def test_without_assessment_nothing_is_assessed(evidence):
    assert patch_level(evidence(), PatchLevel()).status == "not_assessed"
    assert vulnerability_findings(evidence(), FindingScope()).status == "not_assessed"


@pytest.mark.parametrize(
    ("severity", "fixed", "status"),
    [
        ("critical", ("1.1",), "fail"),
        ("critical", (), "pass"),
        ("high", ("1.1",), "warn"),
        ("medium", ("1.1",), "pass"),
        ("unknown", ("1.1",), "warn"),
    ],
)
def test_patch_level_by_severity_and_fix(evidence, assessment, finding, severity, fixed, status):
    seen = evidence(assessment=assessment(finding(severity=severity, fixed=fixed)))
    assert patch_level(seen, PatchLevel()).status == status


def test_suppressed_findings_do_not_count(evidence, assessment, finding):
    silenced = finding(suppressed=Suppression("vex", "not_affected"))
    assert patch_level(evidence(assessment=assessment(silenced)), PatchLevel()).status == "pass"
    assert vulnerability_findings(evidence(assessment=assessment(silenced)), FindingScope()).status == "pass"


def test_an_old_image_warns(evidence, assessment):
    assert (
        patch_level(evidence(created="2025-01-01T00:00:00.123456789Z", assessment=assessment()), PatchLevel()).status
        == "warn"
    )


@pytest.mark.parametrize(
    "created", [None, "", "soon", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1980-01-01T00:00:01Z"]
)
def test_a_date_that_says_nothing_gives_no_age(evidence, assessment, created):
    assert image_age_days(evidence(created=created, assessment=assessment())) is None


def test_age_is_counted_from_the_advisory_data(evidence, assessment):
    assert image_age_days(evidence(created="2026-05-22T00:00:00+00:00", assessment=assessment())) == 10


def test_packages_without_data_prevent_a_pass(evidence, assessment, finding):
    gap = assessment(gaps=["No advisories for Wolfi."])
    for found in (
        patch_level(evidence(assessment=gap), PatchLevel()),
        vulnerability_findings(evidence(assessment=gap), FindingScope()),
    ):
        assert (found.status, found.evidence) == ("not_assessed", ("No advisories for Wolfi.",))
    bad = assessment(finding(), gaps=["No advisories for Wolfi."])
    assert patch_level(evidence(assessment=bad), PatchLevel()).status == "fail"


def test_scope_of_findings(evidence, assessment, finding):
    seen = evidence(assessment=assessment(finding(severity="high", kind="npm")))
    assert vulnerability_findings(seen, FindingScope("language")).status == "fail"
    assert vulnerability_findings(seen, FindingScope("all")).status == "fail"
    assert vulnerability_findings(seen, FindingScope("os")).status == "pass"
    assert vulnerability_findings(seen, FindingScope("all", "critical")).status == "pass"


def test_a_finding_without_severity_prevents_a_pass(evidence, assessment, finding):
    seen = evidence(assessment=assessment(finding(severity="unknown")))
    assert vulnerability_findings(seen, FindingScope()).status == "not_assessed"
