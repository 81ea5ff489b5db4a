from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.policy.models import Verdict
from landwaiter.reports.junit import render


def suites_of(report):
    root = ET.fromstring(render(report))
    assert root.tag == "testsuites"
    for element in (root, *root.findall("testsuite")):
        cases = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(cases)
        assert int(element.get("failures")) == sum(case.find("failure") is not None for case in cases)
        assert int(element.get("skipped")) == sum(case.find("skipped") is not None for case in cases)
    return {suite.get("name"): suite for suite in root}


def test_suites(ordinary):
    suites = suites_of(ordinary)
    assert list(suites) == ["verdict", "not assessed", "vulnerabilities", "compliance cis-docker"]
    assert suites["vulnerabilities"].get("failures") == "4"
    assert suites["vulnerabilities"].get("skipped") == "1"
    first = suites["vulnerabilities"][0]
    assert first.get("name") == "CVE-2024-0001 in libssl3 3.0.11-1"
    assert first[0].get("message") == "critical, known exploited, fixed in 3.0.14-1"
    assert "var/lib/dpkg/status" in first[0].text
    assert suites["not assessed"].get("skipped") == "2"
    compliance = suites["compliance cis-docker"]
    assert (compliance.get("failures"), compliance.get("skipped"), compliance.get("tests")) == ("2", "3", "7")


@pytest.mark.parametrize(("status", "tag"), [("pass", None), ("fail", "failure"), ("not_assessed", "skipped")])
def test_the_verdict_is_a_test(report, status, tag):
    case = suites_of(report(verdict=Verdict(status, ("Because.",))))["verdict"][0]
    assert [child.tag for child in case] == ([tag] if tag else [])


def test_hostile_names_stay_text(hostile):
    suites = suites_of(hostile)
    assert "script" not in {element.tag for suite in suites.values() for element in suite.iter()}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet=st.characters(), max_size=50))
def test_any_name_is_well_formed(report, package, finding, text):
    case = suites_of(report(findings=(finding(package(text), summary=text),)))["vulnerabilities"][0]
    assert case.get("name").isprintable()
