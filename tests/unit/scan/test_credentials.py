"""Who the job is for a registry, and whom it trusts: a registry with a private CA and a password; AWS by the sandbox."""

import pytest

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.images.open import open_source
from landwaiter.sandbox.sandbox import Sandbox
from landwaiter.scan.credentials import job_access
from landwaiter.scan.settings import read_settings

LOGIN = ("deploy", "open sesame")


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    with Sandbox.start(tmp_path_factory.mktemp("aws")) as started:
        yield started


@pytest.fixture
def aws(box, monkeypatch, tmp_path):
    """AWS as the build sees it."""
    for name, value in box.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    return box


def opened(settings):
    with open_source(settings.image, access=job_access(settings)) as source:
        return source.image


def test_a_registry_behind_a_private_ca_needs_that_ca(registry, image_builder, settings):
    digest = registry.push(image_builder, image_builder.image({"a": "1"}))
    assert opened(settings()).digest == digest
    with pytest.raises(UnreachableError, match="certificate"):
        opened(settings(registry_ca=""))


def test_the_platforms_root_ca_is_trusted_for_registries_too(registry, image_builder, settings):
    """A company has one root CA for all that is its own."""
    registry.push(image_builder, image_builder.image({"a": "1"}))
    assert opened(settings(registry_ca="", root_ca=registry.authority.pem)).layers


@pytest.mark.parametrize("form", ["text", "file"])
def test_the_ca_comes_from_the_environment(registry, image_builder, settings, tmp_path, form):
    registry.push(image_builder, image_builder.image({"a": "1"}))
    file = tmp_path / "ca.pem"
    file.write_text(registry.authority.pem)
    environment = {
        "LANDWAITER_PLATFORM_URL": "https://platform.internal",
        "LANDWAITER_TOKEN": "t",
        "LANDWAITER_SCAN_ID": "s1",
        "LANDWAITER_IMAGE": f"{registry.host}/app:1",
        "LANDWAITER_REGISTRY_CA": registry.authority.pem if form == "text" else f"{file}\n",
    }
    assert opened(read_settings(environment)).layers


def test_a_secret_of_a_private_registry(aws, registry, image_builder, settings):
    registry.login = LOGIN
    registry.push(image_builder, image_builder.image({"a": "1"}))
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="reg", SecretString='{"username": "deploy", "password": "open sesame"}')["ARN"]
    for name in (arn, "reg"):
        assert opened(settings(registry_secret=name)).layers
    with pytest.raises(NotPermittedError):
        opened(settings())


def test_a_secret_of_another_region_is_read_there(aws, settings, monkeypatch):
    arn = aws.client("secretsmanager").create_secret(
        Name="here", SecretString='{"username": "deploy", "password": "open sesame"}'
    )["ARN"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    credential = job_access(settings(registry_secret=arn)).credentials.find("registry.example")
    assert (credential.username, credential.password) == LOGIN


def test_a_secret_that_cannot_be_read_names_the_parameter(aws, settings):
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing"
    with pytest.raises(NotPermittedError, match=f"{arn}.*RegistrySecretArns"):
        job_access(settings(registry_secret=arn))


def test_a_secret_in_another_form_is_not_quoted(aws, settings):
    aws.client("secretsmanager").create_secret(Name="odd", SecretString="hunter2")
    with pytest.raises(InputError, match="username and password") as raised:
        job_access(settings(registry_secret="odd"))
    assert "hunter2" not in str(raised.value)
