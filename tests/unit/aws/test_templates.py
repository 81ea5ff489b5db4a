"""The templates as text: clean by cfn-lint, with the names of the guide, and with nothing that should not be there."""

from pathlib import Path
from typing import Any

import cfnlint.decode
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

import landwaiter.aws.templates
from landwaiter.aws import names, templates

# One of each partition, and one that opened late.
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1"]
FOLDER = Path(landwaiter.aws.templates.__file__).parent


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


@pytest.mark.parametrize("name", ["network", "scanning"])
def test_cfn_lint_finds_nothing(name: str) -> None:
    found = lint(templates.read(name), config=ManualArgs(regions=REGIONS))
    assert [str(match) for match in found] == []


def test_every_template_is_checked() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == {"network", "scanning"}


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
