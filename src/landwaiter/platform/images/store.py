"""Taking an image in: its row, names, layers, packages and inventory, once for each digest."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.images.models import Image
from landwaiter.inventory.models import Inventory, Package
from landwaiter.platform.images.packing import pack, unpack
from landwaiter.platform.images.references import repository_of
from landwaiter.platform.images.tables import (
    ImageDigestRow,
    ImageLayerRow,
    ImagePackageRow,
    ImageReferenceRow,
    ImageRow,
    InventoryRow,
    PackageRow,
)
from landwaiter.platform.store.base import text_of
from landwaiter.platform.store.bulk import batches

_BATCH = 2000


def store_image(session: Session, image: Image, inventory: Inventory, *, analyser: str, platform: str) -> int:
    """Store an image under its digest with its inventory, or bring a stored one to this inventory; return its row."""
    image_id = _image(session, image, inventory, {"analyser": analyser, "platform": platform})
    _inventory(session, image_id, inventory)
    _layers(session, image_id, image)
    _packages(session, image_id, inventory.packages)
    return image_id


def name_image(
    session: Session, image_id: int, references: Sequence[str], digests: Sequence[str], platform: str
) -> None:
    """Note the names and digests under which tasks and registries know an image."""
    for reference in sorted({text_of(name) for name in references if name}):
        session.execute(
            insert(ImageReferenceRow)
            .values(image_id=image_id, reference=reference)
            .on_conflict_do_update(index_elements=["image_id", "reference"], set_={"last_seen": func.now()})
        )
    for digest in sorted({name for name in digests if name}):
        session.execute(
            insert(ImageDigestRow)
            .values(digest=digest, platform=platform, image_id=image_id)
            .on_conflict_do_update(index_elements=["digest", "platform"], set_={"image_id": image_id})
        )


def read_inventory(session: Session, image_id: int) -> Inventory:
    """Return the stored inventory of an image."""
    data = session.execute(select(InventoryRow.data).where(InventoryRow.image_id == image_id)).scalar_one()
    return unpack(data, Inventory)


def _image(session: Session, image: Image, inventory: Inventory, made: dict[str, str]) -> int:
    values = {
        "reference": text_of(image.reference),
        "repository": text_of(repository_of(image.reference)),
        **made,
        "packages": len(inventory.packages),
        "size": sum(layer.size for layer in image.layers),
        "complete": inventory.coverage.complete,
        "os": text_of(_os_name(inventory)),
    }
    image_id: int = session.execute(
        insert(ImageRow)
        .values(digest=image.digest, **values)
        .on_conflict_do_update(index_elements=["digest"], set_={**values, "last_seen": func.now()})
        .returning(ImageRow.id)
    ).scalar_one()
    return image_id


def _os_name(inventory: Inventory) -> str:
    if inventory.os is None:
        return ""
    return inventory.os.pretty_name or f"{inventory.os.id} {inventory.os.version_id}".strip()


def _inventory(session: Session, image_id: int, inventory: Inventory) -> None:
    data = pack(inventory)
    session.execute(
        insert(InventoryRow)
        .values(image_id=image_id, data=data)
        .on_conflict_do_update(index_elements=["image_id"], set_={"data": data})
    )


def _layers(session: Session, image_id: int, image: Image) -> None:
    rows = [
        {"image_id": image_id, "position": at, "diff_id": layer.diff_id, "digest": layer.digest, "size": layer.size}
        for at, layer in enumerate(image.layers)
    ]
    if rows:
        session.execute(insert(ImageLayerRow).on_conflict_do_nothing(), rows)


def _packages(session: Session, image_id: int, packages: Sequence[Package]) -> None:
    session.execute(delete(ImagePackageRow).where(ImagePackageRow.image_id == image_id))
    rows = {_key(package): package for package in packages}
    keys = sorted(rows)
    for batch in batches(keys, _BATCH):
        ids = _package_ids(session, batch, rows)
        session.execute(
            insert(ImagePackageRow).on_conflict_do_nothing(),
            [{"package_id": package_id, "image_id": image_id} for package_id in ids],
        )


def _package_ids(
    session: Session, keys: Sequence[tuple[str, ...]], packages: dict[tuple[str, ...], Package]
) -> list[int]:
    columns = (PackageRow.name, PackageRow.type, PackageRow.version, PackageRow.arch)
    known = {
        tuple(row[:4]): row[4]
        for row in session.execute(select(*columns, PackageRow.id).where(tuple_(*columns).in_(keys)))
    }
    new = [key for key in keys if key not in known]
    if new:
        session.execute(insert(PackageRow).on_conflict_do_nothing(), [_row(key, packages[key]) for key in new])
        found = session.execute(select(*columns, PackageRow.id).where(tuple_(*columns).in_(new)))
        known |= {tuple(row[:4]): row[4] for row in found}
    return [known[key] for key in keys]


def _key(package: Package) -> tuple[str, ...]:
    return tuple(text_of(part) for part in (package.name, package.type, package.version, package.arch))


def _row(key: tuple[str, ...], package: Package) -> dict[str, str]:
    name, kind, version, arch = key
    source = package.source.name if package.source else ""
    return {
        "name": name,
        "type": kind,
        "version": version,
        "arch": arch,
        "purl": text_of(package.purl),
        "source_name": text_of(source) if source != package.name else "",
    }
