"""The database: migrated from empty, by several replicas at once, embedded or not, and clear about what is wrong."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from landwaiter.errors import InputError, UnreachableError
from landwaiter.platform.jobs.schema import apply_queue_schema
from landwaiter.platform.store import tables
from landwaiter.platform.store.base import Base
from landwaiter.platform.store.database import Database
from landwaiter.platform.store.embedded import EmbeddedServer
from landwaiter.platform.store.migrate import migrate, revision

QUEUE = ("procrastinate_", "queue_migrations", "alembic_version")


def test_an_empty_database_is_brought_to_exactly_the_tables_of_the_models(empty_url: str) -> None:
    with Database(empty_url, Path()) as database:
        migrate(database.engine)
        assert tables.__all__
        with database.engine.connect() as connection:

            def ours(name: str | None, kind: str, _parents: object) -> bool:
                return not (kind == "table" and name is not None and name.startswith(QUEUE))

            context = MigrationContext.configure(
                connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, Base.metadata) == []
            assert revision(connection)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    with Database(database_url, Path()) as database:
        migrate(database.engine)
        migrate(database.engine)


def test_replicas_that_start_together_migrate_once(empty_url: str) -> None:
    def start(_: int) -> str:
        with Database(empty_url, Path()) as database:
            migrate(database.engine)
            with database.engine.connect() as connection:
                return revision(connection)

    with ThreadPoolExecutor(5) as pool:
        revisions = set(pool.map(start, range(5)))
    assert len(revisions) == 1


def test_a_database_of_a_later_release_is_refused(database_url: str) -> None:
    with Database(database_url, Path()) as database:
        with database.begin() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(InputError, match="9999"):
            migrate(database.engine)


def test_an_older_queue_is_upgraded_by_the_migrations_that_it_lacks(database_url: str) -> None:
    with Database(database_url, Path()) as database, database.engine.connect() as connection:
        query = text("SELECT name FROM queue_migrations ORDER BY name DESC LIMIT 1")
        newest = connection.execute(query).scalar_one()
        connection.execute(text("DELETE FROM queue_migrations WHERE name = :name"), {"name": newest})
        connection.execute(text("DROP FUNCTION procrastinate_retry_job_v2"))
        apply_queue_schema(connection)
        assert connection.execute(query).scalar_one() == newest


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:///x"])
def test_a_dsn_of_another_kind_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Database(url, tmp_path)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    database = Database("postgresql://user:hunter2@127.0.0.1:1/landwaiter", tmp_path)
    with pytest.raises(UnreachableError) as caught:
        database.open()
    assert "LANDWAITER_DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_failing_statement_shows_no_values(database_url: str) -> None:
    with Database(database_url, Path()) as database, pytest.raises(sqlalchemy.exc.DBAPIError) as caught:
        with database.begin() as session:
            session.execute(text("SELECT CAST(:secret AS integer)"), {"secret": "hunter2"})
    assert "hunter2" not in str(caught.value).partition("\n")[2]


def running(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.url(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_embedded_server_is_stopped_by_the_last_one_to_leave(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path / "pg", {"fsync": "off"}), EmbeddedServer(tmp_path / "pg")
    first.start()
    with psycopg.connect(first.url()) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    second.start()
    first.stop()
    assert running(second)
    second.stop()
    assert not running(second)
    second.stop()
    with Database("", tmp_path / "pg") as database, database.begin() as session:
        assert database.embedded
        assert session.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0


def test_another_process_joins_the_server_and_may_die_without_harm(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "pg", {"fsync": "off"})
    server.start()
    script = (
        "import sys, os, pathlib\n"
        "from landwaiter.platform.store.embedded import EmbeddedServer\n"
        "EmbeddedServer(pathlib.Path(sys.argv[1])).start()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "pg")], check=False)
    assert done.returncode == -9
    assert running(server)
    server.stop()
    assert not running(server), "a killed process counts no longer"


def test_a_server_whose_process_was_killed_is_started_again_on_its_data(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "pg")
    server.start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    again = EmbeddedServer(tmp_path / "pg")
    again.start()
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)
    again.stop()


def test_the_embedded_server_listens_on_a_private_socket_only(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedServer(deep, {"fsync": "off"})
    server.start()
    try:
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            (folder,) = connection.execute("SHOW unix_socket_directories").fetchone() or ("",)
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        assert server.data.stat().st_mode & 0o777 == 0o700
        if os.geteuid() == 0:
            assert server.data.stat().st_uid != 0
    finally:
        server.stop()
    assert not Path(folder).exists()


def test_a_data_folder_that_cannot_be_used_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="LANDWAITER_DATA"):
        EmbeddedServer(tmp_path / "file" / "pg").start()


def test_data_of_another_postgresql_is_left_alone(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "pg")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(InputError, match="of PostgreSQL 9"):
        server.start()
    assert (server.data / "PG_VERSION").read_text() == "9\n"


def test_damaged_data_is_told_in_postgresqls_words(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "pg", {"fsync": "off"})
    server.start()
    server.stop()
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(InputError, match="pg_control"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/dev/shm").is_dir(), reason="needs root to make a small file system")
def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        with pytest.raises(InputError) as caught:
            EmbeddedServer(small / "pg").start()
        assert "No space left" in caught.value.what
        assert "Free some space" in caught.value.remedy
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_copy_of_the_data_folder_is_a_backup(tmp_path: Path) -> None:
    with Database("", tmp_path / "first") as database, database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))
    shutil.copytree(tmp_path / "first", tmp_path / "copy", symlinks=True)
    if os.getuid() == 0:
        for path in (tmp_path / "first").rglob("*"):
            status = path.lstat()
            os.chown(
                tmp_path / "copy" / path.relative_to(tmp_path / "first"),
                status.st_uid,
                status.st_gid,
                follow_symlinks=False,
            )
    with Database("", tmp_path / "copy") as database, database.engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM kept")).scalar_one() == 7
