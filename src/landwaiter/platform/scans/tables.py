"""Scans: who has the lease to build, how far it is, and its journal of steps."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time

ACTIVE = ("leased", "building", "uploading")
"""States in which a scan holds its lease."""
HOLDS_LEASE = "state IN ('leased', 'building', 'uploading')"
"""The same in SQL, as the predicate of the unique index."""
STATES = (*ACTIVE, "stored", "assessed", "failed")


class ScanRow(Base):
    """One attempt to scan one image. At most one attempt for a lease key is active: the database sees to that."""

    __tablename__ = "scans"
    __table_args__ = (
        Index(
            "uq_scans_lease",
            "lease_key",
            unique=True,
            postgresql_where=HOLDS_LEASE,
        ),
        Index("ix_scans_key", "lease_key", "created"),
        Index("ix_scans_created", "created", "id"),
        Index("ix_scans_due", "lease_until", postgresql_where=HOLDS_LEASE),
        Index("ix_scans_stored", "created", postgresql_where="state = 'stored'"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    lease_key: Mapped[str]
    """Digest, or reference where no digest is known, and platform."""
    image: Mapped[str]
    digest: Mapped[str]
    """As the event told it; "" until the document tells."""
    platform: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(Integer)
    account: Mapped[str]
    region: Mapped[str]
    task_arn: Mapped[str]
    """The task, and the version of its state, whose report got the lease."""
    task_version: Mapped[int] = mapped_column(BigInteger)
    build_id: Mapped[str] = mapped_column(server_default="")
    lease_until: Mapped[datetime] = mapped_column(Time)
    image_id: Mapped[int | None] = mapped_column(ForeignKey("images.id", ondelete="SET NULL"), index=True)
    failure_kind: Mapped[str] = mapped_column(server_default="")
    failure_what: Mapped[str] = mapped_column(server_default="")
    failure_remedy: Mapped[str] = mapped_column(server_default="")
    pulled_layers: Mapped[int] = mapped_column(server_default="0")
    pulled_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    updated: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    finished: Mapped[datetime | None] = mapped_column(Time)


class ScanStepRow(Base):
    """One named step of a scan's journey; `origin` is "job" or "platform"."""

    __tablename__ = "scan_steps"
    __table_args__ = (UniqueConstraint("scan_id", "step", "started"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    scan_id: Mapped[str] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"))
    step: Mapped[str]
    started: Mapped[datetime] = mapped_column(Time)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    detail: Mapped[str]
    ok: Mapped[bool]
    origin: Mapped[str]
