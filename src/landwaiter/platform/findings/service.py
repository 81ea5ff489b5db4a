"""The questions that the console, the API and the command line ask about images and what is wrong with them."""

from landwaiter.platform.findings.gaps import gaps
from landwaiter.platform.findings.images import (
    image_head,
    image_of,
    image_page,
    images,
    package_uses,
    resolved_findings,
    variants_of,
)
from landwaiter.platform.findings.overview import overview
from landwaiter.platform.findings.upgrades import upgrades
from landwaiter.platform.findings.vulnerabilities import (
    findings_of_image,
    places_of,
    vulnerabilities,
    vulnerability_page,
)

__all__ = [
    "findings_of_image",
    "gaps",
    "image_head",
    "image_of",
    "image_page",
    "images",
    "overview",
    "package_uses",
    "places_of",
    "resolved_findings",
    "upgrades",
    "variants_of",
    "vulnerabilities",
    "vulnerability_page",
]
