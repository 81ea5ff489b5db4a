"""Signing in and out, as a browser does it."""

import dataclasses
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from starlette.testclient import TestClient

from landwaiter.platform.api.app import create_app

USER, PASSWORD = "ada", "correct horse battery"


def sign_in(client: TestClient, **changes: str) -> Any:
    return client.post("/sign-in", data={"name": USER, "password": PASSWORD, **changes})


@pytest.mark.parametrize("path", ["/", "/running?verdict=fail", "/images", "/images/sha256:1", "/scans", "/tasks/a"])
def test_whoever_has_no_session_is_sent_to_the_form_and_then_where_they_wanted(visitor: TestClient, path: str) -> None:
    refused = visitor.get(path)
    assert refused.status_code == 303
    location = urlsplit(refused.headers["location"])
    assert location.path == "/sign-in"
    (wanted,) = parse_qs(location.query)["next"]
    assert wanted == path
    assert path.replace("&", "&amp;") in visitor.get(refused.headers["location"]).text
    assert sign_in(visitor, next=wanted).headers["location"] == path


def test_a_session_opens_the_pages_and_ends_with_signing_out(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    (token,) = re.findall(r'name="csrf" value="([^"]+)"', page.text)
    cookie = browser.cookies["landwaiter"]
    assert browser.post("/sign-out", data={"csrf": token}).headers["location"] == "/sign-in"
    browser.cookies.set("landwaiter", cookie)
    assert browser.get("/").status_code == 303, "the cookie is worth nothing any more"


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_signing_out_needs_the_token_of_the_session(browser: TestClient, token: str) -> None:
    assert browser.post("/sign-out", data={"csrf": token}).status_code == 403
    assert browser.get("/").status_code == 200


def test_signing_out_without_a_session_leads_to_the_form_and_not_into_a_dead_end(visitor: TestClient) -> None:
    location = visitor.post("/sign-out").headers["location"]
    assert parse_qs(urlsplit(location).query)["next"] == ["/"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor: TestClient) -> None:
    cookie = sign_in(visitor).headers["set-cookie"].lower()
    assert cookie.startswith("landwaiter=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_over_https_the_cookie_is_of_this_host_alone(platform: Any, settings: Any, visitor: TestClient) -> None:
    secure = msgspec.structs.replace(settings, trusted_proxies=("127.0.0.1/32",))
    app = create_app(secure, dataclasses.replace(platform, settings=secure))
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        answer = sign_in(client)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-landwaiter=")
        assert "; secure" in cookie.lower()
        assert "domain" not in cookie.lower()
        assert answer.headers["strict-transport-security"]
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("name", "password"),
    [(USER, "guessed"), ("nobody", PASSWORD), (USER, PASSWORD.upper()), ("' OR 1=1 --", "x" * 2000)],
)
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(visitor: TestClient, name: str, password: str) -> None:
    answer = sign_in(visitor, name=name, password=password)
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers
    assert password not in answer.text


def test_after_some_failures_even_the_right_password_has_to_wait(visitor: TestClient) -> None:
    statuses = [sign_in(visitor, password=f"guess {number}").status_code for number in range(7)]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    answer = sign_in(visitor)
    assert answer.status_code == 429
    assert "Wait" in answer.text


def test_nobody_is_led_to_another_site(visitor: TestClient) -> None:
    for wanted in (
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "http:evil.example", "", "evil", "//[",
    ):  # fmt: skip
        assert 'name="next" value="/"' in visitor.get("/sign-in", params={"next": wanted}).text
        assert sign_in(visitor, next=wanted).headers["location"] == "/"


@pytest.mark.parametrize("field", ["name", "password", "next"])
def test_a_form_with_too_much_in_it_is_refused(visitor: TestClient, field: str) -> None:
    assert sign_in(visitor, **{field: "x" * 5000}).status_code == 400


def test_a_name_with_a_nul_is_refused(visitor: TestClient) -> None:
    assert sign_in(visitor, name="a\0b").status_code == 400
