import pytest

from landwaiter.inventory.models import Note
from landwaiter.matching.models import NotAssessed, Suppression
from landwaiter.policy.models import Verdict


def test_nothing_found_on_fresh_data_passes(verdict):
    assert verdict() == Verdict("pass", ("No vulnerability was found.",))


def test_findings_fail_in_sentences(verdict, finding):
    found = verdict(finding(), finding(name="CVE-2"), finding(name="CVE-3", fixed=()), finding("high"))
    assert found.status == "fail"
    assert found.reasons == (
        "2 critical findings with a fix, first CVE-2024-0001 in openssl 3.0.11.",
        "1 critical finding without a fix, first CVE-3 in openssl 3.0.11.",
    )


@pytest.mark.parametrize(
    ("fail_on", "severity", "status"),
    [
        ("critical", "critical", "fail"),
        ("critical", "high", "pass"),
        ("high", "critical", "fail"),
        ("medium", "low", "pass"),
        ("negligible", "unknown", "pass"),
        ("unknown", "unknown", "fail"),
        ("never", "critical", "pass"),
    ],
)
def test_the_threshold(verdict, finding, fail_on, severity, status):
    assert verdict(finding(severity), fail_on=fail_on).status == status


def test_what_passes_is_still_told(verdict, finding):
    reasons = verdict(finding("high"), finding("unknown")).reasons
    assert reasons == ("2 findings that the policy default does not fail: 1 high, 1 unknown.",)


@pytest.mark.parametrize("status", ["will_not_fix", "deferred", "end_of_life"])
def test_what_the_vendor_does_not_fix_is_unfixed(verdict, finding, status):
    assert verdict(finding(status=status), ignore_unfixed=True).status == "pass"
    assert verdict(finding(status=status)).status == "fail"


def test_unfixed_findings_may_be_ignored(verdict, finding):
    assert verdict(finding(fixed=()), ignore_unfixed=True).status == "pass"
    assert verdict(finding(), ignore_unfixed=True).status == "fail"


def test_known_exploited_fails_first_whatever_its_severity(verdict, finding):
    found = verdict(finding(), finding("low", name="CVE-9", kev=True, fixed=()), ignore_unfixed=True)
    assert found.reasons[0] == "Known exploited: CVE-9 in openssl 3.0.11."
    assert verdict(finding("low", kev=True), fail_on_kev=False).status == "pass"


def test_many_exploited_are_counted(verdict, finding):
    found = verdict(*(finding("low", name=f"CVE-{number}", kev=True) for number in range(5)))
    assert found.reasons[0].endswith("CVE-2 in openssl 3.0.11 and 2 more.")


def test_suppressed_findings_do_not_count(verdict, finding):
    assert verdict(finding(kev=True, suppressed=Suppression("vex", "not_affected"))).status == "pass"


def test_controls_fail_where_the_policy_names_them(verdict, control):
    named = ("cis-docker 4.1",)
    assert verdict(controls=(control("fail"),)).status == "pass"
    found = verdict(controls=(control("fail"),), fail_on_controls=named)
    assert found.status == "fail"
    assert found.reasons[0] == "cis-docker 4.1 fails (A user): The user is root."
    assert verdict(controls=(control("pass"),), fail_on_controls=named).status == "pass"
    assert verdict(controls=(control("warn"),), fail_on_controls=named).status == "pass"
    assert verdict(controls=(control("not_applicable"),), fail_on_controls=named).status == "pass"


@pytest.mark.parametrize("status", ["not_assessed", "error", None])
def test_a_named_control_that_was_not_assessed_prevents_a_pass(verdict, control, status):
    controls = (control(status),) if status else ()
    assert verdict(controls=controls, fail_on_controls=("cis-docker 4.1",)).status == "not_assessed"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"advisories": 0}, "no advisories"),
        ({"newest": "2026-05-29T23:59:59Z"}, "is 3 days old; the policy allows 72 hours"),
        ({"newest": "2020-01-01T00:00:00Z"}, "days old"),
        ({"built": "2026-05-01T00:00:00"}, "days old"),
        ({"newest": "2026-06-01T00:00:00Z", "max_age_hours": 23}, "is 24 hours old"),
        ({"newest": "", "built": ""}, "age of the advisory data is not known"),
        ({"newest": "soon", "built": "2027-01-01T00:00:00Z"}, "future"),
        ({"packages": 0}, "No package"),
        ({"gaps": (NotAssessed("unknown-os", "The distribution is not known."),)}, "not known"),
        ({"gaps": (NotAssessed("thin-data", "Only 3 advisories for npm."),)}, "Only 3"),
        ({"notes": (Note("unreadable-database", "The rpm database is damaged."),)}, "rpm database"),
    ],
)
def test_what_is_missing_prevents_a_pass_but_not_a_failure(verdict, finding, fields, words):
    found = verdict(**fields)
    assert found.status == "not_assessed"
    assert words in found.reasons[0]
    bad = verdict(finding(), **fields)
    assert bad.status == "fail"
    assert bad.reasons[0].startswith("1 critical finding")
    assert bad.reasons[1].startswith("Not assessed: ")
    assert words in bad.reasons[1]


def test_data_of_a_lying_record_is_as_old_as_its_bundle(verdict):
    assert verdict(newest="2030-01-01T00:00:00Z").status == "pass"
    assert verdict(newest="2030-01-01T00:00:00Z", built="2026-01-01T00:00:00Z").status == "not_assessed"


def test_one_gap_is_told_once(verdict):
    both = verdict(
        packages=0,
        advisories=0,
        gaps=(NotAssessed("empty-bundle", "Theirs."), NotAssessed("empty-inventory", "Nothing.")),
    )
    assert both.reasons == ("Theirs.", "Nothing.")


def test_that_nothing_was_found_is_not_said_where_nothing_was_looked_up(verdict, finding):
    for fields in ({"advisories": 0}, {"packages": 1, "gaps": (NotAssessed("no-data", "No data.", "Debian:12", 1),)}):
        assert not any("No vulnerability" in reason for reason in verdict(**fields).reasons)
    part = verdict(packages=2, gaps=(NotAssessed("no-data", "No data.", "npm", 1),))
    assert part.reasons[-1] == "No vulnerability was found in what could be assessed."


def test_the_verdict_names_its_policy(verdict):
    assert verdict(name="strict").policy == "strict"
