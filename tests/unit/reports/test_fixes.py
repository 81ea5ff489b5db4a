import pytest

from landwaiter.inventory.models import Location
from landwaiter.matching.models import Suppression
from landwaiter.reports.fixes import fixes


def test_findings_of_one_source_package_are_one_upgrade(finding, package):
    found = fixes(
        [finding(package("libssl3")), finding(package("openssl")), finding(package("openssl"), "CVE-2", "high")]
    )
    assert len(found) == 1
    fix = found[0]
    assert (fix.name, fix.installed, fix.target, fix.packages) == (
        "openssl",
        "3.0.11-1",
        "3.0.14-1",
        ("libssl3", "openssl"),
    )
    assert fix.by_severity == {"critical": 1, "high": 1}


def test_the_target_is_the_highest_of_what_each_finding_needs(finding):
    found = fixes(
        [
            finding(fixed=("3.0.9-1", "3.0.12-1", "3.1.0-1")),
            finding(name="CVE-2", fixed=("3.0.100-1",)),
            finding(name="CVE-3", fixed=("3.0.13-1",)),
        ]
    )
    assert found[0].target == "3.0.100-1"


@pytest.mark.parametrize("fixed", [("nonsense \x00",), ("", "1")])
def test_versions_that_do_not_compare_still_give_a_target(finding, fixed):
    assert fixes([finding(fixed=fixed)])[0].target in fixed


@pytest.mark.parametrize(
    "fields",
    [
        {"fixed": ()},
        {"status": "will_not_fix"},
        {"status": "end_of_life"},
        {"suppressed": Suppression("vex", "not_affected")},
    ],
)
def test_what_no_upgrade_removes_is_no_step(finding, fields):
    assert fixes([finding(**fields)]) == ()


def test_known_exploited_goes_first_then_severity_then_likelihood(finding, package):
    def of(source, severity, **fields):
        return finding(package(source), f"CVE-{source}", severity, source=source, **fields)

    found = fixes(
        [
            of("a", "low", epss=0.1),
            of("b", "low", epss=0.9),
            of("c", "critical"),
            of("d", "medium", kev=True),
            of("e", "high"),
        ]
    )
    assert [fix.name for fix in found] == ["d", "c", "e", "b", "a"]
    assert found[0].exploited == {"CVE-d"}


def test_a_vulnerability_counts_by_the_worst_of_its_findings(finding, package):
    found = fixes([finding(package("a"), severity="low"), finding(package("b"), severity="high")])
    assert found[0].by_severity == {"high": 1}


def test_what_comes_from_the_base_image_is_said(finding, package, image):
    base = package(locations=(Location("x", 0),))
    own = package(locations=(Location("x", 1),))
    assert fixes([finding(base)], image())[0].inherited is True
    assert fixes([finding(base), finding(own, "CVE-2")], image())[0].inherited is False
    assert fixes([finding(package(locations=()))], image())[0].inherited is None
    assert fixes([finding(base)])[0].inherited is None
