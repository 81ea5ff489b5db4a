"""The JSON of `landwaiter inventory --format json`: one object with image, os, packages and coverage."""

import re

import msgspec

from landwaiter.inventory.models import Coverage, ImageSummary, Inventory, OsRelease, Package

_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
"""Characters that steer a terminal or reorder its text; within JSON they occur in strings only."""


class InventoryDocument(msgspec.Struct, frozen=True):
    """The document's fields, in order. Absent values are null or empty, never left out."""

    image: ImageSummary
    os: OsRelease | None
    packages: tuple[Package, ...]
    coverage: Coverage


def inventory_document(inventory: Inventory) -> InventoryDocument:
    """Return what the document holds of `inventory`; compliance evidence is not part of it."""
    return InventoryDocument(inventory.image, inventory.os, inventory.packages, inventory.coverage)


def inventory_json(inventory: Inventory, *, indent: int = 2) -> str:
    """Return the document as JSON text; names and paths of the image cannot steer a terminal that shows it."""
    text = msgspec.json.format(msgspec.json.encode(inventory_document(inventory)), indent=indent).decode()
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
