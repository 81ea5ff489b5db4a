import pytest

from landwaiter.errors import NotPermittedError
from landwaiter.images.credentials import EcrCredentials


@pytest.fixture(autouse=True)
def _nobody(monkeypatch, tmp_path):
    """No AWS credentials anywhere, and no look at the network for them."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


def test_the_public_registry_is_met_anonymously():
    assert EcrCredentials().find("public.ecr.aws") is None


def test_a_private_registry_needs_credentials():
    with pytest.raises(
        NotPermittedError, match="gives no ECR token for eu-west-1: .*redentials.*Allow ecr:GetAuthorizationToken"
    ):
        EcrCredentials().find("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
