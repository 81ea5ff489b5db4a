"""Least privilege, proved on the deployed roles: what the code calls is allowed on its resource, and no more is.

Plain statements are judged by `iam:SimulateCustomPolicy`; what hangs on a condition by the evaluator below, which follows
IAM's rules for the operators that our policies use, and is held against the simulator wherever both can answer.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import landwaiter
from landwaiter.aws import names
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.sandbox.sandbox import Sandbox

ACCOUNT, REGION = "123456789012", "us-east-1"
ROOMS = Path(landwaiter.__file__).parent
REGISTRY_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:registry-AbCdEf"
REGISTRY_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
REPOSITORY = "arn:aws:ecr:eu-west-1:999988887777:repository/team/app"
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/0123456789abcdef"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


PROJECT = arn("codebuild", f"project/{names.PROJECT}")
FUNCTION_LOG = arn("logs", "log-group:/aws/lambda/QualysECSFargateImageScanningLambda:log-stream:1")
JOB_LOG = arn("logs", "log-group:/aws/codebuild/QualysECSFargateImageScanning:log-stream:1")


@pytest.fixture(scope="module")
def policies(
    tmp_path_factory: pytest.TempPathFactory, make_deployment: Callable[..., Deployment]
) -> Iterator[dict[str, Any]]:
    """The documents of both roles as AWS holds them, and the stack's own ids."""
    with Sandbox.start(tmp_path_factory.mktemp("privilege")) as box:
        more = {"RegistrySecretArns": REGISTRY_SECRET, "RegistryKeyArns": REGISTRY_KEY}
        deployment = make_deployment(box, parameters=more)
        for step in deployment.steps():
            step.run()
        iam = box.client("iam")
        documents = {role: list(documents_of(iam, role)) for role in (names.LAMBDA_ROLE, names.SERVICE_ROLE)}
        stack = deployment.scanning.describe()
        assert stack is not None
        given = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        outputs = deployment.scanning.outputs()
        project = box.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
        queue = box.client("sqs").get_queue_attributes(
            QueueUrl=outputs["DeadLetterQueueUrl"], AttributeNames=["QueueArn"]
        )
        yield {
            "box": box,
            "documents": documents,
            "secret": outputs["PlatformTokenSecretArn"],
            "queue": queue["Attributes"]["QueueArn"],
            "key": project["encryptionKey"],
            "source": f"arn:aws:s3:::{given['ArtifactBucket']}/{given['JobKey']}",
            "bucket": given["ArtifactBucket"],
            "subnets": given["SubnetArns"].split(","),
        }


