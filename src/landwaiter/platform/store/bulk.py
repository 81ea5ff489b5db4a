"""Statements over many values that stay one statement: no limit of parameters, one text for PostgreSQL to prepare."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Table, Text, any_, literal
from sqlalchemy.orm import InstrumentedAttribute

from landwaiter.platform.store.base import Base

T = TypeVar("T")


def table_of(rows: type[Base]) -> Table:
    """Return the table of a mapped class, for statements that are to pass the mapper by."""
    table = rows.__table__
    assert isinstance(table, Table)  # noqa: S101 - every class of ours is mapped to one table
    return table


def among(column: InstrumentedAttribute[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a text column is one of `values`."""
    return column == any_(literal(list(values), ARRAY(Text)))


def batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield `values` in runs of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
