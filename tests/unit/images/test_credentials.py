import pytest

from landwaiter.errors import InputError
from landwaiter.images.credentials import (
    Credential,
    EcrCredentials,
    FirstOf,
    FixedCredential,
    NoCredentials,
    parse_secret,
)

ALI = Credential("ali", "secret")


def test_the_value_of_a_repository_credentials_secret():
    assert parse_secret('{"username":"ali","password":"secret","more":1}') == ALI


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "[]",
        "{}",
        '{"username":"ali"}',
        '{"username":"ali","password":""}',
        '{"username":1,"password":"x"}',
        "[" * 100_000,
    ],
)
def test_a_secret_that_is_none_is_never_shown(text):
    with pytest.raises(InputError, match="has no username and password") as caught:
        parse_secret(text.replace("ali", "hidden"))
    assert "hidden" not in str(caught.value)


def test_a_credential_hides_its_password():
    assert "secret" not in repr(Credential("ali", "secret", "secret"))
    assert "secret" not in repr(FirstOf((FixedCredential(ALI),)))


def test_the_first_that_knows_counts():
    other = FixedCredential(Credential("other", "x"), "quay.io")
    sources = FirstOf((NoCredentials(), other, FixedCredential(ALI)))
    assert sources.find("quay.io").username == "other"
    assert sources.find("ghcr.io") == ALI
    assert FirstOf((other,)).find("ghcr.io") is None


def test_ecr_is_not_asked_for_other_registries():
    assert EcrCredentials().find("quay.io") is None
