import json

from landwaiter.matching.models import NotAssessed
from landwaiter.reports.contract_json import render

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"


def test_the_object_of_a_scan(ordinary):
    document = json.loads(render(ordinary))
    assert list(document) == ["image", "os", "packages", "coverage", "findings", "compliance", "verdict"]
    package = document["packages"][1]
    assert {key: package[key] for key in ("type", "name", "version", "purl", "source", "arch", "locations")} == {
        "type": "deb",
        "name": "openssl",
        "version": "3.0.11-1",
        "purl": "pkg:deb/openssl@3.0.11-1",
        "source": {"name": "openssl", "version": "3.0.11-1"},
        "arch": "",
        "locations": [{"path": "var/lib/dpkg/status", "layer": 0}],
    }
    assert document["packages"][0]["source"] is None
    finding = document["findings"][0]
    assert finding["id"] == "CVE-2024-0001"
    assert finding["package"]["name"] == "libssl3"
    assert finding["cvss"]["score"] == 9.8
    assert (finding["kev"], finding["epss"], finding["fixed_versions"]) == (True, 0.25, ["3.0.14-1"])
    assert finding["reason"]["range"] == ">=0, <3.0.14-1"
    assert document["findings"][3]["cvss"] is None
    assert document["findings"][4]["suppressed"]["justification"] == "component_not_present"
    assert [item["status"] for item in document["compliance"]][:2] == ["fail", "warn"]
    assert document["verdict"]["status"] == "fail"
    assert document["verdict"]["bundle"]["advisories"] == 61_234
    assert document["os"]["id"] == "debian"


def test_the_object_of_an_inventory(report, package):
    document = json.loads(render(report((package(),), None)))
    assert list(document) == ["image", "os", "packages", "coverage"]


def test_what_was_not_assessed_is_in_the_coverage(report):
    document = json.loads(render(report(gaps=(NotAssessed("unknown-os", "Strange.", "", 5),))))
    assert document["coverage"]["not_assessed"] == [
        {"kind": "unknown-os", "reason": "Strange.", "ecosystem": "", "packages": 5}
    ]


def test_no_verdict_is_not_assessed(report):
    assert json.loads(render(report(verdict=None)))["verdict"]["status"] == "not_assessed"


def test_unknown_os_is_null(report):
    assert json.loads(render(report(os=None)))["os"] is None


def test_secrets_of_the_image_are_not_told(report, image):
    secret = image(env=(f"TOKEN={TOKEN}", "PATH=/bin", "FLAG"), labels={"token": TOKEN}, user="app")
    text = render(report(image=secret))
    assert TOKEN not in text
    assert json.loads(text)["image"]["config"]["env"][1:] == ["PATH=/bin", "FLAG"]
    assert json.loads(text)["image"]["config"]["user"] == "app"


def test_nothing_invisible_stands_raw_in_the_json(report, package, finding):
    name = "x\x9b2J\u202e\u200b\x7f\U000e0041é\u2028"
    text = render(report(packages=(package(name),), findings=(finding(package(name)),)))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert json.loads(text)["packages"][0]["name"] == name
    assert "é" in text
