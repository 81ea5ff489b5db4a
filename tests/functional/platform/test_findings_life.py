"""Findings begin, go on and are resolved; new advisory data needs no new scan."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text, update
from starlette.testclient import TestClient

from landwaiter.platform.context import Platform
from landwaiter.platform.findings import jobs
from landwaiter.platform.findings.tables import FindingRow
from landwaiter.platform.store.base import now


def record(number: int, fixed: str, name: str = "jinja2") -> dict[str, Any]:
    return {
        "schema_version": "1.6.0", "id": f"GHSA-zzzz-0000-{number:04}", "modified": "2026-01-01T00:00:00Z",
        "aliases": [f"CVE-2099-{number:04}"], "summary": f"Flaw {number}",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
    }  # fmt: skip


def open_ids(reader: TestClient, digest: str, **params: Any) -> list[str]:
    page = reader.get(f"/api/v1/images/{digest}/findings", params=params).json()
    return [tracked["finding"]["id"] for tracked in page["findings"]]


def queued(platform: Platform) -> list[str]:
    with platform.database.begin() as session:
        names = session.execute(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'"))
        return sorted(names.scalars())


def test_new_advisories_reassess_what_is_stored_without_a_scan(
    platform: Platform, sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories(record(1, "3.0"), record(2, "3.0"))
    sensor.run(sample)
    assert open_ids(reader, sample.digest) == ["CVE-2099-0001", "CVE-2099-0002"]
    before = reader.get("/api/v1/status").json()["bundle"]["id"]

    advisories(record(2, "3.0"), record(3, "3.0"))
    assert reader.get("/api/v1/status").json()["bundle"]["id"] != before
    with platform.database.begin() as session:
        assert jobs.defer_reassessment(platform, session)
        assert jobs.defer_reassessment(platform, session)
    assert queued(platform).count("reassess") == 1
    assert jobs.reassess(platform) == 1
    assert jobs.reassess(platform) == 0
    assert open_ids(reader, sample.digest) == ["CVE-2099-0002", "CVE-2099-0003"]
    assert open_ids(reader, sample.digest, resolved="true") == ["CVE-2099-0001"]
    overview = reader.get("/api/v1/overview").json()
    assert (overview["new_findings_day"], overview["resolved_findings_day"]) == (3, 1)
    with platform.database.begin() as session:
        assert not jobs.defer_reassessment(platform, session)


def test_a_finding_that_comes_back_is_the_same_finding(
    platform: Platform, sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    def first_seen() -> str:
        (tracked,) = reader.get(f"/api/v1/images/{sample.digest}/findings").json()["findings"]
        return str(tracked["first_seen"])

    advisories(record(1, "3.0"))
    sensor.run(sample)
    began = first_seen()
    advisories(record(9, "3.0", name="other"))
    jobs.reassess(platform)
    assert open_ids(reader, sample.digest) == []
    assert reader.get("/api/v1/vulnerabilities/CVE-2099-0001").json()["images"] == []
    advisories(record(1, "3.0"))
    jobs.reassess(platform)
    assert first_seen() == began


def test_a_rebuild_does_not_make_an_old_finding_young(
    platform: Platform, sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    import copy
    from datetime import timedelta

    import msgspec

    advisories(record(1, "3.0"))
    sensor.run(sample)
    month_ago = now() - timedelta(days=30)
    with platform.database.begin() as session:
        session.execute(update(FindingRow).values(first_seen=month_ago))
    rebuilt = copy.copy(sample)
    rebuilt.reference = sample.reference.replace(":1.0", ":1.1")
    (facts,) = sample.layers
    (evidence,) = facts.evidence
    newer = msgspec.structs.replace(evidence.packages[0], version="2.1")
    rebuilt.layers = (
        msgspec.structs.replace(facts, diff_id="sha256:" + "7" * 64,
                                evidence=(msgspec.structs.replace(evidence, path=evidence.path.replace("2.0", "2.1"),
                                                                  packages=(newer,)),)),
    )  # fmt: skip
    other = copy.copy(sample)
    other.reference = "registry.example/another/app:1.0"
    for image in (rebuilt, other):
        sensor.run(image, image.reference.replace("/", "-"))
    ages = {}
    for image in (rebuilt, other):
        (tracked,) = reader.get(f"/api/v1/images/{image.digest}/findings").json()["findings"]
        ages[image.reference] = tracked["first_seen"][:10]
    assert ages[rebuilt.reference] == month_ago.isoformat()[:10]
    assert ages[other.reference] == now().isoformat()[:10], "another repository is another lineage"


def test_findings_are_paged_and_filtered(
    sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories(*(record(number, "3.0") for number in range(1, 26)))
    sensor.run(sample)
    path, seen, cursor = f"/api/v1/images/{sample.digest}/findings", [], None
    while True:
        page = reader.get(path, params={"limit": 10} | ({"cursor": cursor} if cursor else {})).json()
        assert page["total"] == 25
        seen += [tracked["finding"]["id"] for tracked in page["findings"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [f"CVE-2099-{number:04}" for number in range(1, 26)]
    assert reader.get(path, params={"severity": "critical"}).json()["total"] == 0
    assert reader.get(path, params={"severity": "medium"}).json()["total"] == 25
    assert reader.get(path, params={"severity": "terrible"}).status_code == 400
    listed = reader.get("/api/v1/vulnerabilities", params={"limit": 20, "severity": "medium", "running": True}).json()
    assert len(listed["vulnerabilities"]) == 20
    rest = reader.get("/api/v1/vulnerabilities", params={"limit": 20, "cursor": listed["next"]}).json()
    assert (len(rest["vulnerabilities"]), rest["next"]) == (5, None)
    found = reader.get("/api/v1/vulnerabilities", params={"text": "2099-0007"}).json()["vulnerabilities"]
    assert [(item["id"], item["images"], item["running"]) for item in found] == [("CVE-2099-0007", 1, 1)]
    assert reader.get("/api/v1/vulnerabilities", params={"kev": True}).json()["vulnerabilities"] == []
    by_alias = reader.get("/api/v1/vulnerabilities/GHSA-zzzz-0000-0007").json()
    assert by_alias["vulnerability"]["id"] == "CVE-2099-0007"


def test_images_are_listed_with_how_they_stand(
    sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    import copy

    advisories()
    images = []
    for number in range(5):
        image = copy.copy(sample)
        image.reference = f"registry.example/team{number}/app:1"
        images.append(image)
        sensor.run(image, str(number))
    sensor.report(sensor.task("0", version=9, status="STOPPED", image_digest=images[0].digest))
    everything = reader.get("/api/v1/images", params={"limit": 3}).json()
    rest = reader.get("/api/v1/images", params={"limit": 3, "cursor": everything["next"]}).json()
    listed = everything["images"] + rest["images"]
    assert {image["digest"] for image in listed} == {image.digest for image in images}
    assert rest["next"] is None
    assert all(image["standing"]["state"] == "assessed" for image in listed)
    running = reader.get("/api/v1/images", params={"running": True}).json()["images"]
    assert {image["digest"] for image in running} == {image.digest for image in images[1:]}
    (one,) = reader.get("/api/v1/images", params={"text": "team3"}).json()["images"]
    assert (one["repository"], one["running"]) == ("registry.example/team3/app", 1)
    assert reader.get("/api/v1/images", params={"verdict": "not_assessed"}).json()["images"] == []


def test_a_newer_bundle_that_cannot_be_read_leaves_the_older_one_in_use(
    settings: Any, reader: TestClient, advisories: Callable[..., Path]
) -> None:
    advisories(record(1, "3.0"))
    good = reader.get("/api/v1/status").json()["bundle"]["id"]
    (settings.bundle_folder / "z.sqlite").write_bytes(b"truncated")
    status = reader.get("/api/v1/status").json()
    assert (status["bundle"]["id"], status["bundle_problem"]) == (good, "")
