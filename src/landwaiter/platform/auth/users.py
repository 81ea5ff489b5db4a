"""People who sign in to the console, with argon2id password hashes (RFC 9106, second recommended option)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.auth.models import ROLES, User
from landwaiter.platform.auth.tables import SessionRow, UserRow

SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 1024
_HASHER = PasswordHasher()


def add_user(session: Session, name: str, password: str, role: str = "viewer") -> User:
    """Add a user. Raises InputError: name taken or unfit, password too short, unknown role."""
    if role not in ROLES:
        raise InputError(f"{role!r} is no role.", f"Use {' or '.join(ROLES)}.")
    if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise InputError(f"{name!r} is no user name.", "Use 1 to 64 printable characters.")
    if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
        raise InputError(f"The user {name!r} exists already.", "Set a new password: landwaiter users password.")
    row = session.execute(
        insert(UserRow).values(name=name, password=hash_password(password), role=role).returning(UserRow)
    ).scalar_one()
    return user_of(row)


def set_password(session: Session, name: str, password: str) -> None:
    """Set a password and end all the user's sessions. Raises InputError."""
    user = _by_name(session, name)
    session.execute(update(UserRow).where(UserRow.id == user.id).values(password=hash_password(password)))
    _end_sessions(session, user.id)


def disable_user(session: Session, name: str, *, disabled: bool = True) -> None:
    """Keep a user out and end their sessions, or let them in again. Raises InputError."""
    user = _by_name(session, name)
    session.execute(update(UserRow).where(UserRow.id == user.id).values(disabled=disabled))
    _end_sessions(session, user.id)


def list_users(session: Session) -> tuple[User, ...]:
    """Return all users by name."""
    return tuple(user_of(row) for row in session.scalars(select(UserRow).order_by(UserRow.name)))


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password. Raises InputError when it is too short or absurdly long."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise InputError("The password is too short.", f"Use at least {SHORTEST_PASSWORD} characters.")
    return _HASHER.hash(password)


def verify_password(session: Session, name: str, password: str) -> UserRow | None:
    """Return the user when the password is theirs and they may come in; an unknown user takes as long to refuse."""
    row = session.scalar(select(UserRow).where(UserRow.name == name))
    try:
        _HASHER.verify(row.password if row is not None else _nobody(), password[:_LONGEST_PASSWORD])
    except (Argon2Error, InvalidHashError):
        return None
    if row is None or row.disabled:
        return None
    if _HASHER.check_needs_rehash(row.password):
        row.password = _HASHER.hash(password)
    return row


def user_of(row: UserRow) -> User:
    """Return the row as it may be shown."""
    return User(row.id, row.name, row.role, row.disabled, row.created, row.last_login)


@cache
def _nobody() -> str:
    """Return a hash that costs as much to verify as a real one."""
    return _HASHER.hash("nobody's password")


def _by_name(session: Session, name: str) -> UserRow:
    row = session.scalar(select(UserRow).where(UserRow.name == name))
    if row is None:
        raise InputError(f"There is no user {name!r}.", "List them: landwaiter users list.")
    return row


def _end_sessions(session: Session, user_id: int) -> None:
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
