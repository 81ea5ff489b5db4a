"""What a real scan says, in every format, before the formats' own judges."""

import csv
import io
import json
from xml.etree import ElementTree as ET

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from landwaiter.matching.vex_documents import read_vex
from landwaiter.reports.formats import render
from landwaiter.reports.table import render as render_table

NAMES = ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0004"]


def test_the_verdict_rests_on_what_was_found(scanned):
    assert scanned.verdict.status == "fail"
    assert scanned.verdict.reasons[0] == "2 critical findings with a fix, first CVE-2026-0001 in flask 1.0."
    assert any("Not assessed: The bundle has only 4 advisories of PyPI" in reason for reason in scanned.verdict.reasons)


def test_json(scanned):
    document = json.loads(render("json", scanned))
    assert sorted(item["id"] for item in document["findings"]) == NAMES
    assert {item["name"] for item in document["packages"]} == {"flask", "jinja2", "requests"}
    silenced = next(item for item in document["findings"] if item["suppressed"])
    assert silenced["id"] == "CVE-2026-0004"


def test_table(scanned):
    text = render_table(scanned, width=160)
    assert "upgrade jinja2 3.1.2 to 3.1.6: fixes 2 (1 critical, 1 low)" in text
    assert "not affected, vulnerable code not in execute path" in text


def test_cyclonedx_and_spdx_before_their_validators(scanned):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(render("cyclonedx", scanned)) is None
    document = JsonLikeDictParser().parse(json.loads(render("spdx", scanned)))
    assert validate_full_spdx_document(document, "SPDX-2.3") == []


def test_the_vex_documents_can_be_read_again(scanned, tmp_path):
    for form in ("openvex", "cyclonedx"):
        file = tmp_path / f"{form}.json"
        file.write_text(render(form, scanned))
        statuses = {name: item.status for item in read_vex(file) for name in item.vulnerabilities}
        assert statuses["CVE-2026-0004"] == "not_affected", form


def test_the_other_formats_agree(scanned):
    log = json.loads(render("sarif", scanned))
    assert [item["ruleId"] for item in log["runs"][0]["results"] if item["ruleId"].startswith("CVE")] == [
        finding.id for finding in scanned.assessment.findings
    ]
    rows = list(csv.DictReader(io.StringIO(render("csv", scanned), newline="")))
    assert sorted(row["id"] for row in rows if row["kind"] == "finding") == NAMES
    suites = {suite.get("name"): suite for suite in ET.fromstring(render("junit", scanned))}
    assert (suites["vulnerabilities"].get("failures"), suites["vulnerabilities"].get("skipped")) == ("3", "1")
    assert suites["verdict"].get("failures") == "1"
