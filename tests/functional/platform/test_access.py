"""Sensor calls come from allowed networks with a good token; readers need a token of their own scope."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from landwaiter.errors import InputError
from landwaiter.platform.api.app import create_app
from landwaiter.platform.auth import networks, tokens
from landwaiter.platform.context import Platform
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.base import now

SWEEP = {"account": "", "region": "", "clusters": [], "tasks": []}
HANDSHAKE = "/api/v1/sensor/sweep"


def test_without_an_allow_list_only_the_loopback_address_is_admitted(
    connect: Callable[..., TestClient], make_token: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    token = make_token("sensor")
    assert connect(token, "127.0.0.1").post(HANDSHAKE, json=SWEEP).status_code == 200
    assert connect(token, "::1").post(HANDSHAKE, json=SWEEP).status_code == 200
    with caplog.at_level(logging.WARNING):
        answer = connect(token, "203.0.113.7").post(HANDSHAKE, json=SWEEP)
    assert answer.status_code == 403
    assert "203.0.113.7" in answer.json()["error"]["what"]
    assert "landwaiter allow add 203.0.113.7" in answer.json()["error"]["remedy"]
    (line,) = [record.message for record in caplog.records if "allow list" in record.message]
    assert "203.0.113.7" in line
    assert token not in caplog.text


def test_the_allow_list_admits_its_networks_and_nobody_else(
    platform: Platform, connect: Callable[..., TestClient], make_token: Callable[..., str]
) -> None:
    token = make_token("sensor")

    def status(address: str) -> int:
        return connect(token, address).post(HANDSHAKE, json=SWEEP).status_code

    with platform.database.begin() as session:
        assert networks.allow_network(session, "10.20.0.9/16", "egress") == ("10.20.0.0/16", True)
        assert networks.allow_network(session, "2001:db8::/32") == ("2001:db8::/32", True)
    assert [status(address) for address in ("10.20.255.1", "::ffff:10.20.3.4", "2001:db8::7")] == [200, 200, 200]
    assert [status(address) for address in ("10.21.0.1", "127.0.0.1", "2001:db9::1")] == [403, 403, 403]
    with platform.database.begin() as session:
        networks.disallow_network(session, "10.20.0.0/16")
    assert status("10.20.255.1") == 403
    with platform.database.begin() as session:
        assert networks.disallow_network(session, "10.20.0.0/16") == ("10.20.0.0/16", False)


def test_the_network_is_checked_before_the_token(connect: Callable[..., TestClient]) -> None:
    assert connect("", "203.0.113.7").post(HANDSHAKE, json=SWEEP).status_code == 403
    assert connect("", "127.0.0.1").post(HANDSHAKE, json=SWEEP).status_code == 401


def test_x_forwarded_for_counts_only_from_a_trusted_proxy(
    settings: Settings, platform: Platform, make_token: Callable[..., str]
) -> None:
    token = make_token("sensor")
    with platform.database.begin() as session:
        networks.allow_network(session, "198.51.100.7")
    trusting = msgspec.structs.replace(settings, trusted_proxies=("10.0.0.0/24",))
    for chosen, expected in ((settings, 403), (trusting, 200)):
        app = create_app(chosen, platform)
        with TestClient(app):
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "198.51.100.7"}
            client = TestClient(app, client=("10.0.0.5", 1), headers=headers)
            assert client.post(HANDSHAKE, json=SWEEP).status_code == expected
            spoofed = {**headers, "X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
            assert (
                TestClient(app, client=("10.0.0.5", 1), headers=spoofed).post(HANDSHAKE, json=SWEEP).status_code == 403
            )
            direct = TestClient(app, client=("203.0.113.9", 1), headers=headers)
            assert direct.post(HANDSHAKE, json=SWEEP).status_code == 403


@pytest.mark.parametrize(
    ("scope", "path", "method", "status"),
    [
        ("sensor", HANDSHAKE, "POST", 200),
        ("read", HANDSHAKE, "POST", 403),
        ("admin", HANDSHAKE, "POST", 403),
        ("sensor", "/api/v1/status", "GET", 403),
        ("read", "/api/v1/status", "GET", 200),
        ("admin", "/api/v1/status", "GET", 200),
    ],
)
def test_a_token_is_good_for_its_scope_only(
    connect: Callable[..., TestClient], make_token: Callable[..., str], scope: str, path: str, method: str, status: int
) -> None:
    answer = connect(make_token(scope)).request(method, path, json=SWEEP if method == "POST" else None)
    assert answer.status_code == status


def test_wrong_expired_and_revoked_tokens_are_refused_alike(
    platform: Platform, connect: Callable[..., TestClient], make_token: Callable[..., str]
) -> None:
    good = make_token("read")
    expired = make_token("read", expires=now() + timedelta(days=1))
    revoked = make_token("read")
    with platform.database.begin() as session:
        tokens.revoke_token(session, revoked.split("_")[2])
        past = {"expires": now() - timedelta(milliseconds=1)}
        session.execute(update(tokens.TokenRow).where(tokens.TokenRow.prefix == expired.split("_")[2]).values(**past))
    wrong = [
        "", "lw", "lw_r_0123456789_x", good[:-1], good + "x", good.upper(), good.replace("lw_r", "lw_a"),
        "_" * 50, "x" * 5000, expired, revoked,
    ]  # fmt: skip
    bodies = set()
    for token in wrong[1:]:
        answer = connect(token).get("/api/v1/status")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        bodies.add(answer.text)
    assert len(bodies) == 1, "the answer does not tell why"
    assert connect("").get("/api/v1/status").status_code == 401
    assert connect(Authorization=f"Basic {good}").get("/api/v1/status").status_code == 401
    assert connect(good).get("/api/v1/status").status_code == 200


def test_a_token_is_stored_hashed_and_its_use_is_noted(
    platform: Platform, connect: Callable[..., TestClient], make_token: Callable[..., str]
) -> None:
    token = make_token("read", note="for the dashboard")
    connect(token, "192.0.2.1").get("/api/v1/status")
    with platform.database.begin() as session:
        (listed,) = tokens.list_tokens(session)
        row = session.get_one(tokens.TokenRow, listed.prefix)
        assert token.split("_", 3)[3].encode() not in row.digest
        assert len(row.digest) == 32
    assert listed.prefix in token
    assert (listed.note, listed.last_address) == ("for the dashboard", "192.0.2.1")
    assert listed.last_used is not None
    assert token not in repr(listed)


def test_an_unknown_prefix_is_compared_all_the_same(
    platform: Platform, make_token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, original = [], tokens.hmac.compare_digest

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return original(left, right)

    monkeypatch.setattr(tokens.hmac, "compare_digest", compare)
    good = make_token("read")
    for token in (good, good + "x", "lw_r_0000000000_unknown", "nonsense"):
        with platform.database.begin() as session:
            try:
                tokens.authenticate(session, token, ("read",), "127.0.0.1")
            except tokens.NotPermittedError:
                continue
    assert compared == [(32, 32)] * 4


def test_a_token_bound_to_an_account_speaks_of_that_account_only(
    connect: Callable[..., TestClient], make_token: Callable[..., str], sensor: Any, sample: Any
) -> None:
    bound = type(sensor)(connect(make_token("sensor", account="999999999999")))
    task = sensor.task(image_digest=sample.digest)
    answer = bound.http.post("/api/v1/sensor/tasks", json={"task": task})
    assert answer.status_code == 403
    assert "999999999999" in answer.json()["error"]["what"]
    sweep = {**SWEEP, "account": "123456789012", "clusters": ["c"]}
    assert bound.http.post(HANDSHAKE, json=sweep).status_code == 403
    assert bound.http.post(HANDSHAKE, json=SWEEP).status_code == 200, "the handshake speaks of no account"
    (image,) = sensor.report(task)["images"]
    path = f"/api/v1/sensor/scans/{image['scan_id']}"
    assert bound.http.get(path).status_code == 404, "scans of other accounts do not exist for it"
    assert bound.http.post(f"{path}/steps", json=[]).status_code == 404
    assert bound.http.post(f"{path}/failure", json={"kind": "x", "what": "y"}).status_code == 404
    assert bound.http.post(f"{path}/build", json={"error": "y"}).status_code == 404
    assert bound.http.post(f"{path}/layers/query", json={"diff_ids": []}).status_code == 404
    assert bound.upload_document(sample.document(image["scan_id"])).status_code == 404
    own = {key: value.replace("123456789012", "999999999999") if isinstance(value, str) else value
           for key, value in sensor.task("2", image_digest=sample.digest).items()}  # fmt: skip
    assert bound.http.post("/api/v1/sensor/tasks", json={"task": own}).status_code == 200
    taken = {**own, "task_arn": task["task_arn"], "version": 99, "last_status": "STOPPED"}
    answer = bound.http.post("/api/v1/sensor/tasks", json={"task": taken})
    assert answer.status_code == 400, "a task of another account is not moved by naming the own one"
    assert "not of account" in answer.json()["error"]["what"]
    definition = {"taskDefinitionArn": task["task_definition_arn"], "containerDefinitions": []}
    answer = bound.http.post("/api/v1/sensor/tasks", json={"task": own, "task_definition": definition})
    assert answer.status_code == 400, "nor is its task definition told before it tells it itself"


def test_a_token_that_is_not_there_cannot_be_revoked(platform: Platform) -> None:
    with platform.database.begin() as session, pytest.raises(InputError, match="no valid token"):
        tokens.revoke_token(session, "0123456789")


@pytest.mark.parametrize(
    ("scope", "options"),
    [
        ("root", {}),
        ("sensor", {"account": "12345"}),
        ("sensor", {"account": "１２３４５６７８９０１２"}),
        ("read", {"expires": datetime(2020, 1, 1, tzinfo=UTC)}),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(platform: Platform, scope: str, options: dict[str, Any]) -> None:
    with platform.database.begin() as session, pytest.raises(InputError):
        tokens.create_token(session, scope, **options)


def test_an_admission_is_remembered_for_a_moment_only(
    settings: Settings, platform: Platform, make_token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from landwaiter.platform.api import access

    clock = [1000.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: clock[0])
    token = make_token("read")
    app = create_app(msgspec.structs.replace(settings, admission_seconds=2.0), platform)
    with TestClient(app):
        client = TestClient(app, headers={"Authorization": f"Bearer {token}"}, client=("127.0.0.1", 1))
        assert client.get("/api/v1/status").status_code == 200
        with platform.database.begin() as session:
            tokens.revoke_token(session, token.split("_")[2])
        assert client.get("/api/v1/status").status_code == 200
        other = TestClient(app, headers={"Authorization": f"Bearer {token}"}, client=("192.0.2.1", 1))
        assert other.get("/api/v1/status").status_code == 401, "it is remembered for this address only"
        clock[0] += 2.1
        assert client.get("/api/v1/status").status_code == 401


def test_every_answer_carries_the_security_headers(connect: Callable[..., TestClient], tmp_path: Path) -> None:
    for path in ("/healthz", "/api/v1/status", "/", "/nothing"):
        headers = connect().get(path, follow_redirects=False).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
    assert connect().get("/api/v1/status").headers["cache-control"] == "no-store"


def test_each_sensor_call_leaves_one_line_without_secrets(
    sensor: Any, make_token: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="landwaiter.platform.requests"):
        sensor.http.post(HANDSHAKE, json=SWEEP)
        sensor.http.post(HANDSHAKE, content=b"{")
    token = sensor.http.headers["Authorization"].removeprefix("Bearer ")
    lines = [record.message for record in caplog.records if record.name == "landwaiter.platform.requests"]
    assert len(lines) == 2
    prefix = token.split("_")[2]
    assert lines[0].startswith(f"token {prefix} 127.0.0.1 POST {HANDSHAKE} 200 ")
    assert f"POST {HANDSHAKE} 400" in lines[1]
    assert token not in caplog.text


def test_a_fault_of_ours_shows_nothing_and_is_logged(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from landwaiter.platform.tasks import service

    def fail(*_: object) -> int:
        raise RuntimeError("the inner reason")

    monkeypatch.setattr(service, "count_running", fail)
    answer = reader.get("/api/v1/status")
    assert answer.status_code == 500
    assert "inner reason" not in answer.text
    assert set(answer.json()["error"]) == {"what", "remedy"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "the inner reason" in caplog.text


def test_a_database_that_goes_away_is_503(reader: TestClient, platform: Platform) -> None:
    import psycopg

    reader.get("/api/v1/status")
    name = platform.database.engine.url.database
    url = platform.database.dsn.replace(f"/{name}", "/postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        answer = reader.get("/api/v1/status")
        assert answer.status_code == 503
        assert "database" in answer.json()["error"]["what"]
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert reader.get("/api/v1/status").status_code in {200, 503}
    assert reader.get("/api/v1/status").status_code == 200


def test_an_event_that_meets_a_database_in_trouble_is_503_and_is_taken_when_it_comes_again(
    sensor: Any, reader: TestClient, platform: Platform, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends the connection between two statements of one report, as a fail-over does."""
    from sqlalchemy import text

    from landwaiter.platform.tasks import record

    original = record.answer

    def cut(session: Any, *arguments: Any) -> Any:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with platform.database.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        return original(session, *arguments)

    monkeypatch.setattr(record, "answer", cut)
    task = sensor.task(image_digest=sample.digest)
    answer = sensor.http.post("/api/v1/sensor/tasks", json={"task": task})
    assert answer.status_code == 503
    assert "Try again" in answer.json()["error"]["remedy"]
    monkeypatch.undo()
    assert reader.get("/api/v1/tasks").json()["tasks"] == [], "nothing of it is stored by half"
    told = sensor.report(task)
    assert (told["duplicate"], told["images"][0]["state"]) == (False, "scan")
