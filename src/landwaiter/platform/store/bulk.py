"""Statements over many values that stay one statement: no limit of parameters, one text for PostgreSQL to prepare."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import InstrumentedAttribute

from landwaiter.platform.store.base import Base

T = TypeVar("T")
AnyColumn = InstrumentedAttribute[Any] | ColumnElement[Any]


def table_of(rows: type[Base]) -> Table:
    """Return the table of a mapped class, for statements that are to pass the mapper by."""
    table = rows.__table__
    assert isinstance(table, Table)  # noqa: S101 - every class of ours is mapped to one table
    return table


def among(column: AnyColumn, values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a text column is one of `values`."""
    return column == any_(literal(list(values), ARRAY(Text)))


def having(column: AnyColumn, ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column of ids is one of `ids`."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def inserting(rows: type[Base], *names: str) -> Insert:
    """Return the statement that inserts rows of these columns, which it takes as one parameter: see `rows_of`.

    PostgreSQL reads the values with the types of the table's own columns.
    """
    table = table_of(rows)
    columns = [table.c[name] for name in names]
    given = func.json_populate_recordset(
        literal_column(f"NULL::{table.name}"), cast(bindparam("rows", type_=Text), JSON)
    ).table_valued(*(column.name for column in columns))
    return insert(table).from_select(list(names), select(*given.c), include_defaults=False)


def rows_of(values: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Return the parameter of a statement that `inserting` made."""
    return {"rows": msgspec.json.encode(values).decode()}


def batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield `values` in runs of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
