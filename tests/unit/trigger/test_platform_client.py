"""The function's calls to the platform, against a real HTTPS server."""

import socket
from pathlib import Path

import pytest

from landwaiter.trigger.platform_client import ATTEMPTS, PlatformClient, PlatformError

TOKEN = "lw_s_abc_very-secret"
PATH = "/api/v1/sensor/tasks"


def test_a_body_is_posted_as_json_with_the_token(platform):
    platform.script.append((200, {"duplicate": False}))
    assert platform.client().post(PATH, {"a": "ü"}) == {"duplicate": False}
    (call,) = platform.calls
    assert (call.path, call.body) == (PATH, {"a": "ü"})
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.headers["content-type"] == "application/json"
    assert "content-encoding" not in call.headers


def test_a_path_in_the_address_is_kept(platform):
    platform.client(platform_url=f"{platform.url}/landwaiter").post(PATH, {})
    assert platform.calls[0].path == f"/landwaiter{PATH}"


def test_a_big_body_is_compressed(platform):
    body = {"text": "x" * 20_000}
    platform.client().post(PATH, body)
    (call,) = platform.calls
    assert call.headers["content-encoding"] == "gzip"
    assert len(call.raw) < 1000
    assert call.body == body


def test_no_content_is_an_empty_answer(platform):
    platform.script.append((204, b""))
    assert platform.client().post(PATH, {}) == {}


def test_a_certificate_of_an_unknown_authority_names_the_remedy(platform):
    client = platform.client(root_certificate="")
    with pytest.raises(PlatformError, match="landwaiter aws ca publish") as raised:
        client.post(PATH, {})
    assert platform.url.removeprefix("https://") in str(raised.value)
    assert not platform.calls


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_root_ca_that_cannot_be_read_is_named(platform, tmp_path: Path, content):
    path = tmp_path / "custom.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlatformError, match="QualysPodCustomRootCertPath") as raised:
        platform.client(root_certificate=str(path))
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(platform, status):
    platform.headers["Location"] = f"{platform.url}/elsewhere"
    platform.script.append((status, b""))
    with pytest.raises(PlatformError, match=str(status)):
        platform.client().post(PATH, {})
    assert [call.path for call in platform.calls] == [PATH]


def test_a_platform_that_stumbles_is_asked_again(platform):
    platform.script.append((503, b""))
    platform.script.append((200, {"ok": True}))
    assert platform.client().post(PATH, {}) == {"ok": True}
    assert len(platform.calls) == 2


def test_a_platform_that_stays_broken_raises(platform):
    platform.script.extend([(500, b"")] * (ATTEMPTS + 1))
    with pytest.raises(PlatformError, match="500"):
        platform.client().post(PATH, {})
    assert len(platform.calls) == ATTEMPTS


def test_a_refusal_is_explained_in_the_platforms_words_and_not_repeated(platform):
    refusal = {"error": {"what": "10.0.0.7 is not in the allow list.", "remedy": "Add the NAT address."}}
    platform.script.append((403, refusal))
    with pytest.raises(PlatformError, match="403: 10.0.0.7 is not in the allow list. Add the NAT address.") as raised:
        platform.client().post(PATH, {})
    assert TOKEN not in str(raised.value)
    assert len(platform.calls) == 1


@pytest.mark.parametrize("content", [b"<html>Forbidden</html>", b"null", b'{"error": "no"}', b"\xff\xfe"])
def test_a_refusal_in_other_words_is_still_a_refusal(platform, content):
    platform.script.append((403, content))
    with pytest.raises(PlatformError, match="refused"):
        platform.client().post(PATH, {})


def test_an_answer_that_is_no_json_is_an_error_of_the_platform(platform):
    platform.script.append((200, b"<html>Please log in</html>"))
    with pytest.raises(PlatformError, match="not JSON"):
        platform.client().post(PATH, {})


def test_an_answer_that_is_no_object_is_an_error_of_the_platform(platform):
    platform.script.append((200, b"[]"))
    with pytest.raises(PlatformError, match="no JSON object"):
        platform.client().post(PATH, {})


def test_a_server_that_is_down_cannot_be_reached(platform):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(PlatformError, match="cannot be reached") as raised:
            platform.client(platform_url=f"https://127.0.0.1:{port}").post(PATH, {})
    assert str(port) in str(raised.value)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("token", [f"{TOKEN}\nmore", f"{TOKEN}…", f"{TOKEN} more", ""])
def test_a_token_that_cannot_be_sent_is_refused_without_quoting_it(platform, token):
    with pytest.raises(PlatformError, match="token") as raised:
        PlatformClient(platform.settings(), token)
    assert TOKEN not in str(raised.value)
