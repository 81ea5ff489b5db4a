import importlib.util
from pathlib import Path

import msgspec
import pytest

from landwaiter.errors import InputError
from landwaiter.platform.settings import PREFIX, Settings, default_data_folder, load_settings
from landwaiter.policy.models import Policy


def test_the_defaults_are_safe() -> None:
    settings = load_settings(environment={})
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8443, "")
    assert settings.bundle_folder == settings.data / "bundle"
    assert not settings.secure
    assert settings.policy == Policy()


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "landwaiter.toml"
    file.write_text('port = 1\nhost = "127.0.0.2"\ntrusted_proxies = ["10.0.0.0/8"]\n[policy]\nfail_on = "high"\n')
    environment = {
        PREFIX + "CONFIG": str(file), PREFIX + "PORT": "9443", PREFIX + "DATA": str(tmp_path / "d"),
        PREFIX + "WORKER": "false", PREFIX + "TRUSTED_PROXIES": "10.1.0.0/16,10.2.0.0/16",
        PREFIX + "PLATFORM_URL": "of somebody else", PREFIX + "DATABASE_URL": "",
    }  # fmt: skip
    settings = load_settings(environment=environment)
    assert (settings.port, settings.host, settings.worker) == (9443, "127.0.0.2", False)
    assert settings.data == tmp_path / "d"
    assert settings.trusted_proxies == ("10.1.0.0/16", "10.2.0.0/16")
    assert settings.policy.fail_on == "high"
    assert load_settings(file, {}).port == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "prot"), ("port = [", "not TOML"), ('port = "x"', "port"), ('trusted_proxies = ["x"]', "trusted_proxies"),
        ('host = "0.0.0.0"', "without TLS"), ('host = "example.com"', "without TLS"), ('tls_key = "/nowhere"', "certificate"),
        ('tls_key = "/nowhere"\ntls_certificate = "/nowhere"', "/nowhere"), ('log_level = "loud"', "loud"),
        ("lease_minutes = 0", "lease_minutes"), ("port = 70000", "port"), ('[policy]\nfail_on = "x"', "fail_on"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "landwaiter.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_settings(file, {})
    assert told in caught.value.what
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_settings(tmp_path / "nowhere.toml", {})


def test_a_proxy_that_speaks_tls_stands_in_for_a_certificate() -> None:
    environment = {PREFIX + "HOST": "0.0.0.0", PREFIX + "TRUSTED_PROXIES": "10.0.0.0/8"}
    assert load_settings(environment=environment).secure


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDWAITER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/x")
    assert default_data_folder() == Path("/x/landwaiter")
    monkeypatch.setenv("LANDWAITER_HOME", "/y")
    assert default_data_folder() == Path("/y")


def test_settings_do_not_show_the_password_of_the_database() -> None:
    settings = Settings(database_url="postgresql://u:hunter2@h/d")
    assert "hunter2" not in f"{settings} {settings!r}"


def test_the_reference_page_is_that_of_the_code() -> None:
    script = Path(__file__).parents[3] / "docs" / "settings_reference.py"
    specification = importlib.util.spec_from_file_location("settings_reference", script)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    page = module.page()
    assert module.PAGE.read_text() == page, "run: python docs/settings_reference.py"
    for field in msgspec.structs.fields(Settings):
        assert f"| `{field.name}` |" in page
        if field.name != "policy":
            assert f"`{PREFIX}{field.name.upper()}`" in page
