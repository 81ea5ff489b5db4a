"""Who calls, who has fallen silent, and whose calls were refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from landwaiter.platform.context import Platform
from landwaiter.platform.jobs import housekeeping
from landwaiter.platform.sensors.service import Pace
from landwaiter.platform.sensors.tables import RefusalRow, SensorRow
from landwaiter.platform.store.base import now

SENSORS, SWEEP = "/api/v1/sensors", "/api/v1/sensor/sweep"
HANDSHAKE = {"account": "", "region": "", "clusters": [], "tasks": []}


def test_events_and_sweeps_are_noted_by_account_and_region(sensor: Any, reader: TestClient, sample: Any) -> None:
    assert reader.get(SENSORS).json() == {"sensors": [], "refusals": []}
    sensor.report(sensor.task(image_digest=sample.digest))
    (one,) = reader.get(SENSORS).json()["sensors"]
    assert (one["account"], one["region"], one["address"]) == ("123456789012", "eu-west-1", "127.0.0.1")
    assert one["token"] == sensor.http.headers["Authorization"].split("_")[2]
    assert one["last_event"] is not None
    assert one["last_sweep"] is None
    assert (one["silent"], one["tasks_running"], one["scans_failed_day"]) == (False, 1, 0)
    sensor.sweep()
    assert reader.get(SENSORS).json()["sensors"][0]["last_sweep"] is not None
    assert sensor.http.post(SWEEP, json=HANDSHAKE).status_code == 200
    assert len(reader.get(SENSORS).json()["sensors"]) == 1, "a handshake is of no account"


def test_a_sensor_that_says_nothing_falls_silent_and_calls_again(
    platform: Platform, sensor: Any, reader: TestClient
) -> None:
    sensor.report(sensor.task())
    with platform.database.begin() as session:
        session.execute(update(SensorRow).values(last_event=now() - timedelta(minutes=181)))
    assert reader.get(SENSORS).json()["sensors"][0]["silent"] is True
    assert reader.get("/api/v1/overview").json()["silent_sensors"] == 1
    sensor.sweep()
    assert reader.get(SENSORS).json()["sensors"][0]["silent"] is False


def test_failed_scans_count_where_they_failed(sensor: Any, reader: TestClient, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    failure = {"kind": "unreachable", "what": "The registry did not answer."}
    assert sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/failure", json=failure).status_code == 204
    assert reader.get(SENSORS).json()["sensors"][0]["scans_failed_day"] == 1


def test_refused_calls_are_noted_with_their_reason(
    connect: Callable[..., TestClient], reader: TestClient, platform: Platform
) -> None:
    connect("nonsense", address="203.0.113.9").post(SWEEP, json=HANDSHAKE)
    connect("nonsense", address="127.0.0.1").post(SWEEP, json=HANDSHAKE)
    found = {(item["address"], item["reason"]): item for item in reader.get(SENSORS).json()["refusals"]}
    assert set(found) == {("203.0.113.9", "network"), ("127.0.0.1", "token")}
    assert found["203.0.113.9", "network"]["path"] == SWEEP
    assert connect("nonsense").get("/api/v1/status").status_code == 401
    assert len(reader.get(SENSORS).json()["refusals"]) == 2, "only those of sensors"


def test_who_calls_again_and_again_is_noted_now_and_then(
    connect: Callable[..., TestClient], reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landwaiter.platform.sensors import service

    clock = [1000.0]
    monkeypatch.setattr(service.time, "monotonic", lambda: clock[0])
    for _ in range(5):
        connect("nonsense", address="203.0.113.9").post(SWEEP, json=HANDSHAKE)
    assert reader.get(SENSORS).json()["refusals"][0]["times"] == 1
    clock[0] += 11
    connect("nonsense", address="203.0.113.9").post(SWEEP, json=HANDSHAKE)
    assert reader.get(SENSORS).json()["refusals"][0]["times"] == 2


def test_refusals_are_forgotten(platform: Platform) -> None:
    with platform.database.begin() as session:
        for number in range(1005):
            row = RefusalRow(address=str(number), reason="network", path="/", last=now() - timedelta(minutes=number))
            session.add(row)
        session.add(RefusalRow(address="old", reason="network", path="/", last=now() - timedelta(days=8)))
    housekeeping.clean_up(platform)
    with platform.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(RefusalRow)) == 1000


def test_a_pace_remembers_a_bounded_number_of_keys() -> None:
    pace = Pace(60)
    assert pace.due("a")
    assert not pace.due("a")
    for number in range(10_000):
        pace.due(str(number))
    assert pace.due("a"), "rather noted twice than without a bound"
