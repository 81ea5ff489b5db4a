"""No value of an environment variable leaves the account."""

import json
from typing import Any

import pytest

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


def test_a_revision_is_described_once_and_a_refusal_is_no_failure() -> None:
    class Ecs:
        calls = 0

        def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
            self.calls += 1
            if taskDefinition == "gone":
                raise RuntimeError("ClientException")
            return {"taskDefinition": DEFINITION}

    ecs = Ecs()
    definitions = TaskDefinitions(ecs)
    first, second = definitions.evidence("a"), definitions.evidence("a")
    assert first == second
    assert ecs.calls == 1
    assert definitions.evidence("gone") is None
    assert definitions.evidence("") is None
