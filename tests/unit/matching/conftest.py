"""Inventories and bundles for the tests of matching: only what a test speaks of is given."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import Bundle, open_bundle
from landwaiter.images.models import ImageConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import (
    Coverage,
    ImageSummary,
    Inventory,
    LayerSummary,
    Location,
    Note,
    OsRelease,
    Package,
    SourcePackage,
)

DIGEST = "sha256:" + "d" * 64
LAYERS = tuple(LayerSummary(n, f"sha256:{n:064d}", f"sha256:{n:064d}", 100, f"COPY {n}") for n in range(3))


def a_package(kind: str, name: str, version: str, source: str = "", source_version: str = "", **fields: Any) -> Package:
    fields.setdefault("locations", (Location(f"somewhere/{name}-{version}", 1),))
    built_from = SourcePackage(source, source_version or version) if source else None
    return Package(kind, name, version, f"pkg:{kind}/{name}@{version}", built_from, **fields)


def an_inventory(
    *packages: Package, os: OsRelease | None = None, notes: tuple[Note, ...] = (), **image: Any
) -> Inventory:
    image = {"reference": "registry.example/app:1", "digest": DIGEST} | image
    summary = ImageSummary(platform=Platform(), layers=LAYERS, config=ImageConfig(), **image)
    return Inventory(summary, os, packages, Coverage(not notes, notes))


def a_record(identifier: str, ecosystem: str, name: str, fixed: str | None = None, **fields: Any) -> dict[str, Any]:
    events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": identifier, "modified": "2024-03-01T00:00:00Z", "affected": [affected]} | fields


@pytest.fixture
def package() -> Callable[..., Package]:
    return a_package


@pytest.fixture
def inventory() -> Callable[..., Inventory]:
    return an_inventory


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    return a_record


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Callable[..., Bundle]]:
    """Build a bundle of OSV records (put in the zip of their first package's ecosystem) and of other files by path."""
    with ExitStack() as opened:

        def make(*records: dict[str, Any], files: dict[str, Any] | None = None, name: str = "feeds") -> Bundle:
            folder = tmp_path / name
            folder.mkdir()
            by_ecosystem: dict[str, list[dict[str, Any]]] = {}
            for item in records:
                ecosystem = item["affected"][0]["package"]["ecosystem"].partition(":")[0]
                by_ecosystem.setdefault(ecosystem, []).append(item)
            for ecosystem, items in by_ecosystem.items():
                path = folder / "osv" / ecosystem / "all.zip"
                path.parent.mkdir(parents=True)
                with zipfile.ZipFile(path, "w") as archive:
                    for item in items:
                        archive.writestr(f"{item['id']}.json", json.dumps(item))
            for where, content in (files or {}).items():
                path = folder / where
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content if isinstance(content, str) else json.dumps(content))
            out = tmp_path / f"{name}.bundle"
            build_bundle(folder, out)
            return opened.enter_context(open_bundle(out))

        yield make
