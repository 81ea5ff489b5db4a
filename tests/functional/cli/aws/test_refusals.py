"""What is not ours, what cannot be, and what went wrong before: a clear message, and nothing half-made stays."""

import json
from typing import Any

import pytest

from landwaiter.aws.deployment.stacks import StackError
from landwaiter.errors import InputError, NotPermittedError, UnreachableError

STRANGE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


@pytest.mark.parametrize("name", ["landwaiter-network", "landwaiter-scanning"])
def test_a_strangers_stack_is_left_alone(operator: Any, name: str) -> None:
    operator.client("cloudformation").create_stack(StackName=name, TemplateBody=STRANGE)
    before = operator.resources()
    for command in (("plan",), ("up", "--yes"), ("down", "--yes"), ("status",)):
        error = operator.run(*command).exception
        assert isinstance(error, NotPermittedError)
        assert f"stack {name}" in error.what
        assert "Application=landwaiter" in error.what
    assert operator.resources() == before


def test_a_strangers_bucket_is_left_alone(operator: Any) -> None:
    name = f"landwaiter-artifacts-{operator.account}-us-east-1"
    s3 = operator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="payroll", Body=b"1")
    for command in (("up", "--yes"), ("down", "--yes")):
        error = operator.run(*command).exception
        assert isinstance(error, NotPermittedError)
        assert name in error.what
    assert s3.get_object(Bucket=name, Key="payroll")["Body"].read() == b"1"
    assert operator.resources()["stacks"] == []


def test_a_name_that_is_taken_rolls_back_and_the_next_run_makes_it_anew(operator: Any, in_rollback: str) -> None:
    failed = operator.run("up", "--yes")
    assert isinstance(failed.exception, StackError)
    assert "ROLLBACK_COMPLETE" in failed.exception.what
    assert "already exists" in failed.exception.what
    assert "landwaiter aws attach" in failed.exception.remedy
    assert operator.resources()["functions"] == []
    assert operator.states("plan")["scanning"] == "differs"
    operator.client("logs").delete_log_group(logGroupName=in_rollback)
    operator.report("up", "--yes")
    assert set(operator.states("status").values()) == {"done"}


def test_a_network_in_use_is_not_deleted_and_the_next_run_finishes(operator: Any) -> None:
    operator.report("network", "up", "--yes")
    ec2, vpc = operator.client("ec2"), operator.outputs()["VpcId"]
    strange = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    failed = operator.run("network", "down", "--yes")
    assert isinstance(failed.exception, StackError)
    assert "DELETE_FAILED" in failed.exception.what
    assert "still uses it" in failed.exception.remedy
    assert operator.states("network", "status")["network"] == "differs"
    ec2.delete_route_table(RouteTableId=strange)
    operator.report("network", "down", "--yes")
    assert operator.resources()["stacks"] == []


def test_a_platform_that_refuses_stops_the_run_before_anything_is_made(operator: Any) -> None:
    wrong = operator.run("up", "--yes", LANDWAITER_ADMIN_TOKEN="lwa_wrong")
    assert isinstance(wrong.exception, NotPermittedError)
    assert "LANDWAITER_ADMIN_TOKEN" in wrong.exception.remedy or wrong.exception.remedy
    away = operator.run("up", "--yes", "--platform-url", "https://127.0.0.1:9")
    assert isinstance(away.exception, UnreachableError)
    assert "https://127.0.0.1:9" in away.exception.what


def test_a_certificate_that_is_not_trusted(operator: Any, tmp_path: Any) -> None:
    settings = tmp_path / "without-ca.toml"
    url = operator.settings.read_text().splitlines()[0]
    settings.write_text(url + "\n")
    operator.report("network", "up", "--yes", LANDWAITER_ADMIN_TOKEN="")
    refused = operator.run("up", "--yes", "--config", str(settings))
    assert isinstance(refused.exception, UnreachableError)
    assert "not trusted" in refused.exception.what
    assert "--root-ca" in refused.exception.remedy


@pytest.mark.parametrize(
    ("settings", "what", "remedy"),
    [
        ("platform_ulr = 'https://a'", "no setting platform_ulr", "platform_url"),
        ("token = 'lws_x'", "secret token", "LANDWAITER_TOKEN"),
        ("zones = 3", "zones", "aws-config"),
        ("zones = '2'", "zones", "aws-config"),
        ("platform_url = 'http://a'", "no URL of a platform", "https://"),
        ("vpc_id = 'vpc-1'", "lambda_subnet, codebuild_subnet", "all three"),
        ("[parameters]\nReservedConcurency = '1'", "ReservedConcurency", "ReservedConcurrency"),
        ("[parameters]\nPlatformToken = 'x'", "PlatformToken", ""),
        ("[tags]\nApplication = 'mine'", "tag Application", "another name"),
        ("a = ", "no TOML file", ""),
        ("root_ca = 'nothing'", "neither a PEM nor a DER", ""),
        ("root_ca_file = 'nowhere.pem'", "nowhere.pem", ""),
        ("architectures = ['sparc']", "sparc", "x86_64"),
    ],
)
def test_settings_that_are_wrong(operator: Any, tmp_path: Any, settings: str, what: str, remedy: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(settings)
    error = operator.run("plan", "--config", str(file)).exception
    assert isinstance(error, InputError), error
    assert what in error.what
    assert remedy in error.remedy


def test_no_credentials_and_no_platform(operator: Any, tmp_path: Any) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    error = operator.run("up", "--yes", "--config", str(empty)).exception
    assert isinstance(error, InputError)
    assert "--platform-url" in error.remedy
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/"}
    refused = operator.run("plan", **nobody).exception
    assert isinstance(refused, NotPermittedError)
    assert "AWS_ACCESS_KEY_ID" in refused.remedy
