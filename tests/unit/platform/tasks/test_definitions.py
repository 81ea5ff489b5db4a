import pytest

from landwaiter.errors import InputError
from landwaiter.platform.tasks.definitions import parse_definition


def test_values_that_could_be_secrets_are_dropped() -> None:
    container = {
        "name": "web",
        "environment": [{"name": "TOKEN", "value": "hunter2", "secret": "generic"}, {"value": "hunter2"}],
        "logConfiguration": {
            "logDriver": "splunk",
            "options": {"splunk-token": "hunter2", "awslogs-group": "/ecs/web", "Api-Key": "hunter2"},
        },
    }
    (kept,) = parse_definition({"taskDefinitionArn": "a", "containerDefinitions": [container]}).container_definitions
    assert kept.environment == ({"name": "TOKEN", "secret": "generic"}, {})
    assert kept.log_configuration == {
        "logDriver": "splunk",
        "options": {"splunk-token": "", "awslogs-group": "/ecs/web", "Api-Key": ""},
    }


@pytest.mark.parametrize("log", [None, {}, {"logDriver": "awslogs"}, {"options": "x"}])
def test_a_log_configuration_without_options_stays_as_it_is(log: object) -> None:
    document = {"taskDefinitionArn": "a", "containerDefinitions": [{"name": "web", "logConfiguration": log}]}
    (kept,) = parse_definition(document).container_definitions
    assert kept.log_configuration == log


@pytest.mark.parametrize("document", [{}, {"taskDefinitionArn": None}, {"taskDefinitionArn": "a", "volumes": 1}])
def test_a_document_that_is_no_definition_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(InputError, match="malformed"):
        parse_definition(document)
