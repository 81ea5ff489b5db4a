"""The read API: what the command line, the demo and programs of others ask."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

import landwaiter
from landwaiter.inventory.models import Inventory
from landwaiter.matching.models import BundleInfo
from landwaiter.platform.api.access import PlatformHere, reader
from landwaiter.platform.api.answers import answer, describes, reply
from landwaiter.platform.api.errors import ErrorAnswer
from landwaiter.platform.findings import service as findings
from landwaiter.platform.findings.models import (
    FindingPage,
    Gaps,
    ImageHead,
    ImageList,
    ImagePage,
    Overview,
    PackageUse,
    RunningPlace,
    Upgrades,
    Variant,
    VulnerabilityList,
    VulnerabilityPage,
)
from landwaiter.platform.images.store import read_inventory
from landwaiter.platform.scans import service as scans
from landwaiter.platform.scans.models import Journey, ScanPage
from landwaiter.platform.sensors.models import Calls
from landwaiter.platform.sensors.service import calls
from landwaiter.platform.store.paging import DEFAULT, MOST
from landwaiter.platform.tasks import service as tasks
from landwaiter.platform.tasks.models import RunningFilters, TaskEvent, TaskPage, TaskView


class Status(msgspec.Struct, frozen=True):
    """The platform itself: its version, its advisory data (or why there is none), whether its database is embedded."""

    version: str
    bundle: BundleInfo | None
    bundle_problem: str
    embedded_database: bool
    tasks_running: int


class TaskJourney(msgspec.Struct, frozen=True):
    """A task, what was reported of it, and the journeys of the scans that answer for its containers."""

    task: TaskView
    events: tuple[TaskEvent, ...]
    scans: tuple[Journey, ...]


class PackageUses(msgspec.Struct, frozen=True):
    """A page of packages of one name, with the images that contain them."""

    packages: tuple[PackageUse, ...]
    next: str | None


router = APIRouter(
    prefix="/api/v1",
    tags=["read"],
    dependencies=[Depends(reader)],
    responses=describes({400: ErrorAnswer, 401: ErrorAnswer, 403: ErrorAnswer}),
)

Cursor = Annotated[str | None, Query(max_length=512, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="rows of a page")]
Text = Annotated[str, Query(max_length=512)]


@router.get("/status", **answer(Status))
def read_status(platform: PlatformHere) -> Response:
    """Return the state of the platform itself."""
    with platform.database.begin() as session:
        running = tasks.count_running(session)
    bundles = platform.bundles
    embedded = platform.database.embedded
    return reply(Status(landwaiter.__version__, bundles.described(), bundles.problem(), embedded, running))


@router.get("/overview", **answer(Overview))
def read_overview(platform: PlatformHere) -> Response:
    """Return the state of the house at a glance."""
    with platform.database.begin() as session:
        return reply(findings.overview(session, platform))


@router.get("/tasks", **answer(TaskPage))
def list_tasks(
    platform: PlatformHere,
    state: Annotated[str, Query(description="running, stopped or all")] = "running",
    account: Text = "",
    region: Text = "",
    cluster: Text = "",
    group: Text = "",
    image: Text = "",
    verdict: Text = "",
    text: Text = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return tasks with their containers and how these stand, newest first."""
    filters = RunningFilters(account, region, cluster, group, image, verdict, state, text)
    with platform.database.begin() as session:
        return reply(tasks.running(session, filters, cursor=cursor, limit=limit))


@router.get("/tasks/{task_arn:path}", **answer(TaskJourney, others={404: ErrorAnswer}))
def read_task(platform: PlatformHere, task_arn: str) -> Response:
    """Return one task with its whole way through the house."""
    with platform.database.begin() as session:
        task = tasks.task(session, task_arn)
        ids = dict.fromkeys(container.scan_id for container in task.containers if container.scan_id)
        journeys = tuple(scans.journey(session, scan_id) for scan_id in ids)
        return reply(TaskJourney(task, tasks.events(session, task_arn), journeys))


