"""The admin API: networks and tokens, who may change them, and what is written down of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from landwaiter.platform.auth import audit
from landwaiter.platform.context import Platform

NETWORKS, TOKENS, HEALTH = "/api/v1/networks", "/api/v1/tokens", "/api/v1/health"


@pytest.fixture
def admin(connect: Callable[..., TestClient], make_token: Callable[..., str]) -> TestClient:
    """A client with a token of scope admin."""
    return connect(make_token("admin"), address="192.0.2.10")


def at(network: str) -> str:
    return f"{NETWORKS}/{quote(network, safe='')}"


def listed(client: TestClient) -> dict[str, str]:
    return {item["network"]: item["note"] for item in client.get(NETWORKS).json()["items"]}


def audited(platform: Platform) -> list[tuple[str, str, str]]:
    with platform.database.begin() as session:
        return [(entry.action, entry.target, entry.address or "") for entry in audit.read(session)]


@pytest.mark.parametrize("scope", ["sensor", "read", None])
def test_only_a_token_of_scope_admin_administers(
    connect: Callable[..., TestClient], make_token: Callable[..., str], scope: str | None
) -> None:
    client = connect(make_token(scope) if scope else "lw_a_0123456789_nothing")
    for answer in (
        client.get(NETWORKS),
        client.put(at("10.0.0.0/24"), json={"note": ""}),
        client.delete(at("10.0.0.0/24")),
        client.get(TOKENS),
        client.post(TOKENS, json={"scope": "admin"}),
        client.delete(f"{TOKENS}/0123456789"),
    ):
        assert answer.status_code == (403 if scope else 401)
        assert set(answer.json()["error"]) == {"what", "remedy"}


def test_a_network_is_admitted_once_and_taken_off_once(
    admin: TestClient, platform: Platform, connect: Callable[..., TestClient], make_token: Callable[..., str]
) -> None:
    sensor = connect(make_token("sensor"), address="203.0.113.7")
    sweep = {"account": "", "region": "", "clusters": [], "tasks": []}
    assert sensor.post("/api/v1/sensor/sweep", json=sweep).status_code == 403
    for _ in range(2):
        assert admin.put(at("203.0.113.7"), json={"note": "egress"}).status_code == 204
    assert listed(admin) == {"203.0.113.7/32": "egress"}
    assert sensor.post("/api/v1/sensor/sweep", json=sweep).status_code == 200
    assert admin.put(at("203.0.113.7/32"), json={"note": "the other"}).status_code == 204
    assert listed(admin) == {"203.0.113.7/32": "the other"}
    for _ in range(2):
        assert admin.delete(at("203.0.113.7/32")).status_code == 204
    assert listed(admin) == {}
    assert sensor.post("/api/v1/sensor/sweep", json=sweep).status_code == 403
    target, address = "203.0.113.7/32", "192.0.2.10"
    assert audited(platform) == [
        ("network disallowed", target, address),
        ("network allowed", target, address),
        ("network allowed", target, address),
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("10.20.30.0/24", "10.20.30.0/24"),
        ("2001:db8:1::/48", "2001:db8:1::/48"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
    ],
)
def test_addresses_and_networks_of_both_kinds_are_taken(admin: TestClient, given: str, kept: str) -> None:
    assert admin.put(at(given), json={}).status_code == 204
    assert list(listed(admin)) == [kept]
    (item,) = admin.get(NETWORKS).json()["items"]
    assert datetime.fromisoformat(item["created"]) > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "0.0.0.0/1"])
def test_anywhere_is_admitted_only_when_asked_for(admin: TestClient, network: str) -> None:
    answer = admin.put(at(network), json={"note": "all"})
    assert answer.status_code == 400
    assert "anywhere" in answer.json()["error"]["what"]
    assert listed(admin) == {}
    assert admin.put(at(network), json={"note": "all", "anywhere": True}).status_code == 204
    assert listed(admin) == {network: "all"}


@pytest.mark.parametrize("network", ["nonsense", "10.0.0.0/33", "fe80::1%eth0", "10.0.0.0/24\x00", "a" * 3000])
def test_what_is_no_network_is_refused(admin: TestClient, network: str) -> None:
    for answer in (admin.put(at(network), json={}), admin.delete(at(network))):
        assert answer.status_code == 400
        assert "no network" in answer.json()["error"]["what"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"note": 1}', b'{"anywhere": "yes"}', b'{"nota": "x"}'])
def test_a_body_that_is_none_is_refused(admin: TestClient, body: bytes) -> None:
    assert admin.put(at("10.0.0.0/24"), content=body).status_code == 400
    assert listed(admin) == {}


def test_a_note_may_be_anything_but_is_bounded(admin: TestClient) -> None:
    note = "<script>\x00" + "n" * 5000
    assert admin.put(at("10.0.0.0/24"), json={"note": note}).status_code == 204
    (kept,) = listed(admin).values()
    assert kept.startswith("<script>\\0nnn")
    assert len(kept) == 500


def test_a_token_is_shown_once_works_and_is_revoked(
    admin: TestClient, platform: Platform, connect: Callable[..., TestClient]
) -> None:
    made = admin.post(TOKENS, json={"scope": "sensor", "note": "shop", "account": "123456789012", "expires": ""})
    assert made.status_code == 200
    token, token_id = made.json()["token"], made.json()["id"]
    assert token.startswith(f"lw_s_{token_id}_")
    items = {item["prefix"]: item for item in admin.get(TOKENS).json()["items"]}
    assert (items[token_id]["account"], items[token_id]["note"]) == ("123456789012", "shop")
    assert token.split("_", 3)[3] not in admin.get(TOKENS).text
    sweep = {"account": "123456789012", "region": "", "clusters": [], "tasks": []}
    assert connect(token).post("/api/v1/sensor/sweep", json=sweep).status_code == 200
    for _ in range(2):
        assert admin.delete(f"{TOKENS}/{token_id}").status_code == 204
    assert connect(token).post("/api/v1/sensor/sweep", json=sweep).status_code == 401
    assert audited(platform) == [("token revoked", token_id, "192.0.2.10"), ("token created", token_id, "192.0.2.10")]


@pytest.mark.parametrize(
    "body",
    [
        {"scope": "root"},
        {"scope": "sensor", "account": "1"},
        {"scope": "read", "account": "123456789012"},
        {"scope": "read", "expires": "yesterday"},
        {"scope": "read", "expires": "2020-01-01T00:00:00Z"},
        {"note": "no scope"},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(admin: TestClient, body: dict[str, Any]) -> None:
    assert admin.post(TOKENS, json=body).status_code == 400
    assert len(admin.get(TOKENS).json()["items"]) == 1


def test_a_token_expires_when_it_was_said_to(
    admin: TestClient, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from landwaiter.platform.auth import tokens

    end = datetime.now(UTC) + timedelta(hours=1)
    token = admin.post(TOKENS, json={"scope": "read", "expires": end.isoformat()}).json()["token"]
    assert connect(token).get("/api/v1/status").status_code == 200
    monkeypatch.setattr(tokens, "now", lambda: end)
    assert connect(token).get("/api/v1/status").status_code == 401


def test_the_token_that_calls_cannot_revoke_itself(admin: TestClient) -> None:
    own = admin.headers["Authorization"].split("_")[2]
    assert admin.delete(f"{TOKENS}/{own}").status_code == 400
    assert admin.get(TOKENS).status_code == 200


def test_health_needs_no_token_and_tells_the_age_of_the_data(
    connect: Callable[..., TestClient], advisories: Callable[..., Path]
) -> None:
    visitor = connect(address="198.51.100.1")
    answer = visitor.get(HEALTH)
    assert answer.status_code == 200
    assert answer.json()["bundle"] is None
    assert answer.json()["status"] == "degraded"
    advisories()
    found = visitor.get(HEALTH).json()
    assert set(found) == {"status", "version", "bundle"}
    assert found["bundle"]["state"] == "stale", "the newest record is of January"
    assert found["bundle"]["age_seconds"] > 24 * 3600
    assert found["status"] == "degraded"
