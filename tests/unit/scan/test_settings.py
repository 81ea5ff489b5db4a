"""The job's environment."""

import pytest

from landwaiter.errors import InputError
from landwaiter.images.platform import Platform
from landwaiter.scan.settings import read_settings

GOOD = {
    "LANDWAITER_PLATFORM_URL": "https://platform.internal",
    "LANDWAITER_TOKEN": "lw_s_abc_secret\n",
    "LANDWAITER_SCAN_ID": "scan-1",
    "LANDWAITER_IMAGE": "registry.example/web:1",
    "LANDWAITER_IMAGE_PLATFORM": "linux/arm64",
}


def test_settings_are_read() -> None:
    settings = read_settings(GOOD)
    assert settings.token == "lw_s_abc_secret"
    assert settings.image_platform == Platform("linux", "arm64")
    assert settings.digest == ""


@pytest.mark.parametrize(
    "name", ["LANDWAITER_PLATFORM_URL", "LANDWAITER_TOKEN", "LANDWAITER_SCAN_ID", "LANDWAITER_IMAGE"]
)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(InputError, match=name):
        read_settings(GOOD | {name: ""})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LANDWAITER_PLATFORM_URL", "http://platform", "https"),
        ("LANDWAITER_PLATFORM_URL", "https://", "https"),
        ("LANDWAITER_PLATFORM_URL", "https://platform:port", "https"),
        ("LANDWAITER_PLATFORM_URL", "https://[platform", "https"),
        ("LANDWAITER_DIGEST", "sha256:12", "digest"),
        ("LANDWAITER_IMAGE_PLATFORM", "linux", "platform"),
    ],
)
def test_a_malformed_variable_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_settings(GOOD | {name: value})


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(read_settings(GOOD))


@pytest.mark.parametrize("token", ["two\nlines", "two words", "café"])
def test_a_token_that_is_none_is_refused_without_being_quoted(token: str) -> None:
    with pytest.raises(InputError, match="LANDWAITER_TOKEN") as refused:
        read_settings(GOOD | {"LANDWAITER_TOKEN": token})
    assert token not in str(refused.value)