def documents_of(iam: Any, role: str) -> Iterator[dict[str, Any]]:
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        if f":{ACCOUNT}:" in one["PolicyArn"]:
            version = iam.get_policy(PolicyArn=one["PolicyArn"])["Policy"]["DefaultVersionId"]
            yield iam.get_policy_version(PolicyArn=one["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]


def calls(where: str) -> set[str]:
    """The AWS operations that the code of a room or a module names, as CamelCase."""
    root = ROOMS / where
    files = sorted(root.glob("*.py")) if root.is_dir() else [root]
    pattern = re.compile(
        r'\.get_paginator\("(\w+)"\)|\.((?:describe|list|start|batch|get_secret|get_authorization)_\w+)\('
    )
    found = {one or other for file in files for one, other in pattern.findall(file.read_text(encoding="utf-8"))}
    return {"".join(part.title() for part in name.split("_")) for name in found}


def of_function(made: Mapping[str, Any]) -> dict[str, str]:
    """What the function does, and on what."""
    return {
        "ecs:ListClusters": "*",
        "ecs:ListTasks": "*",
        "ecs:DescribeTasks": TASK,
        "ecs:DescribeTaskDefinition": "*",
        "secretsmanager:GetSecretValue": made["secret"],
        "codebuild:StartBuild": PROJECT,
        "sqs:SendMessage": made["queue"],
        "kms:Decrypt": made["key"],
        "kms:GenerateDataKey": made["key"],
        "logs:CreateLogStream": FUNCTION_LOG,
        "logs:PutLogEvents": FUNCTION_LOG,
    }


def of_job(made: Mapping[str, Any]) -> dict[str, str]:
    """What a build does, and on what."""
    return {
        "ecr:GetAuthorizationToken": "*",
        "ecr:BatchGetImage": REPOSITORY,
        "ecr:GetDownloadUrlForLayer": REPOSITORY,
        "ecr:BatchCheckLayerAvailability": REPOSITORY,
        "secretsmanager:GetSecretValue": made["secret"],
        "kms:Decrypt": made["key"],
        "s3:GetObject": made["source"],
        "s3:GetObjectVersion": made["source"],
        "logs:CreateLogStream": JOB_LOG,
        "logs:PutLogEvents": JOB_LOG,
        "ec2:CreateNetworkInterface": "*",
        "ec2:DescribeNetworkInterfaces": "*",
        "ec2:DescribeVpcs": "*",
        "ec2:DeleteNetworkInterface": "*",
        "ec2:DescribeDhcpOptions": "*",
        "ec2:DescribeSubnets": "*",
        "ec2:DescribeSecurityGroups": "*",
    }


NEEDED = {names.LAMBDA_ROLE: of_function, names.SERVICE_ROLE: of_job}
DANGEROUS = (
    ("iam:PassRole", "*"),
    ("iam:CreateUser", "*"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{names.SERVICE_ROLE}"),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/Codebuild-Qualys-VPC-Access"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:database-AbCdEf")),
    ("secretsmanager:PutSecretValue", "SECRET"),
    ("secretsmanager:ListSecrets", "*"),
    ("kms:Decrypt", arn("kms", "key/99999999-0000-0000-0000-000000000000")),
    ("kms:ScheduleKeyDeletion", "KEY"),
    ("s3:GetObject", "arn:aws:s3:::customers/list.csv"),
    ("s3:PutObject", "SOURCE"),
    ("s3:DeleteObject", "SOURCE"),
    ("s3:ListAllMyBuckets", "*"),
    ("codebuild:UpdateProject", PROJECT),
    ("codebuild:StartBuild", arn("codebuild", "project/release")),
    ("codebuild:CreateProject", PROJECT),
    ("lambda:UpdateFunctionCode", arn("lambda", f"function:{names.FUNCTION}")),
    ("lambda:InvokeFunction", arn("lambda", "function:other")),
    ("ecs:RunTask", "*"),
    ("ecs:StopTask", TASK),
    ("ecs:ExecuteCommand", TASK),
    ("ecs:RegisterTaskDefinition", "*"),
    ("ecr:PutImage", REPOSITORY),
    ("ecr:DeleteRepository", REPOSITORY),
    ("ec2:RunInstances", "*"),
    ("ec2:AuthorizeSecurityGroupIngress", "*"),
    ("ec2:CreateNetworkInterfacePermission", arn("ec2", "network-interface/eni-1")),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/aws/codebuild/QualysECSFargateImageScanning")),
    ("logs:PutLogEvents", arn("logs", "log-group:/app:log-stream:1")),
    ("sqs:ReceiveMessage", "QUEUE"),
    ("sqs:SendMessage", arn("sqs", "orders")),
    ("ssm:GetParameter", arn("ssm", "parameter/db")),
    ("events:PutRule", "*"),
    ("events:DeleteRule", "*"),
)


def simulated(made: Mapping[str, Any], role: str, action: str, resource: str) -> bool:
    answer = (
        made["box"]
        .client("iam")
        .simulate_custom_policy(
            PolicyInputList=[json.dumps(document) for document in made["documents"][role]],
            ActionNames=[action],
            ResourceArns=[resource],
        )
    )
    return bool(answer["EvaluationResults"][0]["EvalDecision"] == "allowed")


def evaluated(
    documents: list[dict[str, Any]], action: str, resource: str, context: Mapping[str, str] | None = None
) -> bool:
    """Allowed when some statement allows it and none denies it (IAM User Guide, "Policy evaluation logic")."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in document["Statement"]
        if covers(statement, action, resource, context or {})
    }
    return "Allow" in effects and "Deny" not in effects


def covers(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in many(statement["Action"]))
        and any(matches(resource, pattern) for pattern in many(statement["Resource"]))
        and all(
            any(OPERATORS[operator](context.get(key, ""), value) for value in many(wanted))
            for operator, pairs in statement.get("Condition", {}).items()
            for key, wanted in pairs.items()
        )
    )


def matches(resource: str, pattern: str) -> bool:
    """IAM's wildcards: * for any number of characters, ? for one."""
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), resource) is not None
    )


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda given, wanted: given == wanted,
    "ArnEquals": lambda given, wanted: given.count(":") == wanted.count(":") and matches(given, wanted),
}


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("role", sorted(NEEDED))
def test_what_the_code_calls_is_allowed(policies: dict[str, Any], role: str) -> None:
    for action, resource in NEEDED[role](policies).items():
        assert simulated(policies, role, action, resource), (action, resource)
        assert evaluated(policies["documents"][role], action, resource), (action, resource)


