"""No value of an environment variable leaves the account."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from landwaiter.trigger.task_definitions import TaskDefinitions, redact, registry_secrets, secret_rule

DEFINITION: dict[str, Any] = {
    "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7",
    "networkMode": "awsvpc",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "registry.example/web:1",
            "readonlyRootFilesystem": True,
            "command": ["--password", "hunter2hunter2"],
            "dockerLabels": {"token": "hunter2hunter2"},
            "environment": [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}, {"name": "PORT", "value": "8080"}],
            "secrets": [{"name": "API_KEY", "valueFrom": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a"}],
            "logConfiguration": {
                "logDriver": "splunk",
                "options": {"splunk-token": "hunter2hunter2", "mode": "blocking"},
            },
            "healthCheck": {"command": ["CMD", "curl", "-u", "user:hunter2hunter2"]},
            "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-central-1:1:secret:reg"},
        }
    ],
}


def test_values_commands_labels_and_log_options_stay_in_the_account() -> None:
    kept = json.dumps(redact(DEFINITION))
    assert "hunter2" not in kept
    assert "8080" not in kept
    assert json.loads(kept)["containerDefinitions"][0]["environment"] == [
        {"name": "DB_PASSWORD", "secret": "name-of-a-secret"},
        {"name": "PORT"},
    ]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ANY", "AKIAIOSFODNN7EXAMPLE", "aws-access-key-id"),
        ("DATABASE", "postgres://app:s3cret@db/app", "password-in-url"),
        ("KEY", "-----BEGIN RSA PRIVATE KEY-----", "private-key"),
        ("STRIPE_API_KEY", "abcdefgh", "name-of-a-secret"),
        ("PASSWORD_FILE", "/run/secrets/db", ""),
        ("SECRET_ARN", "arn:aws:secretsmanager:x", ""),
        ("TOKEN_TTL", "3600", ""),
        ("COMPASS", "north-north-west", ""),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str, rule: str) -> None:
    assert secret_rule(name, value) == rule


def test_the_secret_of_a_private_registry_is_found_by_image() -> None:
    assert registry_secrets(redact(DEFINITION)) == {
        "registry.example/web:1": "arn:aws:secretsmanager:eu-central-1:1:secret:reg"
    }
    assert registry_secrets(None) == {}


def test_the_tags_of_a_definition_are_evidence() -> None:
    assert redact(DEFINITION, [{"key": "team", "value": "web"}])["tags"] == [{"key": "team", "value": "web"}]
    assert redact(DEFINITION)["tags"] == []


@pytest.fixture
def ecs():
    client = boto3.client("ecs", region_name="eu-central-1", aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stub:
        client.stub = stub
        yield client
        stub.assert_no_pending_responses()


def expect(ecs, arn, **answer) -> None:
    ecs.stub.add_response("describe_task_definition", answer, {"taskDefinition": arn, "include": ["TAGS"]})


def test_the_very_revision_is_described_and_only_once(ecs) -> None:
    older, newer = (f"arn:aws:ecs:eu-central-1:123456789012:task-definition/web:{number}" for number in (7, 8))
    expect(ecs, older, taskDefinition={**DEFINITION, "taskDefinitionArn": older}, tags=[{"key": "a", "value": "b"}])
    expect(ecs, newer, taskDefinition={**DEFINITION, "taskDefinitionArn": newer})
    definitions = TaskDefinitions(ecs)
    found = definitions.evidence(older)
    assert found == definitions.evidence(older)
    assert (found["taskDefinitionArn"], found["tags"]) == (older, [{"key": "a", "value": "b"}])
    assert definitions.evidence(newer)["taskDefinitionArn"] == newer
    assert definitions.evidence("") is None


@pytest.mark.parametrize("code", ["ClientException", "AccessDeniedException"])
def test_a_definition_that_is_gone_or_forbidden_is_no_failure(ecs, capsys, code) -> None:
    ecs.stub.add_client_error("describe_task_definition", code, "Unable to describe task definition.")
    assert TaskDefinitions(ecs).evidence("gone") is None
    assert "gone is not read" in capsys.readouterr().out


def test_throttling_is_a_failure_as_the_definition_may_name_a_secret(ecs) -> None:
    ecs.stub.add_client_error("describe_task_definition", "ThrottlingException", "Rate exceeded")
    with pytest.raises(ClientError, match="Rate exceeded"):
        TaskDefinitions(ecs).evidence("web:7")
