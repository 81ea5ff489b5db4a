"""The templates as text: clean by cfn-lint, with the names of the guide, and with nothing that should not be there."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cfnlint.decode
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

import landwaiter.aws.templates
from landwaiter.aws import names, templates
from landwaiter.aws.ca.project import stack_parameters

# One of each partition, and one that opened late.
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1"]
FOLDER = Path(landwaiter.aws.templates.__file__).parent
TEMPLATES = {"network", "scanning", "member", "hub"}


def parsed(name: str) -> dict[str, Any]:
    document, problems = cfnlint.decode.decode_str(templates.read(name))
    assert not problems
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def scanning() -> dict[str, Any]:
    return parsed("scanning")


@pytest.fixture(scope="module")
def network() -> dict[str, Any]:
    return parsed("network")


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_cfn_lint_finds_nothing(name: str) -> None:
    found = lint(templates.read(name), config=ManualArgs(regions=REGIONS))
    assert [str(match) for match in found] == []


def test_every_template_is_checked() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == TEMPLATES


def test_the_guides_names_are_kept_to_the_letter(scanning: dict[str, Any], network: dict[str, Any]) -> None:
    resources = scanning["Resources"]
    # In the console's Resources tab these are the logical ids as well as the names.
    assert resources["QualysECSFargateImageScanningServiceRole"]["Properties"]["RoleName"] == names.SERVICE_ROLE
    assert resources["QualysECSFargateImageScanningLambdaRole"]["Properties"]["RoleName"] == names.LAMBDA_ROLE
    assert resources["QualysECSFargateImageScanningLambda"]["Properties"]["FunctionName"] == names.FUNCTION
    assert resources["QualysECSFargateImageScanning"]["Properties"]["Name"] == names.PROJECT
    assert resources["CodebuildQualysVpcAccess"]["Properties"]["ManagedPolicyName"] == names.VPC_POLICY
    assert names.ROOT_CA_PARAMETER in scanning["Parameters"]
    tags = network["Resources"]["PublicRouteTable"]["Properties"]["Tags"]
    assert {"Key": "Name", "Value": names.PUBLIC_ROUTE_TABLE} in tags


def test_builds_are_not_privileged_and_keep_no_artifacts(scanning: dict[str, Any]) -> None:
    project = scanning["Resources"]["QualysECSFargateImageScanning"]["Properties"]
    assert project["Environment"]["PrivilegedMode"] is False
    assert project["Artifacts"] == {"Type": "NO_ARTIFACTS"}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    documents = [policy["PolicyDocument"] for policy in role["Properties"]["Policies"]]
    found = [statement for document in documents for statement in document["Statement"]]
    return [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in found]


# Actions for which AWS knows no resource (Service Authorization Reference).
WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken", "ecs:ListClusters", "ecs:ListTasks", "ecs:DescribeTaskDefinition"}


@pytest.mark.parametrize("role", [names.LAMBDA_ROLE, names.SERVICE_ROLE])
def test_a_role_may_do_nothing_to_everything(scanning: dict[str, Any], role: str) -> None:
    for statement in statements(scanning["Resources"][role]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action]
        if statement["Resource"] == "*":
            assert set(actions) <= WITHOUT_RESOURCE


def test_what_holds_data_is_encrypted_and_goes_with_the_stack(scanning: dict[str, Any]) -> None:
    kinds = {
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SecretsManager::Secret": "KmsKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::Lambda::Function": "KmsKeyArn",
        "AWS::CodeBuild::Project": "EncryptionKey",
    }
    seen = set()
    for resource in scanning["Resources"].values():
        if resource["Type"] in kinds:
            seen.add(resource["Type"])
            assert resource["Properties"][kinds[resource["Type"]]] == {"Fn::GetAtt": ["Key", "Arn"]}
    assert seen == set(kinds)


def test_the_token_is_never_shown(scanning: dict[str, Any]) -> None:
    assert scanning["Parameters"]["PlatformToken"]["NoEcho"] is True
    text = str({key: scanning[key] for key in ("Resources", "Outputs")})
    assert text.count("{'Ref': 'PlatformToken'}") == 1


def test_arns_carry_the_partition(scanning: dict[str, Any], network: dict[str, Any]) -> None:
    for document in (scanning, network):
        assert "arn:aws:" not in str(document["Resources"])
        assert "arn:aws:" not in str(document["Outputs"])


def test_what_checkov_is_told_to_skip_is_justified_in_the_docs() -> None:
    """Each suppression stands in docs/reference/checkov.md, and nothing stands there that is none."""
    skipped = {
        (skip["id"], name, f"{template}.yaml")
        for template in TEMPLATES
        for name, resource in parsed(template)["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
        if skip["comment"]
    }
    page = Path(__file__).parents[3] / "docs" / "reference" / "checkov.md"
    rows = re.findall(
        r"^\| (CKV\w+) \| `(\w+)` \| `([\w.]+)` \| \S.+ \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(rows) == skipped
    assert len(rows) == len(skipped) == 3


def test_members_forward_what_the_rules_of_the_stack_take(scanning: dict[str, Any]) -> None:
    def pattern(document: dict[str, Any], rule: str) -> dict[str, Any]:
        found: dict[str, Any] = document["Resources"][rule]["Properties"]["EventPattern"]
        return found

    forwarded = pattern(parsed("member"), "TaskRule")
    running, stopped = pattern(scanning, "TaskRunningRule"), pattern(scanning, "TaskStoppedRule")
    assert forwarded["detail"]["$or"] == running["detail"]["$or"] == stopped["detail"]["$or"]
    assert forwarded["detail"]["lastStatus"] == running["detail"]["lastStatus"] + stopped["detail"]["lastStatus"]
    assert parsed("hub")["Resources"]["TaskRule"]["Properties"]["EventPattern"]["source"] == forwarded["source"]


def test_members_are_deployable_as_a_stack_set() -> None:
    """No fixed names, which would clash, and no named IAM resources, which need another capability."""
    for name, resource in parsed("member")["Resources"].items():
        fixed = {"RoleName", "Name", "QueueName", "AlarmName"} & set(resource["Properties"])
        assert not fixed, name


def test_the_bus_takes_task_events_of_members_only() -> None:
    resources = parsed("hub")["Resources"]
    for name in ("OrganizationMayPut", "MembersMayPut"):
        statement = resources[name]["Properties"]["Statement"]
        assert statement["Action"] == "events:PutEvents"
        assert statement["Condition"]["StringEquals"]["events:source"] == "aws.ecs"
    assert (
        "aws:PrincipalOrgID" in resources["OrganizationMayPut"]["Properties"]["Statement"]["Condition"]["StringEquals"]
    )
    assert resources["MembersMayPut"]["Properties"]["Statement"]["Principal"] == {"AWS": {"Ref": "MemberAccounts"}}


def test_a_parameter_of_cloudformation_is_long_enough_or_the_secret_is_used() -> None:
    short, long, last = "x" * 4096, "x" * 4097, datetime(2030, 1, 31, tzinfo=UTC)
    assert stack_parameters(short, last) == {"RootCaPem": short, "RootCaSecret": "", "RootCaExpires": "2030-01-31"}
    assert stack_parameters(long) == {"RootCaPem": "", "RootCaSecret": "landwaiter-root-ca", "RootCaExpires": ""}
    assert stack_parameters("") == {"RootCaPem": "", "RootCaSecret": "", "RootCaExpires": ""}
    assert set(stack_parameters("")) <= templates.parameter_names("scanning")
