from pathlib import Path

import pytest

from landwaiter.aws import templates
from landwaiter.aws.deployment import config
from landwaiter.aws.deployment.config import DeployConfig, load_config, read_secret
from landwaiter.aws.deployment.options import options_of
from landwaiter.errors import InputError
from landwaiter.sandbox.authority import Authority

FULL = """
platform_url = "https://landwaiter.example.org:8443"
root_ca_file = "ca.pem"
admin_token_file = "admin.token"
zones = 2
availability_zones = ["eu-west-1a", "eu-west-1c"]
vpc_cidr = "10.7.0.0/24"
permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
max_concurrent_builds = 7
sweep_minutes = 30

[tags]
owner = "security"

[parameters]
LogRetentionDays = "90"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "ca.pem").write_text(Authority.create().pem)
    path = tmp_path / "landwaiter-aws.toml"
    path.write_text(FULL)
    return path


def test_a_file_and_flags_that_win(file: Path) -> None:
    loaded = load_config(file, {"zones": None, "sweep_minutes": 60, "tags": {"team": "blue"}, "availability_zones": ()})
    assert (loaded.zones, loaded.sweep_minutes, loaded.max_concurrent_builds) == (2, 60, 7)
    assert loaded.tags == {"owner": "security", "team": "blue"}
    assert loaded.root_ca == (file.parent / "ca.pem").read_text()
    assert loaded.admin_token_file == str(file.parent / "admin.token")
    options = options_of(loaded, platform_token="lws_a")
    assert options.parameters["ConcurrentBuildLimit"] == "7"
    assert options.parameters["SweepMinutes"] == "60"
    assert options.parameters["LogRetentionDays"] == "90"
    assert options.parameters["PermissionsBoundaryArn"].endswith("policy/boundary")
    assert set(options.parameters) <= templates.parameter_names("scanning")
    assert options.layout.subnets is not None
    assert options.layout.subnets.private == ("10.7.0.128/26", "10.7.0.192/26")
    assert options.layout.zone_names == ("eu-west-1a", "eu-west-1c")
    assert "lws_a" not in repr(options)


def test_without_a_file_all_is_as_deployed() -> None:
    assert load_config(None, {}) == DeployConfig()
    options = options_of(DeployConfig())
    assert set(options.parameters) == {"Architecture"}
    assert (options.layout.subnets, options.layout.zones, options.own_network) == (None, 0, None)


def test_a_root_ca_flag_wins_over_the_files_text(tmp_path: Path) -> None:
    mine, theirs = Authority.create().pem, Authority.create().pem
    (tmp_path / "mine.pem").write_text(mine)
    path = tmp_path / "a.toml"
    path.write_text(f"root_ca = '''{theirs}'''\n")
    assert load_config(path, {}).root_ca == theirs
    assert load_config(path, {"root_ca_file": str(tmp_path / "mine.pem")}).root_ca == mine


def test_where_settings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LANDWAITER_AWS_CONFIG", raising=False)
    assert config.find_config(None) is None
    (tmp_path / "landwaiter-aws.toml").write_text("")
    assert config.find_config(None) == Path("landwaiter-aws.toml")
    monkeypatch.setenv("LANDWAITER_AWS_CONFIG", "/etc/landwaiter/aws.toml")
    assert config.find_config(None) == Path("/etc/landwaiter/aws.toml")
    assert config.find_config(Path("mine.toml")) == Path("mine.toml")


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDWAITER_TOKEN", raising=False)
    assert read_secret("LANDWAITER_TOKEN", "") == ""
    path = tmp_path / "token"
    path.write_text("lws_file\n")
    assert read_secret("LANDWAITER_TOKEN", str(path)) == "lws_file"
    monkeypatch.setenv("LANDWAITER_TOKEN", "lws_environment")
    assert read_secret("LANDWAITER_TOKEN", str(path)) == "lws_environment"
    monkeypatch.setenv("LANDWAITER_TOKEN", "two words")
    with pytest.raises(InputError, match="LANDWAITER_TOKEN holds no token"):
        read_secret("LANDWAITER_TOKEN", "")
    monkeypatch.delenv("LANDWAITER_TOKEN")
    with pytest.raises(InputError, match="cannot be read"):
        read_secret("LANDWAITER_TOKEN", str(tmp_path / "nowhere"))


def test_builds_run_on_this_machines_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert load_config(None, {}).architecture == "arm64"
    assert load_config(None, {"architectures": ("arm64",)}).architecture == "arm64"
    assert load_config(None, {"architectures": ("x86_64",)}).architecture == "x86_64"
    with pytest.raises(InputError, match="x86_64, arm64"):
        load_config(None, {"architectures": ("x86_64", "arm64")})


def test_parameters_are_read_off_the_template() -> None:
    found = templates.parameter_names("scanning")
    assert {"PlatformUrl", "PermissionsBoundaryArn", "QualysPodCustomRootCertPath"} <= found
    assert not {"Key", "Type", "Default"} & found
    assert "VpcCidr" in templates.parameter_names("network")
    # What we set ourselves is really there.
    assert found >= config._OURS
