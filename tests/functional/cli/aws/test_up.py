"""`landwaiter aws plan|up|status|down` as an operator uses them, in the sandbox, with a real platform."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.deployment.platform_client import PlatformAdmin
from landwaiter.sandbox.authority import Authority

STEPS = ["network", "main-table", "allow-list", "code", "sensor-token", "scanning", "attach"]


def test_from_nothing_and_back(operator: Any, noted: Callable[..., Any]) -> None:
    before = operator.resources()
    planned = operator.report("plan")
    assert [step["id"] for step in planned["steps"]] == STEPS
    assert {step["state"] for step in planned["steps"]} == {"to do"}
    assert all(step["describe"] for step in planned["steps"])
    assert planned["cost"]["month_dollars"] > 30
    assert operator.resources() == before

    done = operator.report("up", "--yes")
    assert done["complete"] is True
    assert {step["id"]: step["state"] for step in done["steps"]} == dict.fromkeys(STEPS, "done")
    address = operator.outputs()["EgressAddress"]
    assert done["egress_addresses"] == [address]
    networks, tokens = noted(operator)
    assert networks == [f"{address}/32"]
    assert len(tokens) == 1

    status = operator.report("status")
    assert {step["state"] for step in status["steps"]} == {"done"}

    removed = operator.report("down", "--yes")
    assert [step["id"] for step in removed["steps"]] == ["access", "scanning", "main-table", "network", "code"]
    assert operator.resources() == before
    assert noted(operator) == ([], [])
    assert "Nothing to remove." in operator.run("down", "--yes").output


def test_a_second_up_changes_nothing(operator: Any, noted: Callable[..., Any]) -> None:
    operator.report("up", "--yes")
    there, known = operator.resources(), noted(operator)
    again = operator.report("up", "--yes")
    assert not [step["id"] for step in again["steps"] if step["changed"]]
    assert operator.resources() == there
    assert noted(operator) == known
    shown = operator.run("up")
    assert shown.exit_code == 0
    assert "Nothing to do" in shown.output


def test_people_see_what_will_be_done_before_it_is_done(operator: Any) -> None:
    refused = operator.run("up")
    assert "nobody to ask" in str(refused.exception)
    assert "--yes" in str(refused.exception)
    assert operator.resources()["stacks"] == []
    for text in (
        "Make the stack landwaiter-network",
        "Public-RT",
        "Codebuild-Qualys-VPC-Access",
        "a month",
        "per 1,000",
    ):
        assert text in refused.stdout
    done = operator.run("up", "--yes")
    assert done.exit_code == 0, done.output
    assert f"The platform is called from {operator.outputs()['EgressAddress']}" in done.output
    refused = operator.run("down")
    assert "nobody to ask" in str(refused.exception)
    assert operator.resources()["stacks"]


def test_without_an_admin_token_the_rest_is_told(operator: Any, noted: Callable[..., Any]) -> None:
    nobody = {"LANDWAITER_ADMIN_TOKEN": ""}
    without = operator.run("up", "--yes", **nobody)
    assert "no sensor token" in str(without.exception)
    assert operator.resources()["stacks"] == []
    done = operator.run("up", "--yes", LANDWAITER_TOKEN="lws_given", **nobody)
    assert done.exit_code == 0, (done.output, done.exception)
    address = operator.outputs()["EgressAddress"]
    note = f"landwaiter aws: {operator.account}/us-east-1"
    assert f'landwaiter allow add {address} --note "{note}"' in done.output
    secret = operator.client("secretsmanager").get_secret_value(
        SecretId=operator.outputs(names.SCANNING_STACK)["PlatformTokenSecretArn"]
    )
    assert secret["SecretString"] == "lws_given"
    report = operator.report("status", **nobody)
    assert {step["id"]: step["state"] for step in report["steps"]} == {
        **dict.fromkeys(STEPS, "done"),
        "allow-list": "by hand",
    }
    removed = operator.run("down", "--yes", **nobody)
    assert removed.exit_code == 0
    assert f"landwaiter allow remove {address}" in removed.output
    assert noted(operator) == ([], [])
    assert "Nothing to remove." in operator.run("down", "--yes", **nobody).output


def test_what_a_person_entered_is_kept_and_what_is_no_longer_ours_goes(operator: Any, admin: PlatformAdmin) -> None:
    stranger, outdated = "198.51.100.0/24", "203.0.113.77/32"
    admin.admit(stranger, "head office")
    admin.admit(outdated, f"landwaiter aws: {operator.account}/us-east-1")
    operator.report("up", "--yes")
    assert stranger in admin.networks()
    assert outdated not in admin.networks()
    operator.report("down", "--yes")
    assert stranger in admin.networks()
    assert "127.0.0.0/8" in admin.networks()


def test_status_needs_no_settings_and_tells_what_is_missing(operator: Any, tmp_path: Any) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    bare = {"LANDWAITER_AWS_CONFIG": str(empty)}
    nothing = operator.run("status", **bare)
    assert nothing.exit_code == 1
    operator.report("up", "--yes", "--zones", "2", "--max-concurrent-builds", "7")
    assert {step["state"] for step in operator.report("status", **bare)["steps"]} == {"done"}
    assert not [step for step in operator.report("up", "--yes", **bare)["steps"] if step["changed"]]
    project = operator.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    assert project["concurrentBuildLimit"] == 7
    ec2, told = operator.client("ec2"), operator.outputs()
    main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [told["VpcId"]]}])["RouteTables"]
    association = next(one for table in main for one in table["Associations"] if one.get("Main"))
    other = next(table["RouteTableId"] for table in main if not table["Associations"])
    ec2.replace_route_table_association(AssociationId=association["RouteTableAssociationId"], RouteTableId=other)
    result = operator.run("status", "--format", "json", **bare)
    states = {step["id"]: step["state"] for step in json.loads(result.stdout)["steps"]}
    assert (result.exit_code, states) == (1, {**dict.fromkeys(STEPS, "done"), "main-table": "to do"})
    operator.report("up", "--yes", **bare)
    assert operator.run("status", **bare).exit_code == 0
    operator.report("down", "--yes", **bare)
    assert operator.resources()["stacks"] == []


def test_a_changed_setting_is_shown_and_made(operator: Any, noted: Callable[..., Any]) -> None:
    operator.report("up", "--yes")
    tokens = noted(operator)[1]
    flags = ("--max-concurrent-builds", "3", "--parameter", "ReservedConcurrency=0", "--tag", "owner=security")
    assert operator.states("plan", *flags) == {
        **dict.fromkeys(STEPS, "done"),
        "network": "differs",
        "scanning": "differs",
    }
    operator.report("up", "--yes", *flags)
    assert set(operator.states("plan", *flags).values()) == {"done"}
    assert "Concurrency" not in operator.client("lambda").get_function(FunctionName=names.FUNCTION)
    assert noted(operator)[1] == tokens
    stack = operator.client("cloudformation").describe_stacks(StackName=names.NETWORK_STACK)["Stacks"][0]
    assert {"Key": "owner", "Value": "security"} in stack["Tags"]
    assert {"Key": "Application", "Value": "landwaiter"} in stack["Tags"]


def test_root_cas_that_are_too_long_for_a_parameter(operator: Any, tmp_path: Path, authority: Authority) -> None:
    before = operator.resources()
    roots = tmp_path / "roots.pem"
    roots.write_text(authority.pem + "".join(Authority.create(f"Root CA {number}").pem for number in range(9)))
    assert len(roots.read_bytes()) > 4096
    flags = ("--root-ca", str(roots))
    operator.report("up", "--yes", *flags)
    assert set(operator.states("plan", *flags).values()) == {"done"}
    project = operator.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    variables = {one["name"]: one for one in project["environment"]["environmentVariables"]}
    assert variables["LANDWAITER_ROOT_CA"]["type"] == "SECRETS_MANAGER"
    held = operator.client("secretsmanager").get_secret_value(SecretId=variables["LANDWAITER_ROOT_CA"]["value"])
    assert held["SecretString"].count("BEGIN CERTIFICATE") == 10
    operator.report("down", "--yes")
    assert operator.resources() == before
