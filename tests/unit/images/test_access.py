import pytest

from landwaiter.errors import InputError
from landwaiter.images.access import Access, access_from_options
from landwaiter.images.credentials import Credential


def test_a_user_needs_a_password(monkeypatch):
    monkeypatch.delenv("LANDWAITER_REGISTRY_PASSWORD", raising=False)
    with pytest.raises(InputError, match="no password for ali. Set LANDWAITER_REGISTRY_PASSWORD"):
        access_from_options(None, "ali")
    monkeypatch.setenv("LANDWAITER_REGISTRY_PASSWORD", "x")
    assert access_from_options(None, "ali").credentials.find("any.io") == Credential("ali", "x")


def test_by_default_as_docker_would(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text('{"auths":{"a.io":{"username":"u","password":"p"}}}')
    assert Access().credentials.find("a.io") == Credential("u", "p")
    assert Access().credentials.find("b.io") is None
