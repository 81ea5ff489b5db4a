"""New advisory data re-assesses what is stored, touching no more than it must; old data does not stay unnoticed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from landwaiter.platform.context import Platform
from landwaiter.platform.findings import assess, changes, freshness, jobs
from landwaiter.platform.findings.tables import AssessmentRow, VariantRow
from landwaiter.platform.store.base import now


def record(number: int, name: str, fixed: str = "3.0", modified: datetime | None = None) -> dict[str, Any]:
    return {
        "schema_version": "1.6.0", "id": f"GHSA-zzzz-0000-{number:04}",
        "modified": (modified or datetime.now(UTC)).isoformat(),
        "aliases": [f"CVE-2099-{number:04}"], "summary": f"Flaw {number}",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
    }  # fmt: skip


BEGINNING = datetime.now(UTC).replace(microsecond=0)
FILLING = tuple(record(5000 + number, f"other{number}", modified=BEGINNING) for number in range(120))
"""Enough advisories of PyPI that its data counts as complete."""


@pytest.fixture
def two_images(python_image: Callable[..., Any], sensor: Any, advisories: Callable[..., Path]) -> tuple[Any, Any]:
    """Two images with one package each, assessed: of jinja2 there is a finding."""
    advisories(record(1, "jinja2", modified=BEGINNING), *FILLING)
    made = python_image(("jinja2", "2.0")), python_image(("flask", "2.0"))
    for number, image in enumerate(made):
        sensor.run(image, str(number))
    return made


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The references of the images that are assessed one by one."""
    seen: list[str] = []
    original = assess.read_inventory

    def read(session: Any, image_id: int) -> Any:
        inventory = original(session, image_id)
        seen.append(inventory.image.reference)
        return inventory

    monkeypatch.setattr(assess, "read_inventory", read)
    return seen


def findings(reader: TestClient, image: Any) -> list[str]:
    page = reader.get(f"/api/v1/images/{image.digest}/findings").json()
    return [tracked["finding"]["id"] for tracked in page["findings"]]


def standing(reader: TestClient, image: Any) -> dict[str, Any]:
    found: dict[str, Any] = reader.get(f"/api/v1/images/{image.digest}/summary").json()["standing"]
    return found


def test_only_what_the_new_data_touches_is_matched_again(
    platform: Platform, reader: TestClient, two_images: Any, one_by_one: list[str], advisories: Callable[..., Path]
) -> None:
    jinja, flask = two_images
    before = standing(reader, flask)
    advisories(record(1, "jinja2", modified=BEGINNING), record(2, "jinja2"), *FILLING)
    assert reader.get("/api/v1/overview").json()["outdated"] == 2
    assert jobs.reassess(platform) == 2
    assert one_by_one == [jinja.reference]
    assert findings(reader, jinja) == ["CVE-2099-0001", "CVE-2099-0002"]
    newest = reader.get("/api/v1/status").json()["bundle"]["id"]
    after = standing(reader, flask)
    assert after["bundle"]["id"] == newest != before["bundle"]["id"]
    assert after["assessed"] > before["assessed"]
    assert (after["verdict"], after["state"]) == (before["verdict"], before["state"])
    assert reader.get("/api/v1/overview").json()["outdated"] == 0
    assert jobs.reassess(platform) == 0


def test_names_are_compared_as_the_ecosystem_does(
    platform: Platform, reader: TestClient, sensor: Any, python_image: Callable[..., Any], one_by_one: list[str],
    advisories: Callable[..., Path],
) -> None:  # fmt: skip
    advisories(*FILLING)
    image = python_image(("Flask_Login", "0.1"))
    sensor.run(image)
    del one_by_one[:]
    advisories(*FILLING, record(3, "flask-login"))
    jobs.reassess(platform)
    assert one_by_one == [image.reference]
    assert findings(reader, image) == ["CVE-2099-0003"]


def test_a_rematch_gives_what_matching_afresh_gives(
    platform: Platform, reader: TestClient, two_images: Any, advisories: Callable[..., Path]
) -> None:
    jinja, _ = two_images
    advisories(record(1, "jinja2", fixed="1.0"), record(2, "jinja2"), *FILLING)
    jobs.reassess(platform)
    rematched = reader.get(f"/api/v1/images/{jinja.digest}/findings").json()["findings"]
    with platform.database.begin() as session:
        (image_id,) = session.scalars(select(AssessmentRow.image_id).where(AssessmentRow.worst < 6))
    platform.assess(image_id)
    afresh = reader.get(f"/api/v1/images/{jinja.digest}/findings").json()["findings"]
    assert [item["finding"] for item in rematched] == [item["finding"] for item in afresh]
    assert findings(reader, jinja) == ["CVE-2099-0002"]


