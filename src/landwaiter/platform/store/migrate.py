"""Bring the database to the tables of this release, once, however many replicas start together."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from landwaiter.errors import InputError
from landwaiter.platform.jobs.schema import apply_queue_schema

_LOG = logging.getLogger(__name__)
_LOCK = 0x4C616E6477616974
""""Landwait" in ASCII: the key of the advisory lock that lets one replica migrate while the others wait."""


def migrate(engine: Engine) -> None:
    """Migrate the tables to the head revision. Raises InputError when a later release has been here already."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            _upgrade(connection)
            apply_queue_schema(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def revision(connection: Connection) -> str:
    """Return the revision that the database is at, "" when it is empty."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    found, head = revision(connection), scripts.get_current_head()
    connection.rollback()
    if found == head:
        return
    if found and found not in {script.revision for script in scripts.walk_revisions()}:
        raise InputError(
            f"The database is at revision {found}, which this release does not know.",
            "Start the release that made it, or a later one.",
        )
    _LOG.info("migrating the database from %s to %s", found or "nothing", head)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
