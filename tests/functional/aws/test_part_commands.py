"""`landwaiter aws policy`, `ca` and `attach` as commands, on a stack that was built by hand."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws import names
from landwaiter.cli.main import main
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox


@pytest.fixture
def run(
    fresh_box: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    for name, value in fresh_box.environ().items():
        monkeypatch.setenv(name, value)

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["aws", *map(str, arguments)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_the_parts_one_after_the_other(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], run: Any, authority: Authority, tmp_path: Path
) -> None:
    network = build_by_hand(fresh_box, policy=False).network
    code, out, _ = run("policy", "show", "--vpc-id", network.vpc_id)
    assert code == 0
    assert len(json.loads(out)["Statement"][1]["Condition"]["ArnEquals"]["ec2:Subnet"]) == 4

    code, out, _ = run("policy", "apply", "--vpc-id", network.vpc_id, "--dry-run")
    assert out.splitlines() == [
        "To do:",
        "  - make the policy Codebuild-Qualys-VPC-Access",
        f"  - attach Codebuild-Qualys-VPC-Access to {names.SERVICE_ROLE}",
    ]
    assert fresh_box.client("iam").list_policies(Scope="Local")["Policies"] == []
    code, out, _ = run("policy", "apply", "--vpc-id", network.vpc_id, "--yes", "--format", "json")
    told = json.loads(out)
    assert told["policy"] == "arn:aws:iam::123456789012:policy/Codebuild-Qualys-VPC-Access"
    assert [(change["name"], change["done"]) for change in told["changes"]] == [("policy", True), ("attachment", True)]
    assert run("policy", "apply", "--vpc-id", network.vpc_id)[1] == "The policy is as it should be.\n"

    root = tmp_path / "root.pem"
    root.write_text(authority.pem)
    code, out, err = run("ca", "publish", root, "--yes")
    assert code == 0
    assert "Root: CN=Landwaiter Sandbox Root CA" in out
    assert out.count("\ndone: ") == 3
    assert "expires on" in err
    code, out, _ = run("ca", "show", "--format", "json")
    # The sandbox's root lives for a day: worth a warning.
    assert (code, json.loads(out)["path"]) == (1, "/opt/custom-root-ca.cert")
    assert "It is published already." in run("ca", "publish", root)[1]

    code, out, _ = run("attach", "--vpc-id", network.vpc_id, "--yes", "--format", "json")
    told = json.loads(out)
    assert told["placement"]["lambda_subnet_id"] == network.private_subnets[0]
    assert [change["name"] for change in told["changes"]] == ["lambda-policy", "function", "project"]
    assert "Everything is attached already." in run("attach", "--vpc-id", network.vpc_id)[1]

    assert run("attach", "--undo", "--yes")[1].count("\ndone: ") == 3
    assert run("attach", "--undo", "--yes")[1] == "attach has changed nothing here.\n"
    assert run("ca", "publish", "--undo", "--yes")[0] == 0
    assert run("ca", "show")[:2] == (0, "Function: no custom root CA\nLayers: none\nBuilds: 0 custom root CAs\n")
    assert run("policy", "remove", "--yes")[0] == 0
    assert run("policy", "remove")[1] == "There is no such policy.\n"


def test_nothing_is_changed_without_a_yes(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build_by_hand(fresh_box).network
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, out, err = run("attach", "--vpc-id", network.vpc_id)
    assert code == 130
    assert "done:" not in out
    assert "Go ahead?" in err
    assert (
        not fresh_box.client("lambda")
        .get_function_configuration(FunctionName=names.FUNCTION)
        .get("VpcConfig", {})
        .get("SubnetIds")
    )


def test_an_empty_account_is_explained(fresh_box: Sandbox, run: Any) -> None:
    for command in (["attach"], ["policy", "show"]):
        code, out, err = run(*command)
        assert (code, out) == (2, "")
        assert "There is no stack landwaiter-network here, and no VPC is named." in err
    code, _, err = run("ca", "show")
    assert code == 2
    assert f"There is no Lambda function {names.FUNCTION}" in err
