"""The database: one engine, and transactions on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import sqlalchemy
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from landwaiter.errors import InputError, UnreachableError
from landwaiter.platform.store.embedded import EmbeddedServer

T = TypeVar("T")
POOL, OVERFLOW = 16, 24
ATTEMPTS = 4


class Database:
    """The platform's PostgreSQL: an external one (`url`), or the embedded one in `folder`.

    Use as a context manager, or call `open` and `close`.
    """

    def __init__(self, url: str, folder: Path) -> None:
        """Take the DSN ("" for the embedded server) and the embedded server's folder. Raises InputError: a bad DSN."""
        self._embedded = None if url else EmbeddedServer(folder)
        self._url = _driver_url(url) if url else ""
        self._engine: Engine | None = None

    @property
    def embedded(self) -> bool:
        """Whether the server is our own."""
        return self._embedded is not None

    @property
    def engine(self) -> Engine:
        """The engine of an open database."""
        if self._engine is None:
            raise RuntimeError("the database is not open")
        return self._engine

    @property
    def dsn(self) -> str:
        """The connection string in libpq's form. It may hold a password: not for logs."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def open(self) -> Self:
        """Start the embedded server if need be, and connect. Raises InputError or UnreachableError."""
        try:
            if self._embedded is not None:
                self._embedded.start()
                self._url = _driver_url(self._embedded.url())
            self._engine = self._connect()
            with self._engine.connect() as connection:
                _check_version(connection)
        except OperationalError as error:
            self.close()
            raise _unreachable(error) from error
        except BaseException:
            self.close()
            raise
        return self

    def _connect(self) -> Engine:
        return sqlalchemy.create_engine(
            self._url,
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_pre_ping=self._embedded is None,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "application_name": "landwaiter"},
        )

    def close(self) -> None:
        """Give back all connections, and stop the embedded server unless another process uses it."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._embedded is not None:
            self._embedded.stop()

    def revive(self) -> None:
        """Start the embedded server again where its process has gone. Raises InputError or UnreachableError."""
        if self._embedded is not None:
            self._embedded.revive()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session in one transaction: committed at the end of the block, rolled back on an exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def retry(self, work: Callable[[Session], T]) -> T:
        """Do `work` in one transaction, again where PostgreSQL broke a deadlock at our expense; return its result."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.begin() as session:
                    return work(session)
            except OperationalError as error:
                if attempt == ATTEMPTS or not isinstance(error.orig, DeadlockDetected | SerializationFailure):
                    raise
        raise AssertionError("not reached")


def _driver_url(url: str) -> str:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("LANDWAITER_DATABASE_URL is not a database URL.", _FORM) from None
    if parsed.drivername.partition("+")[0] not in {"postgresql", "postgres"}:
        raise InputError(f"The platform needs PostgreSQL, not {parsed.drivername}.", _FORM)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


_FORM = "Write it as postgresql://user:password@host:5432/database?sslmode=verify-full."


def _unreachable(error: OperationalError) -> UnreachableError:
    lines = str(error.orig).strip().splitlines()
    return UnreachableError(
        f"The database does not answer: {lines[0] if lines else error.orig}.",
        "See that PostgreSQL runs and that LANDWAITER_DATABASE_URL names it, its user and its password.",
    )


def _check_version(connection: Connection) -> None:
    version = connection.dialect.server_version_info or (0,)
    if version < (14,):
        raise InputError(f"PostgreSQL {version[0]} is too old.", "The platform needs PostgreSQL 14 or later.")
