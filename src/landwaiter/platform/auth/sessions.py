"""Console sessions: a random cookie kept as SHA-256, an idle and an absolute end, a CSRF token of its own."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from landwaiter.errors import NotPermittedError
from landwaiter.platform.auth import audit, throttle
from landwaiter.platform.auth.models import ConsoleSession, SignedIn
from landwaiter.platform.auth.tables import SessionRow, UserRow
from landwaiter.platform.auth.users import user_of, verify_password
from landwaiter.platform.store.base import now

SECURE_COOKIE = "__Host-landwaiter"
"""Name of the cookie over HTTPS: the browser then insists on Secure, on path / and on no other host (RFC 6265bis)."""
PLAIN_COOKIE = "landwaiter"
"""Name on a loopback address without TLS."""

_RENEWAL = timedelta(minutes=1)


def sign_in(
    session: Session, name: str, password: str, *, address: str, hours: int = 12, idle_minutes: int = 60
) -> SignedIn | None:
    """Check name and password; return the new session, or None when they are wrong.

    Raises NotPermittedError while the name or the address has to wait after failures. A refusal is written down, so
    the caller must commit the transaction in either case.
    """
    throttle.check(session, name, address)
    row = verify_password(session, name, password)
    if row is None:
        throttle.failed(session, name, address)
        audit.record(session, name[:64], "sign-in refused", "console", address=address)
        return None
    throttle.succeeded(session, name)
    cookie, time = secrets.token_urlsafe(32), now()
    expires = time + timedelta(hours=hours)
    session.execute(
        insert(SessionRow).values(
            digest=_digest(cookie), user_id=row.id, csrf=secrets.token_urlsafe(32), expires=expires,
            idle_until=time + timedelta(minutes=idle_minutes), address=address or None,
        )
    )  # fmt: skip
    row.last_login = time
    audit.record(session, row.name, "signed in", "console", address=address)
    return SignedIn(cookie, user_of(row), expires)


def session_of(session: Session, cookie: str, *, idle_minutes: int = 60) -> ConsoleSession | None:
    """Return the session of a cookie, or None when it has ended."""
    time = now()
    found = session.execute(
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.digest == _digest(cookie), SessionRow.expires > time, SessionRow.idle_until > time)
        .where(~UserRow.disabled)
    ).first()
    if found is None:
        return None
    row, user = found
    until = time + timedelta(minutes=idle_minutes)
    if until - row.idle_until > _RENEWAL:
        session.execute(update(SessionRow).where(SessionRow.digest == row.digest).values(idle_until=until))
    return ConsoleSession(user_of(user), row.csrf)


def sign_out(session: Session, cookie: str) -> None:
    """End a session."""
    session.execute(delete(SessionRow).where(SessionRow.digest == _digest(cookie)))


def check_csrf(console: ConsoleSession, given: str) -> None:
    """Raise NotPermittedError unless a form carries the session's token."""
    if not hmac.compare_digest(console.csrf.encode(), given.encode("utf-8", "surrogatepass")):
        raise NotPermittedError("The form is not from this session.", "Load the page again and repeat.")


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()
