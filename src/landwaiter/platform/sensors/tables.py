"""When the sensors of each account and region last called, and which calls were refused."""

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, func
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time


class SensorRow(Base):
    """The Lambda function of one account and region, as its calls show it."""

    __tablename__ = "sensors"
    __table_args__ = (PrimaryKeyConstraint("account", "region"),)

    account: Mapped[str]
    region: Mapped[str]
    token: Mapped[str]
    """The prefix of the token that it called with last."""
    address: Mapped[str | None] = mapped_column(INET)
    first_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last_event: Mapped[datetime | None] = mapped_column(Time)
    """When it last reported a task's change; within some seconds."""
    last_sweep: Mapped[datetime | None] = mapped_column(Time)
    """When it last told all that runs."""


class RefusalRow(Base):
    """Calls from one address that were refused for one reason: "network" or "token"."""

    __tablename__ = "refusals"
    __table_args__ = (PrimaryKeyConstraint("address", "reason"), Index("ix_refusals_last", "last"))

    address: Mapped[str]
    reason: Mapped[str]
    path: Mapped[str]
    times: Mapped[int] = mapped_column(server_default="1")
    first: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last: Mapped[datetime] = mapped_column(Time, server_default=func.now())
