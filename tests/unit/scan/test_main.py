"""The entry of the build: exit codes, and what the platform hears."""

import pytest

from landwaiter.scan.__main__ import main


@pytest.fixture
def environment(platform, registry, monkeypatch):
    given = {
        "LANDWAITER_PLATFORM_URL": platform.url,
        "LANDWAITER_TOKEN": "lw_s_abc_very-secret",
        "LANDWAITER_SCAN_ID": "s1",
        "LANDWAITER_IMAGE": f"{registry.host}/app:1",
        "LANDWAITER_ROOT_CA": platform.authority.pem,
        "LANDWAITER_REGISTRY_CA": registry.authority.pem,
    }
    for name in ("LANDWAITER_DIGEST", "LANDWAITER_IMAGE_PLATFORM", "LANDWAITER_REGISTRY_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_scan_that_goes_well(environment, platform, registry, image_builder, capsys):
    registry.push(image_builder, image_builder.image({"etc/os-release": "ID=debian\nVERSION_ID=12\n"}))
    assert main() == 0
    assert len(platform.documents) == 1
    assert "upload document: assessed, verdict pass" in capsys.readouterr().out


def test_a_setting_that_is_missing(environment, platform, capsys):
    environment.delenv("LANDWAITER_SCAN_ID")
    assert main() == 2
    assert "LANDWAITER_SCAN_ID is not set" in capsys.readouterr().err
    assert not platform.calls


def test_a_root_ca_that_is_none(environment, capsys):
    environment.setenv("LANDWAITER_ROOT_CA", "no certificate")
    assert main() == 2
    assert "LANDWAITER_ROOT_CA" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["no/such/file.pem", "pyproject.toml"])
def test_a_registry_ca_that_is_none(environment, name, capsys):
    environment.setenv("LANDWAITER_REGISTRY_CA", name)
    assert main() == 2
    assert name in capsys.readouterr().err


def test_an_image_that_does_not_exist(environment, platform, capsys):
    assert main() == 2
    (failure,) = platform.told("/failure")
    assert failure["kind"] == "unreadable"
    assert "does not exist" in failure["what"]
    assert "Traceback" not in capsys.readouterr().err


def test_a_registry_that_wants_a_password(environment, platform, registry):
    registry.login = ("deploy", "open sesame")
    assert main() == 3
    assert platform.told("/failure")[0]["kind"] == "unauthorized"


def test_a_registry_that_is_not_trusted(environment, platform):
    environment.setenv("LANDWAITER_REGISTRY_CA", "")
    assert main() == 3
    (failure,) = platform.told("/failure")
    assert failure["kind"] == "unreachable"
    assert "certificate" in failure["what"]


def test_somebody_else_at_the_platforms_address(environment, platform, registry, image_builder, capsys):
    registry.push(image_builder, image_builder.image({"a": "1"}))
    platform.script.append(("/query", 200, b"<html>Please log in</html>"))
    assert main() == 3
    errors = capsys.readouterr().err
    assert platform.url in errors
    assert "Traceback" not in errors


def test_a_fault_of_our_own_is_told_too(environment, platform, registry, image_builder, capsys):
    registry.push(image_builder, image_builder.image({"a": "1"}))

    def broken(*_args, **_more):
        raise ZeroDivisionError("nobody expects it")

    environment.setattr("landwaiter.scan.pipeline.parse_reference", broken)
    assert main() == 70
    (failure,) = platform.told("/failure")
    assert failure["kind"] == "internal"
    assert "nobody expects it" in failure["what"]
    assert "Traceback" in capsys.readouterr().err


def test_a_platform_that_does_not_want_to_hear_of_the_failure(environment, platform, capsys):
    platform.script.append(("/steps", 204, b""))
    platform.script.append(("/failure", 403, {"error": {"what": "The lease has run out."}}))
    assert main() == 2
    assert "the platform could not be told" in capsys.readouterr().err
