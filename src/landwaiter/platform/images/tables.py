"""What the platform keeps of images: the image, its names, its layers' facts, its packages and its inventory."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time


class ImageRow(Base):
    """One platform-specific image, by the digest of its manifest."""

    __tablename__ = "images"
    __table_args__ = (Index("ix_images_repository", "repository"), Index("ix_images_last_seen", "last_seen", "id"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    reference: Mapped[str]
    """As it was named last; every name is in `image_references`."""
    repository: Mapped[str]
    """The reference without tag and digest: the lineage of the image."""
    platform: Mapped[str]
    analyser: Mapped[str]
    """Version of the analyser that the inventory was made with."""
    packages: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all layers as they are stored."""
    complete: Mapped[bool]
    """Whether the inventory's coverage is complete."""
    os: Mapped[str]
    first_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class InventoryRow(Base):
    """The coalesced inventory of an image: zstd of the JSON of `inventory.models.Inventory`."""

    __tablename__ = "inventories"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImageDigestRow(Base):
    """A digest by which tasks name the image: its manifest's, or that of an index it was chosen from."""

    __tablename__ = "image_digests"
    __table_args__ = (PrimaryKeyConstraint("digest", "platform"),)

    digest: Mapped[str]
    platform: Mapped[str]
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)


class ImageReferenceRow(Base):
    """A name (tag or digest reference) under which the image was seen. A name is a label: it may move."""

    __tablename__ = "image_references"
    __table_args__ = (
        PrimaryKeyConstraint("image_id", "reference"),
        Index("ix_image_references_reference", "reference", "last_seen"),
    )

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    reference: Mapped[str]
    first_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class LayerRow(Base):
    """The facts of one layer: zstd of the JSON of `inventory.models.LayerFacts`. Content-addressed, never changed."""

    __tablename__ = "layers"
    __table_args__ = (
        PrimaryKeyConstraint("diff_id", "analyser"),
        Index("ix_layers_unreferenced", "added", postgresql_where="NOT referenced"),
    )

    diff_id: Mapped[str]
    analyser: Mapped[str]
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    referenced: Mapped[bool] = mapped_column(server_default="false")
    """Whether a stored image has this layer; facts that no document ever claimed are cleaned up."""
    added: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class ImageLayerRow(Base):
    """A layer of an image, lowest first (0)."""

    __tablename__ = "image_layers"
    __table_args__ = (PrimaryKeyConstraint("image_id", "position"),)

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    position: Mapped[int]
    diff_id: Mapped[str] = mapped_column(index=True)
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)


class PackageRow(Base):
    """A package of any image."""

    __tablename__ = "packages"
    __table_args__ = (
        UniqueConstraint("name", "type", "version", "arch"),
        Index("ix_packages_source", "source_name", "type"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[str]
    name: Mapped[str]
    version: Mapped[str]
    arch: Mapped[str]
    purl: Mapped[str]
    source_name: Mapped[str]
    """Source package, "" where it equals the package."""


class ImagePackageRow(Base):
    """A package in an image."""

    __tablename__ = "image_packages"
    __table_args__ = (PrimaryKeyConstraint("package_id", "image_id"),)

    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)
