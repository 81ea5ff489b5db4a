"""What an operator asks: what first, what is not known, who has stopped calling, how old the data is."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from landwaiter.platform.auth.networks import allow_network
from landwaiter.platform.auth.users import add_user
from landwaiter.platform.findings import jobs
from landwaiter.platform.findings.tables import FindingRow
from landwaiter.platform.sensors.tables import SensorRow
from landwaiter.platform.store.base import now


def _pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("console_pages", Path(__file__).with_name("test_pages.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Page = _pages().Page


def text(browser: TestClient, path: str, status: int = 200) -> str:
    return str(Page(browser.get(path), status).text)


@pytest.fixture
def administrator(connect: Callable[..., TestClient], platform: Any) -> TestClient:
    """A browser of somebody who may see tokens and networks."""
    with platform.database.begin() as session:
        add_user(session, "grace", "correct horse battery", "admin")
    client = connect()
    client.follow_redirects = False
    assert client.post("/sign-in", data={"name": "grace", "password": "correct horse battery"}).status_code == 303
    return client


def test_what_to_do_first_is_grouped_over_everything_that_runs(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    second = {**house.OSV, "id": "GHSA-zzzz-0000-0009", "aliases": ["CVE-2099-0009"]}
    second["affected"] = [{**house.OSV["affected"][0], "ranges": [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.2.0"}]}]}]  # fmt: skip
    advisories(house.OSV, second)
    for number, version in enumerate(("2.0", "2.1", "2.1")):
        layer = house.python_layer("jinja2", version)
        image = house.SampleImage(f"registry.example/shop/app{number}:1", (layer,))
        sensor.run(image, str(number))
    stopped = house.SampleImage("registry.example/shop/gone:1", (house.python_layer("jinja2", "1.0"),))
    sensor.run(stopped, "9")
    sensor.report(sensor.task("9", version=3, status="STOPPED", image_digest=stopped.digest))
    page = text(browser, "/first")
    assert "jinja2 pypi 2.0, 2.1 → 3.2.0 2 critical" in page
    assert "CVE-2099-0001 CVE-2099-0009 3 3" in page, "three images in three containers, not the stopped one"
    overview = text(browser, "/")
    assert "1 upgrade that removes critical" in overview


def test_a_package_at_two_places_of_an_image_is_counted_once(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    import msgspec

    advisories()
    (first,) = (layer := house.python_layer("jinja2", "2.0")).evidence
    second = msgspec.structs.replace(first, path=first.path.replace("usr/local", "opt/venv"))
    layer = msgspec.structs.replace(layer, evidence=(first, second))
    sensor.run(house.SampleImage("registry.example/shop/app:1", (layer,)))
    page = text(browser, "/first")
    assert "1 critical CVE-2099-0001 1 1" in page


def test_what_is_silenced_or_has_no_fix_is_not_among_what_to_do(
    browser: TestClient, platform: Any, sensor: Any, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    assert "jinja2" in text(browser, "/first")
    for column in ({"suppressed": True}, {"suppressed": False, "fixed": False}, {"fixed": True, "severity": 1}):
        with platform.database.begin() as session:
            session.execute(update(FindingRow).values(**column))
        assert "jinja2" not in text(browser, "/first"), column


def test_gaps_of_the_data_are_added_up_over_what_runs(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    advisories()
    layers = (house.debian_layer(("bash", "5.2-1")),)
    for number in range(2):
        sensor.run(house.SampleImage(f"registry.example/shop/app{number}:1", layers), str(number))
    page = text(browser, "/gaps")
    assert "The bundle has no advisories of Debian:12. no-data 2 2" in page
    assert "Every running image has been scanned." in page


def test_the_image_page_tells_the_life_of_findings(
    browser: TestClient, platform: Any, sensor: Any, sample: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    other = {**house.OSV, "id": "GHSA-zzzz-0000-0005", "aliases": ["CVE-2099-0005"]}
    advisories(other)
    jobs.reassess(platform)
    path = f"/images/{sample.digest}"
    assert "1 earlier finding of this image is resolved." in text(browser, path)
    resolved = text(browser, f"{path}?only=resolved")
    assert "CVE-2099-0001 resolved" in resolved
    assert "1 of 1 shown" in resolved
    advisories(house.OSV)
    jobs.reassess(platform)
    again = text(browser, path)
    assert "CVE-2099-0001 came back" in again
    assert "back since" in again
    assert "No finding matches." in text(browser, f"{path}?only=silenced")


def test_tasks_are_found_by_all_that_one_knows_of_them(browser: TestClient, sensor: Any, sample: Any) -> None:
    sensor.report(sensor.task("cafe01", image_digest=sample.digest))
    hits = (
        "text=CAFE01", "text=shop/web", f"text={sample.digest}", "text=service:web", "group=web", "group=service:web",
        "account=123456789012", "region=eu-west-1", "cluster=shop", "image=shop/web",
        "account=123456789012&region=eu-west-1&group=web&text=web",
    )  # fmt: skip
    for query in hits:
        assert "cafe01" in text(browser, f"/running?{query}"), query
    misses = ("text=absent", "group=we", "account=1", "region=us-east-1", "cluster=sho", "text=%25", "text=sha256:0")
    for query in misses:
        assert "No task matches." in text(browser, f"/running?{query}"), query


def test_the_age_of_the_data_stands_on_every_page(
    browser: TestClient, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    assert "No advisory data is loaded" in text(browser, "/scans")
    advisories({**house.OSV, "modified": (datetime.now(UTC) - timedelta(hours=5)).isoformat()})
    fresh = text(browser, "/scans")
    assert "5 hours old" in fresh
    assert "The advisory data is" not in fresh
    advisories(house.OSV)
    for path in ("/", "/running", "/images", "/first", "/gaps", "/sensors"):
        page = text(browser, path)
        assert "too old for the policy." in page, path
        assert "landwaiter feeds update" in page, path
    assert "too old" not in text(browser, "/sign-in"), "a stranger is told nothing"


def test_a_silent_sensor_is_seen_from_the_overview(
    browser: TestClient, platform: Any, sensor: Any, connect: Callable[..., TestClient]
) -> None:
    sensor.report(sensor.task())
    connect("nonsense", address="203.0.113.9").post("/api/v1/sensor/sweep", json={})
    page = text(browser, "/sensors")
    assert "123456789012 eu-west-1 calls" in page
    assert "landwaiter allow add 203.0.113.9" in page
    assert "fallen silent." not in text(browser, "/")
    with platform.database.begin() as session:
        session.execute(update(SensorRow).values(last_event=now() - timedelta(hours=4)))
    page = text(browser, "/sensors")
    assert "123456789012 eu-west-1 silent" in page
    assert "landwaiter aws doctor" in page
    assert "1 sensor has fallen silent." in text(browser, "/")


def test_tokens_and_networks_are_shown_to_administrators_only(
    browser: TestClient, administrator: TestClient, platform: Any, make_token: Callable[..., str]
) -> None:
    token = make_token("sensor", note="<b>shop</b>", account="123456789012")
    with platform.database.begin() as session:
        allow_network(session, "198.51.100.0/24", "egress of shop")
    prefix, secret = token.split("_", 3)[2:]
    seen = text(administrator, "/sensors")
    assert f"{prefix} sensor 123456789012 <b>shop</b>" in seen
    assert "198.51.100.0/24 egress of shop" in seen
    assert secret not in administrator.get("/sensors").text
    unseen = text(browser, "/sensors")
    assert prefix not in unseen
    assert "198.51.100.0/24" not in unseen


def test_a_cursor_with_an_absurd_number_is_explained(browser: TestClient) -> None:
    from landwaiter.platform.store.paging import cursor_of

    for path in ("/running", "/images", "/vulnerabilities", "/scans"):
        for cursor in (cursor_of(10**30), cursor_of("2026-01-01T00:00:00Z", 2**63), cursor_of(10**30, "a")):
            assert "The cursor is not one of ours." in text(browser, f"{path}?cursor={cursor}", 400), path


def test_a_database_that_goes_away_is_a_page_that_says_so_and_comes_back(browser: TestClient, platform: Any) -> None:
    assert browser.get("/").status_code == 200
    name = platform.database.engine.url.database
    url = platform.database.dsn.replace(f"/{name}", "/postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        assert "The database does not answer." in text(browser, "/", 503)
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert browser.get("/running").status_code in {200, 503}
    assert browser.get("/running").status_code == 200
