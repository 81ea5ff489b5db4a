"""Judged by cyclonedx-python-lib's strict validator of the official schema."""

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from landwaiter.inventory.models import Location
from landwaiter.matching.models import Suppression
from landwaiter.reports.cyclonedx import package_refs, render

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def bom_of(report):
    text = render(report)
    assert VALIDATOR.validate_str(text) is None
    return json.loads(text)


@pytest.mark.parametrize("name", ["ordinary", "hostile"])
def test_the_official_validator_accepts_it(request, name):
    bom = bom_of(request.getfixturevalue(name))
    refs = [component["bom-ref"] for component in bom["components"]]
    assert len(refs) == len(set(refs))
    assert set(bom["dependencies"][0]["dependsOn"]) == set(refs)
    assert {item["ref"] for entry in bom["vulnerabilities"] for item in entry.get("affects", [])} <= set(refs)


def test_the_library_reads_it_back(ordinary):
    from cyclonedx.model.bom import Bom

    bom = Bom.from_json(json.loads(render(ordinary)))
    assert len(bom.components) == 4
    assert len(bom.vulnerabilities) == 4


def test_an_inventory_and_an_empty_image_are_valid(report, package):
    assert "vulnerabilities" not in bom_of(report((package(),), None))
    empty = bom_of(report((), None, os=None))
    assert empty["components"] == []


def test_the_same_report_gives_the_same_bytes(ordinary):
    assert render(ordinary) == render(ordinary)


def test_components(ordinary):
    bom = bom_of(ordinary)
    system, ssl, _, flask = bom["components"]
    assert (system["type"], system["name"], system["version"]) == ("operating-system", "debian", "12")
    assert ssl["purl"] == ssl["bom-ref"] == "pkg:deb/libssl3@3.0.11-1"
    assert ssl["evidence"]["occurrences"] == [{"location": "var/lib/dpkg/status", "additionalContext": "layer 0"}]
    assert flask["licenses"] == [{"license": {"id": "BSD-3-Clause"}}, {"license": {"name": "custom"}}]
    assert bom["metadata"]["component"]["purl"].startswith("pkg:oci/app@sha256")
    assert bom["metadata"]["timestamp"] == "2026-06-01T12:00:00Z"
    assert bom["compositions"][0]["aggregate"] == "incomplete"
    assert {"name": "landwaiter:not-assessed", "value": "no-data No advisories for generic packages."} in bom[
        "metadata"
    ]["properties"]


@pytest.mark.parametrize(
    ("kind", "name", "group", "short"),
    [
        ("maven", "org.apache:log4j", "org.apache", "log4j"),
        ("npm", "@scope/name", "@scope", "name"),
        ("composer", "vendor/name", "vendor", "name"),
        ("golang", "example.com/a/b", "example.com/a", "b"),
        ("deb", "bash", None, "bash"),
        ("npm", "odd/", None, "odd/"),
    ],
)
def test_names_are_split_as_purls_are(report, package, kind, name, group, short):
    component = bom_of(report((package(name, kind=kind),), None))["components"][1]
    assert (component.get("group"), component["name"]) == (group, short)


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        (("MIT",), [{"license": {"id": "MIT"}}]),
        (("mit",), [{"license": {"id": "MIT"}}]),
        (("MIT AND Apache-2.0",), [{"expression": "MIT AND Apache-2.0"}]),
        (("MIT OR GPL-2.0-only", "Zlib"), [{"license": {"name": "MIT OR GPL-2.0-only"}}, {"license": {"id": "Zlib"}}]),
        (("GPLv2+ and LGPLv2+",), [{"license": {"name": "GPLv2+ and LGPLv2+"}}]),
        (("Classpath-exception-2.0",), [{"license": {"name": "Classpath-exception-2.0"}}]),
        (("LicenseRef-scancode-public-domain",), [{"license": {"name": "LicenseRef-scancode-public-domain"}}]),
        (("MIT", "MIT", " "), [{"license": {"id": "MIT"}}]),
        (("MIT AND",), [{"license": {"name": "MIT AND"}}]),
    ],
)
def test_licenses(report, package, licenses, expected):
    assert bom_of(report((package(licenses=licenses),), None))["components"][1]["licenses"] == expected


def test_vulnerabilities_join_what_is_said_of_several_packages(ordinary):
    first = bom_of(ordinary)["vulnerabilities"][0]
    assert first["id"] == "CVE-2024-0001"
    assert [item["ref"] for item in first["affects"]] == ["pkg:deb/libssl3@3.0.11-1", "pkg:deb/openssl@3.0.11-1"]
    assert first["ratings"][0]["method"] == "CVSSv31"
    assert first["ratings"][0]["score"] == 9.8
    assert first["recommendation"] == "Upgrade openssl to 3.0.14-1."
    assert {"name": "landwaiter:kev", "value": "true"} in first["properties"]


@pytest.mark.parametrize(
    ("suppressed", "state", "justification"),
    [
        (Suppression("v", "not_affected", "vulnerable_code_not_in_execute_path"), "not_affected", "code_not_reachable"),
        (Suppression("v", "not_affected", "protected_at_runtime"), "not_affected", "protected_at_runtime"),
        (Suppression("v", "not_affected", "because"), "not_affected", None),
        (Suppression("v", "fixed"), "resolved", None),
    ],
)
def test_vex_statements_become_analysis(report, package, finding, suppressed, state, justification):
    own = package()
    analysis = bom_of(report((own,), (finding(own, suppressed=suppressed),)))["vulnerabilities"][0]["analysis"]
    assert (analysis["state"], analysis.get("justification")) == (state, justification)


def test_vendor_statuses(report, package, finding):
    own = package()
    findings = (
        finding(own, status="will_not_fix"),
        finding(own, "CVE-2", status="under_investigation"),
        finding(own, "CVE-3", severity="negligible"),
    )
    first, second, third = bom_of(report((own,), findings))["vulnerabilities"]
    assert first["analysis"] == {"state": "exploitable", "response": ["will_not_fix"]}
    assert second["analysis"] == {"state": "in_triage"}
    assert "analysis" not in third
    assert third["ratings"][0]["severity"] == "info"


def test_equal_packages_have_names_of_their_own(package):
    twice = [package(), package(locations=(Location("other", 1),)), package("bash")]
    assert package_refs(twice) == ["pkg:deb/libssl3@3.0.11-1", "pkg:deb/libssl3@3.0.11-1#2", "pkg:deb/bash@3.0.11-1"]
