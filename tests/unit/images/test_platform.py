import pytest

from landwaiter.errors import InputError
from landwaiter.images.platform import DEFAULT_PLATFORM, Platform, parse_platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", DEFAULT_PLATFORM),
        ("Linux/X86_64", DEFAULT_PLATFORM),
        ("linux/aarch64", Platform("linux", "arm64")),
        ("linux/arm64/v8", Platform("linux", "arm64")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
        ("windows/amd64", Platform("windows", "amd64")),
    ],
)
def test_names(text, platform):
    assert parse_platform(text) == platform
    assert parse_platform(str(platform)) == platform


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "a/b/c/d"])
def test_what_is_no_platform(text):
    with pytest.raises(InputError, match="is not a platform"):
        parse_platform(text)
