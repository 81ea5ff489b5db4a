"""The base that the tables of every domain share: naming of constraints, UTC times, text that PostgreSQL can hold."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Time = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Every table's base class."""

    metadata = MetaData(naming_convention=NAMING)


def now() -> datetime:
    """Return the present time, in UTC."""
    return datetime.now(UTC)


def text_of(value: str) -> str:
    """Return `value` as PostgreSQL can hold it: the NUL character, which no text column takes, is written out."""
    return value.replace("\x00", "\\0")