def test_without_the_earlier_bundle_everything_is_matched_afresh(
    platform: Platform, reader: TestClient, two_images: Any, one_by_one: list[str], advisories: Callable[..., Path]
) -> None:
    for file in (platform.settings.bundle_folder / "used").iterdir():
        file.unlink()
    advisories(record(2, "flask"), *FILLING)
    assert jobs.reassess(platform) == 2
    assert sorted(one_by_one) == sorted(image.reference for image in two_images)
    assert findings(reader, two_images[0]) == []
    assert findings(reader, two_images[1]) == ["CVE-2099-0002"]


def test_a_bundle_that_was_replaced_in_place_is_still_compared_with(
    platform: Platform, reader: TestClient, two_images: Any, one_by_one: list[str], advisories: Callable[..., Path]
) -> None:
    (used,) = platform.settings.bundle_folder.glob("*.sqlite")
    newer = advisories(record(1, "jinja2", modified=BEGINNING), record(2, "flask"), *FILLING, folder=used.parent / "x")
    newer.replace(used)
    assert jobs.reassess(platform) == 2
    assert one_by_one == [two_images[1].reference]


def test_only_the_last_bundles_are_kept(platform: Platform, advisories: Callable[..., Path]) -> None:
    for number in range(5):
        advisories(record(number, "jinja2"))
        assert platform.bundles.current() is not None
    assert len(list((platform.settings.bundle_folder / "used").iterdir())) == 3


def test_a_verdict_of_long_ago_is_given_again_though_nothing_touches_it(
    platform: Platform, two_images: Any, one_by_one: list[str], advisories: Callable[..., Path]
) -> None:
    _, flask = two_images
    with platform.database.begin() as session:
        session.execute(update(VariantRow).values(evaluated=now() - changes._EVALUATED_WITHIN - timedelta(hours=1)))
    advisories(record(1, "jinja2", modified=BEGINNING), record(2, "absent"), *FILLING)
    assert jobs.reassess(platform) == 2
    assert flask.reference in one_by_one


def test_data_that_becomes_too_old_takes_the_verdict_back(
    platform: Platform, reader: TestClient, two_images: Any, monkeypatch: pytest.MonkeyPatch,
    advisories: Callable[..., Path],
) -> None:  # fmt: skip
    _, flask = two_images
    assert standing(reader, flask)["verdict"] == "pass"
    later = now() + timedelta(hours=platform.settings.policy.max_age_hours + 1)
    for module in (assess, jobs):
        monkeypatch.setattr(module, "now", lambda: later)
    with platform.database.begin() as session:
        assert jobs.defer_reassessment(platform, session)
    assert jobs.reassess(platform) == 2
    assert standing(reader, flask)["verdict"] == "not_assessed"
    page = reader.get(f"/api/v1/images/{flask.digest}").json()
    assert "old; the policy allows 72 hours" in page["variants"][0]["verdict"]["reasons"][0]
    with platform.database.begin() as session:
        assert not jobs.defer_reassessment(platform, session), "once is enough"
    monkeypatch.undo()
    advisories(record(1, "jinja2"), *FILLING)
    assert jobs.reassess(platform) == 2
    assert standing(reader, flask)["verdict"] == "pass"


def test_a_finding_tells_when_it_came_back(
    platform: Platform, reader: TestClient, two_images: Any, advisories: Callable[..., Path]
) -> None:
    jinja, _ = two_images

    def life() -> dict[str, Any]:
        (tracked,) = reader.get(f"/api/v1/images/{jinja.digest}/findings").json()["findings"]
        return {name: tracked[name] for name in ("first_seen", "resolved", "reopened")}

    began = life()
    assert began["reopened"] is None
    advisories(*FILLING)
    jobs.reassess(platform)
    assert findings(reader, jinja) == []
    advisories(record(1, "jinja2"), *FILLING)
    jobs.reassess(platform)
    again = life()
    assert again["first_seen"] == began["first_seen"]
    assert again["resolved"] is None
    assert again["reopened"] > began["first_seen"]
    jobs.reassess(platform)
    assert life() == again


@pytest.mark.parametrize(
    ("hours", "state", "words"),
    [(0, "fresh", "less than an hour old"), (5, "fresh", "5 hours old"), (49, "fresh", "2 days old"),
     (73, "stale", "3 days old"), (-48, "unknown", "of unknown age")],
)  # fmt: skip
def test_the_age_of_data_is_judged_as_the_policy_judges_it(
    two_images: Any, platform: Platform, hours: int, state: str, words: str
) -> None:
    info = platform.bundles.info()
    assert info is not None
    age = freshness.data_age(info, 72, BEGINNING + timedelta(hours=hours))
    assert age is not None
    assert (age.state, age.words) == (state, words)
    assert freshness.data_age(msgspec.structs.replace(info, newest="", built="?"), 72, BEGINNING) == freshness.DataAge(
        "", "?", None, "unknown"
    )
