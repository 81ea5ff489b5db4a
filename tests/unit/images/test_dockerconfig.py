import base64
import json

import pytest

from landwaiter.errors import InputError
from landwaiter.images.credentials import Credential
from landwaiter.images.dockerconfig import DockerConfig, default_docker_config


def auth(text):
    return {"auth": base64.b64encode(text.encode()).decode()}


@pytest.fixture
def write(tmp_path):
    def function(document):
        path = tmp_path / "config.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return DockerConfig(path)

    return function


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Installs a credential helper: a shell script on the PATH."""

    def install(name, script):
        path = tmp_path / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\nread server || true\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return install


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("quay.io", "quay.io"),
        ("https://quay.io", "quay.io"),
        ("https://quay.io/v2/", "quay.io"),
        ("quay.io/", "quay.io"),
        ("localhost:5000", "localhost:5000"),
        ("http://localhost:5000", "localhost:5000"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_keys_of_auths(write, key, registry):
    config = write({"auths": {"other.io": auth("x:y"), key: auth("ali:pass:word")}})
    assert config.find(registry) == Credential("ali", "pass:word")
    assert config.find("elsewhere.io") is None


def test_forms_of_an_auth(write):
    config = write(
        {
            "auths": {
                "a.io": {"username": "ali", "password": "x"},
                "b.io": auth("ali:") | {"identitytoken": "token"},
                "c.io": {},
                "d.io": auth("ali:x\0\0"),
            },
            "HttpHeaders": {"X": "y"},
        }
    )
    assert config.find("a.io") == Credential("ali", "x")
    assert config.find("b.io") == Credential("ali", "", "token")
    assert config.find("c.io") is None
    assert config.find("d.io") == Credential("ali", "x")


def test_no_file(tmp_path):
    assert DockerConfig(tmp_path / "none").find("a.io") is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"auths": []}', '{"auths": {"a.io": {"auth": "%%%"}}}', '{"auths": {"a.io": {"auth": "/w=="}}}'],
)
def test_a_file_that_cannot_be_read(write, content):
    with pytest.raises(InputError, match="The Docker config file"):
        write(content).find("a.io")


def test_default_place(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert default_docker_config().path == tmp_path / "config.json"
    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_docker_config().path == tmp_path / ".docker/config.json"


def test_a_helper_of_one_registry(write, helper):
    helper("mine", """printf '{"ServerURL":"x","Username":"ali","Secret":"from %s"}' "$server" """)
    config = write({"credHelpers": {"a.io": "mine"}, "auths": {"b.io": auth("b:c")}})
    assert config.find("a.io") == Credential("ali", "from a.io")
    assert config.find("b.io") == Credential("b", "c")


def test_the_general_store(write, helper):
    helper(
        "store",
        """[ "$server" = https://index.docker.io/v1/ ] || { echo "credentials not found in native keychain"; exit 1; }
printf '{"Username":"<token>","Secret":"identity"}'""",
    )
    config = write({"credsStore": "store", "auths": {"https://index.docker.io/v1/": {}, "a.io": auth("a:b")}})
    assert config.find("docker.io") == Credential(identity_token="identity")
    assert config.find("a.io") == Credential("a", "b")
    assert config.find("c.io") is None


@pytest.mark.parametrize("name", ["../evil", "a b", "", "x;y"])
def test_helpers_with_odd_names(write, name):
    if not name:
        assert write({"credsStore": name}).find("a.io") is None
        return
    with pytest.raises(InputError, match="is not the name of a credential helper"):
        write({"credsStore": name}).find("a.io")


def test_helpers_that_fail(write, helper):
    with pytest.raises(InputError, match="docker-credential-absent, which is not installed"):
        write({"credsStore": "absent"}).find("a.io")
    helper("bad", "echo no json")
    with pytest.raises(InputError, match="gives no readable answer"):
        write({"credsStore": "bad"}).find("a.io")
