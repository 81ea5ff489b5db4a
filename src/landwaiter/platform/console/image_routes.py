"""The pages of images: the list, one image, its packages."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from landwaiter.errors import InputError
from landwaiter.matching.models import SEVERITIES
from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.console.access import Console, show
from landwaiter.platform.console.addresses import Cursor, Name, Start, Text
from landwaiter.platform.console.image_view import ROWS, FindingFilters, packages_of, view_of
from landwaiter.platform.findings import service as findings
from landwaiter.platform.findings.errors import UnknownImageError
from landwaiter.platform.findings.images import image_page as image_of_digest
from landwaiter.platform.findings.images import images
from landwaiter.platform.scans import service as scans

router = APIRouter(include_in_schema=False)


@router.get("/images")
def images_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    text: Text = "",
    verdict: Text = "",
    running: Annotated[bool, Query()] = False,  # noqa: FBT002 - a box of the form
    cursor: Cursor = None,
) -> Response:
    """Show the images, seen last first."""
    with platform.database.begin() as session:
        page = images(session, text=text.strip(), verdict=verdict, running_only=running, cursor=cursor)
    chosen = {"text": text, "verdict": verdict, "running": "true" if running else ""}
    return show("images.html", request, console, page=page, chosen=chosen, query=query_of(chosen))


@router.get("/images/{digest}")
def image_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    digest: Name,
    text: Text = "",
    severity: Text = "",
    only: Text = "",
    start: Start = 0,
) -> Response:
    """Show one image; where there is only a scan of it yet, show that instead: it tells why nothing is known."""
    if severity and severity not in SEVERITIES:
        raise InputError(f"{severity!r} is no severity.", f"Use one of {', '.join(SEVERITIES)}.")
    filters = FindingFilters(text, severity, only)
    with platform.database.begin() as session:
        try:
            page = image_of_digest(session, digest)
        except UnknownImageError:
            found = scans.scans(session, image=digest, limit=1).scans
            if not found:
                raise
            return RedirectResponse(f"/scans/{found[0].scan_id}", 303)
        resolved = findings.resolved_findings(session, digest) if filters.only == "resolved" else ()
    view = view_of(page, filters, start, resolved)
    query = query_of(msgspec.structs.asdict(filters))
    return show("image.html", request, console, view=view, rows=ROWS, query=query)


@router.get("/images/{digest}/packages")
def packages_page(
    request: Request,
    platform: PlatformHere,
    console: Console,
    digest: Name,
    text: Text = "",
    kind: Text = "",
    start: Start = 0,
) -> Response:
    """Show what is in one image."""
    with platform.database.begin() as session:
        page = image_of_digest(session, digest)
    inventory = page.inventory
    found = packages_of(inventory.packages, text, kind)
    chosen = {"text": text, "kind": kind}
    return show(
        "packages.html",
        request,
        console,
        page=page,
        kinds=sorted({package.type for package in inventory.packages}),
        packages=found[start : start + ROWS],
        found=len(found),
        start=start,
        rows=ROWS,
        chosen=chosen,
        query=query_of(chosen),
    )


def query_of(chosen: dict[str, str]) -> str:
    """Write what a form chose as the beginning of a query, to which a link adds its own; "" where nothing is chosen."""
    return "".join(f"{pair}&" for pair in (urlencode({name: value}) for name, value in chosen.items() if value))
