"""Structure that SARIF 2.1.0 demands, and what code scanning reads of it."""

import json
import re
from urllib.parse import urlsplit

import pytest

from landwaiter.reports.sarif import render

LEVELS = {"none", "note", "warning", "error"}


def run_of(report):
    log = json.loads(render(report))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    assert len(log["runs"]) == 1
    return log["runs"][0]


@pytest.mark.parametrize("name", ["ordinary", "hostile"])
def test_the_structure_of_the_standard(request, name):
    run = run_of(request.getfixturevalue(name))
    driver = run["tool"]["driver"]
    assert driver["name"] == "Landwaiter"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
        assert 0 <= float(rule["properties"].get("security-severity", "0")) <= 10
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
            uri = place["artifactLocation"]["uri"]
            assert urlsplit(uri).scheme == ""
            assert re.fullmatch(r"[A-Za-z0-9/!._~+@%-]+", uri)
            assert place["region"]["startLine"] == 1
        for suppression in result.get("suppressions", []):
            assert suppression["kind"] == "external"
    assert run["invocations"][0]["executionSuccessful"] is True


def test_findings_with_their_rule_and_place(ordinary):
    run = run_of(ordinary)
    rule, result = run["tool"]["driver"]["rules"][0], run["results"][0]
    assert rule["id"] == result["ruleId"] == "CVE-2024-0001"
    assert rule["properties"]["security-severity"] == "9.8"
    assert "known-exploited" in rule["properties"]["tags"]
    assert rule["helpUri"] == "https://example.com/CVE-2024-0001"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "var/lib/dpkg/status"
    assert result["partialFingerprints"] == {"landwaiter/v1": "f-CVE-2024-0001-libssl3"}
    assert "Upgrade openssl to 3.0.14-1." in result["message"]["text"]


def test_suppressed_findings_are_marked(ordinary):
    marked = [result["ruleId"] for result in run_of(ordinary)["results"] if "suppressions" in result]
    assert marked == ["CVE-2022-0004"]


def test_failed_controls_are_results_and_unassessed_ones_notifications(ordinary):
    run = run_of(ordinary)
    assert [item["ruleId"] for item in run["results"]][5:] == ["cis-docker/4.1", "cis-docker/4.2", "cis-docker/4.3"]
    told = [item["descriptor"]["id"] for item in run["invocations"][0]["toolExecutionNotifications"]]
    assert told == ["too-deep", "no-data", "cis-docker/4.4"]


def test_messages_hold_no_links_of_an_attacker(report, finding, package):
    trap = "[click](https://evil.example)"
    text = run_of(report(findings=(finding(package(trap), summary=trap),)))["results"][0]["message"]["text"]
    assert "\\[click\\](https" in text


def test_an_address_that_is_none_is_left_out(report, finding, package):
    import msgspec

    bad = finding()
    bad = msgspec.structs.replace(bad, reason=msgspec.structs.replace(bad.reason, url="javascript:alert(1)"))
    assert "helpUri" not in run_of(report(findings=(bad,)))["tool"]["driver"]["rules"][0]
