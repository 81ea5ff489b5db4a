"""What the platform found, shown as `landwaiter scan` shows it."""

import sys

from rich.console import Console

from landwaiter.errors import InputError
from landwaiter.matching.models import Assessment, BundleInfo
from landwaiter.platform.findings.models import ImagePage
from landwaiter.platform.tasks.models import ContainerView
from landwaiter.reports.models import ScanReport
from landwaiter.reports.table import render
from landwaiter.sandbox.demo_platform import DemoPlatform


def show_result(console: Console, platform: DemoPlatform, container: ContainerView) -> None:
    """Print the findings, the compliance results and the verdict that the platform has for a container."""
    page = platform.find("images", container.digest, ImagePage)
    if page is None:
        raise InputError(f"The platform has no image {container.digest}.", "This is a fault: please report it.")
    console.print()
    sys.stdout.write(render(report_of(page, container.name)))
    sys.stdout.flush()


def report_of(page: ImagePage, container: str) -> ScanReport:
    """Return the page as a report, judged as the container of this name runs it."""
    variant = next((item for item in page.variants if item.container == container), page.variants[0])
    assessment = Assessment(
        bundle=page.image.standing.bundle or BundleInfo("", "", "", 0),
        findings=tuple(tracked.finding for tracked in page.findings),
        not_assessed=page.not_assessed,
    )
    return ScanReport(
        inventory=page.inventory, assessment=assessment, compliance=variant.results, verdict=variant.verdict
    )
