"""The function's environment."""

import pytest

from landwaiter.trigger.settings import Settings, SettingsError

GOOD = {
    "LANDWAITER_PLATFORM_URL": "https://platform.internal:8443/",
    "LANDWAITER_TOKEN_SECRET": "arn:aws:secretsmanager:x",
    "LANDWAITER_PROJECT": "QualysECSFargateImageScanning",
    "QualysPodCustomRootCertPath": "/opt/custom-root-ca.cert",
}


def test_settings_are_read() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.platform_url == "https://platform.internal:8443"
    assert settings.root_certificate == "/opt/custom-root-ca.cert"


@pytest.mark.parametrize("name", ["LANDWAITER_PLATFORM_URL", "LANDWAITER_TOKEN_SECRET", "LANDWAITER_PROJECT"])
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("url", ["http://platform.internal", "https://", "https://host:no", "https://[x", "platform"])
def test_an_address_that_is_not_https_to_a_host_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        Settings.from_environment(GOOD | {"LANDWAITER_PLATFORM_URL": url})
