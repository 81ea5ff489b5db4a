import json

import pytest

from landwaiter.matching.models import Suppression
from landwaiter.reports.openvex import render

JUSTIFICATIONS = {
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
}


def statements_of(report):
    document = json.loads(render(report))
    assert document["@context"] == "https://openvex.dev/ns/v0.2.0"
    assert document["@id"].startswith("urn:uuid:")
    assert {"author", "timestamp", "version"} <= set(document)
    assert isinstance(document["version"], int)
    for statement in document["statements"]:
        assert "name" in statement["vulnerability"]
        assert statement["status"] in {"affected", "not_affected", "fixed", "under_investigation"}
        if statement["status"] == "affected":
            assert statement["action_statement"]
        if statement["status"] == "not_affected":
            assert statement.get("justification") or statement.get("impact_statement")
        assert statement.get("justification", "component_not_present") in JUSTIFICATIONS
        assert all("@id" in product for product in statement["products"])
    return document["statements"]


@pytest.mark.parametrize("name", ["ordinary", "hostile"])
def test_the_demands_of_the_specification(request, name):
    assert statements_of(request.getfixturevalue(name))


def test_statements(ordinary):
    first, *_, last = statements_of(ordinary)
    assert first["products"][0]["@id"].startswith("pkg:oci/app@sha256:")
    assert [part["@id"] for part in first["products"][0]["subcomponents"]] == [
        "pkg:deb/libssl3@3.0.11-1",
        "pkg:deb/openssl@3.0.11-1",
    ]
    assert first["action_statement"] == "Upgrade openssl to 3.0.14-1."
    assert last["status"] == "not_affected"
    assert (last["justification"], last["impact_statement"]) == ("component_not_present", "We do not ship it.")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "under_investigation"}, "under_investigation"),
        ({"status": "will_not_fix"}, "affected"),
        ({"fixed": ()}, "affected"),
        ({"suppressed": Suppression("v", "fixed")}, "fixed"),
        ({"suppressed": Suppression("v", "not_affected")}, "not_affected"),
        ({"suppressed": Suppression("v", "not_affected", "code_not_reachable")}, "not_affected"),
    ],
)
def test_statuses(report, finding, fields, status):
    assert statements_of(report(findings=(finding(**fields),)))[0]["status"] == status


def test_an_inventory_has_no_statements(report, package):
    assert statements_of(report((package(),), None)) == []


def test_an_image_without_digest_is_still_named(report, image, finding):
    local = image("docker-archive:app.tar")
    assert statements_of(report(findings=(finding(),), image=local))[0]["products"][0]["@id"].startswith(
        "urn:landwaiter:image:"
    )
