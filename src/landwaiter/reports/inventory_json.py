"""The JSON of `landwaiter inventory`: image, os, packages, coverage. It needs no advisories, so it starts quickly."""

import msgspec

from landwaiter.compliance.redaction import redacted, redacted_assignment
from landwaiter.images.models import ContainerConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import ImageSummary, Inventory, LayerSummary, Note, OsRelease, Package
from landwaiter.reports.escape import shortened
from landwaiter.reports.json_text import json_text

_LONGEST = 10_000
"""Characters of a setting or of a line of the history."""


class ConfigDocument(msgspec.Struct, frozen=True):
    """How a container is started from the image; values that look like secrets are redacted."""

    user: str
    env: tuple[str, ...]
    labels: dict[str, str]
    exposed_ports: tuple[str, ...]


class ImageDocument(msgspec.Struct, frozen=True):
    """The image: its names, platform, layers (lowest first) and settings."""

    reference: str
    digest: str
    index_digest: str | None
    platform: Platform
    created: str | None
    config: ConfigDocument
    layers: tuple[LayerSummary, ...]


class InventoryCoverage(msgspec.Struct, frozen=True):
    """What was understood, and what was not; `not_assessed` is empty, as nothing was matched."""

    complete: bool
    notes: tuple[Note, ...]
    package_types: dict[str, int]
    not_assessed: tuple[()] = ()


class InventoryDocument(msgspec.Struct, frozen=True):
    """The object of `landwaiter inventory`."""

    image: ImageDocument
    os: OsRelease | None
    packages: tuple[Package, ...]
    coverage: InventoryCoverage


def render_inventory(inventory: Inventory) -> str:
    """Return the inventory as indented JSON."""
    coverage = inventory.coverage
    return json_text(
        InventoryDocument(
            image_document(inventory.image),
            inventory.os,
            inventory.packages,
            InventoryCoverage(coverage.complete, coverage.notes, coverage.package_types),
        )
    )


def image_document(image: ImageSummary) -> ImageDocument:
    """Return the image as the contract shows it, without secrets of its environment, labels and history."""
    config = image.config.config or ContainerConfig()
    return ImageDocument(
        reference=image.reference,
        digest=image.digest,
        index_digest=image.index_digest,
        platform=image.platform,
        created=image.config.created,
        config=ConfigDocument(
            user=config.user or "",
            env=tuple(_assignment(variable) for variable in config.env or ()),
            labels={name: _value(name, value) for name, value in (config.labels or {}).items()},
            exposed_ports=tuple(sorted(config.exposed_ports or {})),
        ),
        layers=tuple(
            msgspec.structs.replace(layer, created_by=redacted(shortened(layer.created_by, _LONGEST)))
            for layer in image.layers
        ),
    )


def _assignment(variable: str) -> str:
    name, sign, value = variable.partition("=")
    return redacted_assignment(name, shortened(value, _LONGEST)) if sign else variable


def _value(name: str, value: str) -> str:
    return redacted_assignment(name, shortened(value, _LONGEST)).removeprefix(f"{name}=")
