"""Judged by the service model that boto3 checks the parameters of BatchImportFindings with."""

import json
import re

import botocore.loaders
import botocore.model
import botocore.validate
import pytest

from landwaiter.errors import InputError
from landwaiter.matching.models import Suppression
from landwaiter.reports.asff import LARGEST_BATCH, MOST_FINDINGS, destination, render


@pytest.fixture(scope="module")
def operation():
    description = botocore.loaders.Loader().load_service_model("securityhub", "service-2")
    return botocore.model.ServiceModel(description).operation_model("BatchImportFindings")


def batches_of(report, operation, **where):
    lines = render(report, **where).splitlines()
    found = [json.loads(line) for line in lines]
    for line, batch in zip(lines, found, strict=True):
        assert len(line.encode()) <= LARGEST_BATCH
        assert 1 <= len(batch["Findings"]) <= MOST_FINDINGS
        problems = botocore.validate.ParamValidator().validate(batch, operation.input_shape)
        assert not problems.has_errors(), problems.generate_report()
        for finding in batch["Findings"]:
            check_limits(finding)
    return [finding for batch in found for finding in batch["Findings"]]


def check_limits(finding):
    assert finding["SchemaVersion"] == "2018-10-08"
    assert 0 < len(finding["Title"]) <= 256
    assert 0 < len(finding["Description"]) <= 1024
    assert len(finding["Id"]) <= 512
    assert finding["Severity"]["Label"] in {"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", finding["CreatedAt"])
    recommendation = finding.get("Remediation", {}).get("Recommendation", {"Text": "x"})
    assert 0 < len(recommendation["Text"]) <= 512
    assert_no_empty_text(finding)


def assert_no_empty_text(value):
    if isinstance(value, dict):
        for item in value.values():
            assert_no_empty_text(item)
    elif isinstance(value, list):
        for item in value:
            assert_no_empty_text(item)
    elif isinstance(value, str):
        assert value.strip()


@pytest.mark.parametrize("name", ["ordinary", "hostile"])
def test_security_hub_would_take_it(request, name, operation):
    report = request.getfixturevalue(name)
    found = batches_of(report, operation, account="123456789012", region="eu-west-1")
    assert len({finding["Id"] for finding in found}) == len(found)


def test_large_reports_are_split(large, operation):
    lines = render(large).splitlines()
    assert len(lines) > 50
    assert sum(len(json.loads(line)["Findings"]) for line in lines) == 5080
    assert max(len(line.encode()) for line in lines) <= LARGEST_BATCH


def test_findings(ordinary, operation):
    found = batches_of(ordinary, operation)
    first = found[0]
    assert first["ProductArn"] == "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default"
    assert first["Severity"] == {"Label": "CRITICAL", "Original": "critical"}
    details = first["Vulnerabilities"][0]
    assert details["VulnerablePackages"][0]["FixedInVersion"] == "3.0.14-1"
    assert (details["FixAvailable"], details["ExploitAvailable"], details["EpssScore"]) == ("YES", "YES", 0.25)
    assert found[3]["Severity"]["Label"] == "MEDIUM"
    assert found[3]["Vulnerabilities"][0]["FixAvailable"] == "NO"
    assert found[4]["RecordState"] == "ARCHIVED"
    statuses = [item["Compliance"]["Status"] for item in found[5:]]
    assert statuses == ["FAILED", "WARNING", "NOT_AVAILABLE", "PASSED", "PASSED"]
    assert found[8]["Severity"]["Label"] == "INFORMATIONAL"


def test_the_same_finding_keeps_its_id(report, finding, operation):
    first = batches_of(report(findings=(finding(),)), operation)[0]["Id"]
    again = batches_of(report(findings=(finding(suppressed=Suppression("v", "fixed")),)), operation)[0]["Id"]
    assert first == again


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1",
            "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a",
            "arn:aws-cn:securityhub:cn-north-1:123456789012:product/123456789012/default",
        ),
        (
            "123456789012.dkr-ecr.us-gov-west-1.on.aws/a",
            "arn:aws-us-gov:securityhub:us-gov-west-1:123456789012:product/123456789012/default",
        ),
    ],
)
def test_the_destination_is_told_by_the_ecr_repository(report, image, reference, expected):
    assert destination(report(image=image(reference))).product_arn == expected


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"account": "123456789012"},
        {"account": "12", "region": "eu-west-1"},
        {"account": "123456789012", "region": "../x"},
    ],
)
def test_elsewhere_it_must_be_given(report, image, where, monkeypatch):
    for name in ("AWS_ACCOUNT_ID", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="account and a region"):
        render(report(image=image("registry.example.com/a")), **where)


def test_the_environment_may_tell(report, image, monkeypatch):
    monkeypatch.setenv("AWS_ACCOUNT_ID", "210987654321")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    found = destination(report(image=image("registry.example.com/a")))
    assert (found.account, found.region) == ("210987654321", "eu-central-1")
    assert destination(report()).account == "123456789012"
