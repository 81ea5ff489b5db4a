"""Waiting times after failed sign-ins, by user name and by address, so that passwords cannot be tried out."""

from datetime import timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.errors import NotPermittedError
from landwaiter.platform.auth.tables import LoginFailureRow
from landwaiter.platform.store.base import now

FREE = 5
"""Failures without a waiting time."""
_FIRST, _LONGEST = timedelta(seconds=2), timedelta(minutes=15)
_FORGOTTEN = timedelta(hours=1)


class ThrottledError(NotPermittedError):
    """Too many failed sign-ins: wait."""


def check(session: Session, name: str, address: str) -> None:
    """Raise ThrottledError while the name or the address has to wait."""
    until = session.scalar(
        select(func.max(LoginFailureRow.until)).where(LoginFailureRow.subject.in_(_subjects(name, address)))
    )
    if until is not None and until > now():
        seconds = int((until - now()).total_seconds()) + 1
        raise ThrottledError("Too many failed sign-ins.", f"Wait {seconds} s and try again.")


def failed(session: Session, name: str, address: str) -> None:
    """Count a failure of the name and of the address, and set when each may try again."""
    time = now()
    for subject in _subjects(name, address):
        forgotten = LoginFailureRow.last < time - _FORGOTTEN
        count = session.execute(
            insert(LoginFailureRow)
            .values(subject=subject, count=1, until=time, last=time)
            .on_conflict_do_update(
                index_elements=["subject"],
                set_={"count": case((forgotten, 1), else_=LoginFailureRow.count + 1), "last": time},
            )
            .returning(LoginFailureRow.count)
        ).scalar_one()
        if count > FREE:
            row = session.get_one(LoginFailureRow, subject)
            row.until = time + min(_FIRST * 2 ** min(count - FREE - 1, 20), _LONGEST)


def succeeded(session: Session, name: str) -> None:
    """Forget the failures of a name that has signed in. Those of the address stay: it may be trying other names."""
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.subject == f"name {name[:64]}"))


def _subjects(name: str, address: str) -> tuple[str, str]:
    return f"name {name[:64]}", f"address {address}"
