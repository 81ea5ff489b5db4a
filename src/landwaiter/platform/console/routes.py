"""The pages of tasks, vulnerabilities and scans. Each asks the domain services and renders what they say."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.console.access import Console, show
from landwaiter.platform.console.addresses import Cursor, Name, Text
from landwaiter.platform.console.image_routes import query_of
from landwaiter.platform.findings import service as findings
from landwaiter.platform.findings.images import images
from landwaiter.platform.findings.overview import overview
from landwaiter.platform.scans import service as scans
from landwaiter.platform.tasks import service as tasks
from landwaiter.platform.tasks.models import RunningFilters

router = APIRouter(include_in_schema=False)

_FIRST = 5
"""Entries of a list that the overview begins."""


@router.get("/")
def overview_page(request: Request, platform: PlatformHere, console: Console) -> Response:
    """Show the state of the house at a glance."""
    with platform.database.begin() as session:
        page = overview(session, platform)
        failing = images(session, verdict="fail", running_only=True, limit=_FIRST).images
        worst = findings.vulnerabilities(session, running_only=True, limit=_FIRST).vulnerabilities
        first = findings.upgrades(session, _FIRST)
    return show("overview.html", request, console, page=page, failing=failing, worst=worst, first=first)


@router.get("/first")
def first_page(request: Request, platform: PlatformHere, console: Console) -> Response:
    """Show the upgrades that remove the most urgent findings of what runs."""
    with platform.database.begin() as session:
        page = findings.upgrades(session)
    return show("first.html", request, console, page=page)


@router.get("/gaps")
def gaps_page(request: Request, platform: PlatformHere, console: Console) -> Response:
    """Show what is not assessed of what runs, and why."""
    with platform.database.begin() as session:
        page = findings.gaps(session)
    return show("gaps.html", request, console, page=page)


@router.get("/running")
def running_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    text: Text = "",
    image: Text = "",
    cluster: Text = "",
    group: Text = "",
    account: Text = "",
    region: Text = "",
    verdict: Text = "",
    state: Text = "running",
    cursor: Cursor = None,
) -> Response:
    """Show which tasks run, and how their containers stand."""
    filters = RunningFilters(
        account=account.strip(),
        region=region.strip(),
        cluster=cluster.strip(),
        group=group.strip(),
        image=image.strip(),
        verdict=verdict,
        state=state,
        text=text.strip(),
    )
    with platform.database.begin() as session:
        page = tasks.running(session, filters, cursor=cursor)
    return show(
        "running.html", request, console, page=page, filters=filters, query=query_of(msgspec.structs.asdict(filters))
    )


@router.get("/tasks/{arn:path}")
def task_page(request: Request, platform: PlatformHere, console: Console, arn: Name) -> Response:
    """Show one task: its containers, what was reported of it, the scans that answer for its images."""
    with platform.database.begin() as session:
        task = tasks.task(session, arn)
        events = tasks.events(session, arn)
        wanted = [container.scan_id for container in task.containers if container.scan_id]
        found = scans.scans_of(session, wanted)
    return show("task.html", request, console, task=task, events=events, scans=found)


@router.get("/vulnerabilities")
def vulnerabilities_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    text: Text = "",
    severity: Text = "",
    kev: Annotated[bool, Query()] = False,  # noqa: FBT002 - a box of the form
    running: Annotated[bool, Query()] = False,  # noqa: FBT002 - a box of the form
    cursor: Cursor = None,
) -> Response:
    """Show the vulnerabilities that images have, the most severe first."""
    with platform.database.begin() as session:
        page = findings.vulnerabilities(
            session, text=text.strip(), severity=severity, kev=kev, running_only=running, cursor=cursor
        )
    boxes = {"kev": "true" if kev else "", "running": "true" if running else ""}
    chosen = {"text": text, "severity": severity, **boxes}
    return show("vulnerabilities.html", request, console, page=page, chosen=chosen, query=query_of(chosen))


@router.get("/vulnerabilities/{name:path}")
def vulnerability_page(request: Request, platform: PlatformHere, console: Console, name: Name) -> Response:
    """Show one vulnerability: what it is, and where it runs."""
    with platform.database.begin() as session:
        page = findings.vulnerability_page(session, name)
    return show("vulnerability.html", request, console, page=page)


@router.get("/scans")
def scans_page(
    request: Request, platform: PlatformHere, console: Console, state: Text = "", cursor: Cursor = None
) -> Response:
    """Show the scans, newest first."""
    with platform.database.begin() as session:
        page = scans.scans(session, state=state, cursor=cursor)
    chosen = {"state": state}
    return show("scans.html", request, console, page=page, chosen=chosen, query=query_of(chosen))


@router.get("/scans/{scan_id}")
def scan_page(request: Request, platform: PlatformHere, console: Console, scan_id: Name) -> Response:
    """Show the way of one scan, step by step."""
    with platform.database.begin() as session:
        page = scans.journey(session, scan_id)
    return show("scan.html", request, console, page=page)
