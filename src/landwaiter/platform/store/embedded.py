"""The embedded PostgreSQL: started for a platform that was given no database of its own, stopped with it.

It lives in one folder (`data`), listens on a Unix socket that only the platform's own users can open, and never on the
network. Several processes may use it at once (the server, a command line): each holds a shared lock on the folder, and
the last one to leave stops it. A process that is killed loses its lock with its life, so the next one finds either a
running server, and joins it, or the remains of one, and starts it again; PostgreSQL's own recovery does the rest.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import psycopg

from landwaiter.errors import InputError, UnreachableError
from landwaiter.platform.store.binaries import Identity, command, environment, identity, programs
from landwaiter.platform.store.serverlog import ServerLog, last_error, remedy

_LOG = logging.getLogger(__name__)
_SUPERUSER = "landwaiter"
_LONGEST_SOCKET = 100
"""sun_path holds 108 bytes on Linux and 104 on macOS (unix(7))."""
_START_SECONDS, _STOP_SECONDS, _REMAINS_SECONDS = 60.0, 30.0, 15.0

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}


class EmbeddedServer:
    """One PostgreSQL in a folder. `start` before use, `stop` (or the end of the `with` block) when done."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Take the folder (made if missing) and settings of postgresql.conf on top of our own."""
        self.folder = folder.absolute()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._presence: IO[bytes] | None = None
        self._user: Identity | None = None

    @property
    def data(self) -> Path:
        """The cluster's folder, of mode 0700."""
        return self.folder / "data"

    def start(self) -> None:
        """Start PostgreSQL, or join the one that runs. Raises InputError when the folder or the programs fail us."""
        if os.name != "posix":
            raise InputError("The embedded PostgreSQL needs Linux or macOS.", "Set LANDWAITER_DATABASE_URL.")
        self._user = identity()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._exclusive():
                self._presence = _locked(self.folder / "in-use.lock", fcntl.LOCK_SH)
                if not self._answers():
                    self._initialise()
                    self._launch()
                self._create_database("landwaiter")
        except OSError as error:
            self.stop()
            raise InputError(
                f"The database folder {self.folder} cannot be used: {error.strerror or error}.",
                "Make it writable, free some space, or choose another folder with LANDWAITER_DATA.",
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Leave; when nobody else uses the server, stop it and wait until its data is safely on disk."""
        if self._presence is None:
            return
        with self._exclusive():
            if _upgraded(self._presence):
                self._shut_down()
            self._leave()

    def revive(self) -> None:
        """Start PostgreSQL again if its process has gone (for want of memory, say). Raises as `start` does."""
        if self._presence is None or self._lives():
            return
        with self._exclusive():
            if self._presence is not None and not self._answers():
                _LOG.error("PostgreSQL in %s has gone; it is started again", self.data)
                self._launch()

    def _lives(self) -> bool:
        pid = self._postmaster_pid()
        if pid is None:
            return False
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    def url(self, database: str = "landwaiter") -> str:
        """Return the DSN of one of its databases."""
        return f"postgresql://{_SUPERUSER}@/{database}?host={self._socket()}"

    def _create_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')

    def _socket(self) -> Path:
        if len(os.fsencode(self.folder)) < _LONGEST_SOCKET - len(".s.PGSQL.5432"):
            return self.folder / "socket"
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"landwaiter-{os.geteuid()}-{name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.Error:
            return False
        return True

    def _initialise(self) -> None:
        marker = self.data / "PG_VERSION"
        if marker.exists():
            self._check_version(marker.read_text().strip())
            return
        _LOG.info("making a new database in %s", self.data)
        shutil.rmtree(self.data, ignore_errors=True)
        self._own(self.data)
        arguments = [
            "-D",
            str(self.data),
            "-U",
            _SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        done = subprocess.run(
            command("initdb", arguments, user=self._user, folder=self.data),
            env=environment(), cwd=self.data, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise InputError(f"No database can be made in {self.data}: {last_error(done.stderr)}", remedy(done.stderr))

    def _check_version(self, found: str) -> None:
        done = subprocess.run(
            [str(programs() / "postgres"), "--version"], capture_output=True, text=True, env=environment(), check=True
        )
        if (ours := done.stdout.split()[-1].partition(".")[0]) != found:
            raise InputError(
                f"The database in {self.data} is of PostgreSQL {found}, the installed one is {ours}.",
                "Upgrade it with pg_upgrade, or install the earlier landwaiter again.",
            )

    def _launch(self) -> None:
        """Start PostgreSQL, again while the remains of one whose process was killed are still going away."""
        deadline = time.monotonic() + _REMAINS_SECONDS
        while True:
            try:
                self._launch_once()
            except InputError as error:
                if "pre-existing shared memory" not in error.what or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _launch_once(self) -> None:
        self._own(self._socket())
        options = {**self._settings, "unix_socket_directories": str(self._socket())}
        arguments = ["-D", str(self.data), *(f"--{name}={value}" for name, value in options.items())]
        log = self.folder / "start.log"
        said = ServerLog(log, self.data / "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command("postgres", arguments, user=self._user, folder=self.data),
                env=environment(), cwd=self.data, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._await(process, said)
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)
            raise
        _LOG.info("PostgreSQL runs in %s, process %d", self.data, process.pid)

    def _await(self, process: "subprocess.Popen[bytes]", log: ServerLog) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None:
                text = log.last_words()
                raise InputError(f"The embedded PostgreSQL does not start: {last_error(text)}", remedy(text))
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"The embedded PostgreSQL did not answer within {_START_SECONDS:.0f} s.",
                    f"See {self.data / 'log'}: it may still be recovering.",
                )
            time.sleep(0.02)

    def _shut_down(self) -> None:
        pid = self._postmaster()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)
        shutil.rmtree(self._socket(), ignore_errors=True)

    def _postmaster(self) -> int | None:
        return self._postmaster_pid() if self._lives() and self._answers() else None

    def _postmaster_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if status.st_uid not in {os.geteuid(), self._user.uid if self._user else os.geteuid()}:
            raise InputError(f"{folder} belongs to somebody else.", "Remove it, or choose another data folder.")
        folder.chmod(0o700)
        if self._user is not None:
            os.chown(folder, self._user.uid, self._user.gid)

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        with _locked(self.folder / "starting.lock", fcntl.LOCK_EX):
            yield

    def _leave(self) -> None:
        if self._presence is not None:
            self._presence.close()
            self._presence = None


def _locked(path: Path, kind: int) -> IO[bytes]:
    file = path.open("ab")
    fcntl.flock(file, kind)
    return file


def _upgraded(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