@router.get("/images", **answer(ImageList))
def list_images(
    platform: PlatformHere,
    text: Text = "",
    verdict: Text = "",
    running: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return images, seen last first."""
    with platform.database.begin() as session:
        page = findings.images(session, text=text, verdict=verdict, running_only=running, cursor=cursor, limit=limit)
        return reply(page)


@router.get("/images/{digest}", **answer(ImagePage, others={404: ErrorAnswer}))
def read_image(platform: PlatformHere, digest: str) -> Response:
    """Return all of one image."""
    with platform.database.begin() as session:
        return reply(findings.image_page(session, digest))


@router.get("/images/{digest}/summary", **answer(ImageHead, others={404: ErrorAnswer}))
def read_image_summary(platform: PlatformHere, digest: str) -> Response:
    """Return how one image stands."""
    with platform.database.begin() as session:
        return reply(findings.image_head(session, findings.image_of(session, digest)))


@router.get("/images/{digest}/findings", **answer(FindingPage, others={404: ErrorAnswer}))
def list_findings(
    platform: PlatformHere,
    digest: str,
    severity: Text = "",
    resolved: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return the findings of an image, most severe first."""
    with platform.database.begin() as session:
        image_id = findings.image_of(session, digest)
        page = findings.findings_of_image(
            session, image_id, severity=severity, resolved=resolved, cursor=cursor, limit=limit
        )
        return reply(page)


@router.get("/images/{digest}/inventory", **answer(Inventory, others={404: ErrorAnswer}))
def read_image_inventory(platform: PlatformHere, digest: str) -> Response:
    """Return everything that is in an image: layers, operating system, packages, coverage."""
    with platform.database.begin() as session:
        return reply(read_inventory(session, findings.image_of(session, digest)))


@router.get("/images/{digest}/compliance", **answer(list[Variant], others={404: ErrorAnswer}))
def list_compliance(platform: PlatformHere, digest: str) -> Response:
    """Return the compliance results of an image, in each task definition that runs it."""
    with platform.database.begin() as session:
        return reply(findings.variants_of(session, findings.image_of(session, digest)))


@router.get("/images/{digest}/running", **answer(list[RunningPlace], others={404: ErrorAnswer}))
def list_places(platform: PlatformHere, digest: str) -> Response:
    """Return the containers that run an image now."""
    with platform.database.begin() as session:
        return reply(findings.places_of(session, [findings.image_of(session, digest)]))


@router.get("/vulnerabilities", **answer(VulnerabilityList))
def list_vulnerabilities(
    platform: PlatformHere,
    text: Text = "",
    severity: Text = "",
    kev: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    running: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return the vulnerabilities that images have, most severe first."""
    with platform.database.begin() as session:
        page = findings.vulnerabilities(
            session, text=text, severity=severity, kev=kev, running_only=running, cursor=cursor, limit=limit
        )
        return reply(page)


@router.get("/vulnerabilities/{vulnerability}", **answer(VulnerabilityPage, others={404: ErrorAnswer}))
def read_vulnerability(platform: PlatformHere, vulnerability: str) -> Response:
    """Return one vulnerability, by its id or an alias, and where it runs."""
    with platform.database.begin() as session:
        return reply(findings.vulnerability_page(session, vulnerability))


@router.get("/packages", **answer(PackageUses))
def list_packages(
    platform: PlatformHere,
    name: Annotated[str, Query(max_length=512, description="the package's, or its source package's")],
    type: Text = "",  # noqa: A002 - the name of the query parameter
    version: Text = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return where a package is."""
    with platform.database.begin() as session:
        found = findings.package_uses(session, name, kind=type, version=version, cursor=cursor, limit=limit)
        return reply(PackageUses(*found))


@router.get("/upgrades", **answer(Upgrades))
def list_upgrades(platform: PlatformHere) -> Response:
    """Return what to do first: the upgrades that remove critical and known exploited findings of what runs."""
    with platform.database.begin() as session:
        return reply(findings.upgrades(session))


@router.get("/gaps", **answer(Gaps))
def list_gaps(platform: PlatformHere) -> Response:
    """Return what is not assessed of what runs, why, and what to do."""
    with platform.database.begin() as session:
        return reply(findings.gaps(session))


@router.get("/sensors", **answer(Calls))
def list_sensors(platform: PlatformHere) -> Response:
    """Return when the sensors of each account last called, and which calls were refused."""
    with platform.database.begin() as session:
        return reply(calls(session, platform.silence))


@router.get("/scans", **answer(ScanPage))
def list_scans(
    platform: PlatformHere,
    state: Text = "",
    image: Annotated[str, Query(max_length=512, description="reference or digest")] = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Response:
    """Return scans, newest first."""
    with platform.database.begin() as session:
        return reply(scans.scans(session, state=state, image=image, cursor=cursor, limit=limit))


@router.get("/scans/{scan_id}", **answer(Journey, others={404: ErrorAnswer}))
def read_scan(platform: PlatformHere, scan_id: str) -> Response:
    """Return one scan with its steps."""
    with platform.database.begin() as session:
        return reply(scans.journey(session, scan_id))
