from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.sandbox.build_environment import SecretReference, merged, parse_secret_reference

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:landwaiter/token-AbCdEf"


def test_a_plain_name_and_an_arn_are_whole_secrets() -> None:
    assert parse_secret_reference("token") == SecretReference("token")
    assert parse_secret_reference(ARN) == SecretReference(ARN)


def test_key_stage_and_version_follow() -> None:
    assert parse_secret_reference("token:user") == SecretReference("token", "user")
    assert parse_secret_reference(f"{ARN}:user:AWSPREVIOUS:v1") == SecretReference(ARN, "user", "AWSPREVIOUS", "v1")
    assert parse_secret_reference(f"{ARN}::AWSPREVIOUS") == SecretReference(ARN, "", "AWSPREVIOUS")


part = st.text(st.characters(categories=["L", "N"]), max_size=8)


@settings(max_examples=100)
@given(part.filter(lambda text: text != "arn"), part, part, part)
def test_every_reference_is_read_back(secret: str, key: str, stage: str, version: str) -> None:
    for identity in (secret, f"arn:aws:secretsmanager:r:1:secret:{secret}"):
        text = f"{identity}:{key}:{stage}:{version}"
        assert parse_secret_reference(text) == SecretReference(identity, key, stage, version)


def test_a_builds_variables_win_by_name() -> None:
    project = [{"name": "A", "value": "1", "type": "PLAINTEXT"}, {"name": "B", "value": "2"}]
    overrides = [{"name": "B", "value": "3", "type": "SECRETS_MANAGER"}, {"name": "C", "value": "4"}]
    assert merged(project, overrides) == [
        {"name": "A", "value": "1", "type": "PLAINTEXT"},
        {"name": "B", "value": "3", "type": "SECRETS_MANAGER"},
        {"name": "C", "value": "4"},
    ]
    assert project[1]["value"] == "2"