@pytest.mark.parametrize(
    ("role", "where"), [(names.LAMBDA_ROLE, "trigger"), (names.SERVICE_ROLE, "scan/credentials.py")]
)
def test_the_list_of_calls_is_that_of_the_code(policies: dict[str, Any], role: str, where: str) -> None:
    called = calls(where)
    assert called
    assert called <= {action.split(":")[1] for action in NEEDED[role](policies)}


def test_the_registry_client_asks_for_a_token_and_nothing_else() -> None:
    assert calls("images/ecr.py") == {"GetAuthorizationToken"}


@pytest.mark.parametrize("role", sorted(NEEDED))
def test_dangerous_things_are_denied(policies: dict[str, Any], role: str) -> None:
    own = {
        "SECRET": policies["secret"],
        "KEY": policies["key"],
        "SOURCE": policies["source"],
        "QUEUE": policies["queue"],
    }
    for action, resource in DANGEROUS:
        target = own.get(resource, resource)
        assert not evaluated(policies["documents"][role], action, target), (action, target)
        if action != "ec2:CreateNetworkInterfacePermission":
            assert not simulated(policies, role, action, target), (action, target)


def test_each_role_is_denied_what_the_other_one_needs(policies: dict[str, Any]) -> None:
    function, job = of_function(policies), of_job(policies)
    for action in set(job) - set(function):
        assert not simulated(policies, names.LAMBDA_ROLE, action, job[action]), action
    for action in set(function) - set(job):
        assert not simulated(policies, names.SERVICE_ROLE, action, function[action]), action


def test_network_interfaces_are_lent_to_codebuild_in_our_subnets_only(policies: dict[str, Any]) -> None:
    documents = policies["documents"][names.SERVICE_ROLE]
    action, interface = "ec2:CreateNetworkInterfacePermission", arn("ec2", "network-interface/eni-1")
    right = {"ec2:AuthorizedService": "codebuild.amazonaws.com"}
    assert len(policies["subnets"]) == 4
    for subnet in policies["subnets"]:
        assert evaluated(documents, action, interface, right | {"ec2:Subnet": subnet})
    for context in (
        {},
        right,
        right | {"ec2:Subnet": arn("ec2", "subnet/subnet-other")},
        {"ec2:AuthorizedService": "lambda.amazonaws.com", "ec2:Subnet": policies["subnets"][0]},
    ):
        assert not evaluated(documents, action, interface, context)
    foreign = f"arn:aws:ec2:{REGION}:999988887777:network-interface/eni-1"
    assert not evaluated(documents, action, foreign, right | {"ec2:Subnet": policies["subnets"][0]})


def test_private_registries_open_their_own_secrets_only(policies: dict[str, Any]) -> None:
    documents = policies["documents"][names.SERVICE_ROLE]
    assert evaluated(documents, "secretsmanager:GetSecretValue", REGISTRY_SECRET)
    via = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    assert evaluated(documents, "kms:Decrypt", REGISTRY_KEY, via)
    assert not evaluated(documents, "kms:Decrypt", REGISTRY_KEY)
    assert not evaluated(policies["documents"][names.LAMBDA_ROLE], "secretsmanager:GetSecretValue", REGISTRY_SECRET)


# Statements on every resource, and why: AWS knows no narrower one (Service Authorization Reference), or the guide's policy.
ON_EVERYTHING = {
    frozenset({"ecs:ListClusters", "ecs:ListTasks", "ecs:DescribeTaskDefinition"}): "no resource, or one that Fargate has not",
    frozenset({"ecr:GetAuthorizationToken"}): "no resource",
    frozenset(
        {
            "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DeleteNetworkInterface",
            "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups",
        }
    ): "the guide's policy to the letter",
}  # fmt: skip


def test_no_action_is_a_pattern_and_every_broad_resource_is_justified(policies: dict[str, Any]) -> None:
    seen = set()
    for documents in policies["documents"].values():
        for statement in (one for document in documents for one in document["Statement"]):
            actions = frozenset(many(statement["Action"]))
            assert not [action for action in actions if "*" in action]
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            if "*" in many(statement["Resource"]):
                assert actions in ON_EVERYTHING
                seen.add(actions)
    assert seen == set(ON_EVERYTHING)
