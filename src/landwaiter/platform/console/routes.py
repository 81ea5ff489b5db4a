"""The pages. Each asks one domain service and renders what it says."""

from collections import Counter
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.console.access import Console, show
from landwaiter.platform.findings import service as findings
from landwaiter.platform.findings.images import image_page as image_of_digest
from landwaiter.platform.findings.images import images
from landwaiter.platform.findings.models import ImagePage
from landwaiter.platform.findings.overview import overview
from landwaiter.platform.scans import service as scans
from landwaiter.platform.tasks import service as tasks
from landwaiter.platform.tasks.models import RunningFilters

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query(max_length=512)]
Cursor = Annotated[str | None, Query(max_length=512)]


@router.get("/")
def overview_page(request: Request, platform: PlatformHere, console: Console) -> Response:
    """Show the state of the house at a glance."""
    with platform.database.begin() as session:
        page = overview(session, platform.bundles)
    return show("overview.html", request, console, page=page)


@router.get("/running")
def running_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    image: Text = "",
    cluster: Text = "",
    verdict: Text = "",
    state: Text = "running",
    cursor: Cursor = None,
) -> Response:
    """Show which tasks run, and how their containers stand."""
    filters = RunningFilters(image=image, cluster=cluster, verdict=verdict, state=state)
    with platform.database.begin() as session:
        page = tasks.running(session, filters, cursor=cursor)
    chosen = {name: value for name, value in msgspec.structs.asdict(filters).items() if value}
    return show("running.html", request, console, page=page, filters=filters, query=urlencode(chosen) + "&")


@router.get("/images")
def images_page(request: Request, platform: PlatformHere, console: Console, cursor: Cursor = None) -> Response:
    """Show the images, seen last first."""
    with platform.database.begin() as session:
        page = images(session, cursor=cursor)
    return show("images.html", request, console, page=page)


@router.get("/images/{digest}")
def image_page(request: Request, platform: PlatformHere, console: Console, digest: str) -> Response:
    """Show one image: findings, compliance, layers, where it runs."""
    with platform.database.begin() as session:
        page = image_of_digest(session, digest)
    return show(
        "image.html",
        request,
        console,
        page=page,
        layer_packages=_packages_by_layer(page),
        layer_findings=_findings_by_layer(page),
    )


@router.get("/vulnerabilities")
def vulnerabilities_page(request: Request, platform: PlatformHere, console: Console, cursor: Cursor = None) -> Response:
    """Show the vulnerabilities that images have, the most severe first."""
    with platform.database.begin() as session:
        page = findings.vulnerabilities(session, cursor=cursor)
    return show("vulnerabilities.html", request, console, page=page)


@router.get("/vulnerabilities/{name}")
def vulnerability_page(request: Request, platform: PlatformHere, console: Console, name: str) -> Response:
    """Show one vulnerability: what it is, and where it runs."""
    with platform.database.begin() as session:
        page = findings.vulnerability_page(session, name)
    return show("vulnerability.html", request, console, page=page)


@router.get("/scans")
def scans_page(request: Request, platform: PlatformHere, console: Console, cursor: Cursor = None) -> Response:
    """Show the scans, newest first."""
    with platform.database.begin() as session:
        page = scans.scans(session, cursor=cursor)
    return show("scans.html", request, console, page=page)


@router.get("/scans/{scan_id}")
def scan_page(request: Request, platform: PlatformHere, console: Console, scan_id: str) -> Response:
    """Show the way of one scan, step by step."""
    with platform.database.begin() as session:
        page = scans.journey(session, scan_id)
    return show("scan.html", request, console, page=page)


def _packages_by_layer(page: ImagePage) -> Counter[int]:
    return Counter(package.locations[0].layer for package in page.inventory.packages if package.locations)


def _findings_by_layer(page: ImagePage) -> Counter[int]:
    return Counter(
        tracked.finding.package.locations[0].layer for tracked in page.findings if tracked.finding.package.locations
    )
