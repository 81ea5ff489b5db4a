"""The queue's own tables: procrastinate ships them as SQL, first as a whole, later as migrations."""

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

_MADE = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"
_JOURNAL = "CREATE TABLE IF NOT EXISTS queue_migrations (name text PRIMARY KEY, applied timestamptz DEFAULT now())"


def apply_queue_schema(connection: Connection) -> None:
    """Make or upgrade the queue's tables in the connection's transaction."""
    migrations = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    made = connection.execute(text(_MADE)).scalar_one()
    connection.execute(text(_JOURNAL))
    if not made:
        _run(connection, SchemaManager.get_schema())
        _note(connection, [path.name for path in migrations])
        return
    applied = set(connection.scalars(text("SELECT name FROM queue_migrations")))
    for path in migrations:
        if path.name not in applied:
            _run(connection, path.read_text(encoding="utf-8"))
            _note(connection, [path.name])


def _run(connection: Connection, script: str) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute(script)


def _note(connection: Connection, names: list[str]) -> None:
    rows = [{"name": name} for name in names]
    connection.execute(text("INSERT INTO queue_migrations (name) VALUES (:name)"), rows)
