"""API tokens: `lw_s_<prefix>_<secret>`, where the letter tells the scope and the prefix names the token.

The secret is 32 random bytes, so a plain SHA-256 is enough to keep it: there is nothing to guess. The prefix is public;
the secret is compared in constant time, also when the prefix is unknown.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from landwaiter.errors import InputError, NotPermittedError
from landwaiter.platform.auth.models import SCOPES, Caller, NewToken, Token
from landwaiter.platform.auth.tables import TokenRow
from landwaiter.platform.store.base import now, text_of

_PREFIX_BYTES, _SECRET_BYTES = 5, 32
_NOBODY = hashlib.sha256(b"no token").digest()
_LONGEST = 200
_USE_INTERVAL = timedelta(minutes=1)


def create_token(
    session: Session, scope: str, *, note: str = "", account: str = "", expires: datetime | None = None
) -> NewToken:
    """Make a token of `scope`; a sensor token may be bound to one AWS account (12 digits). Raises InputError."""
    if scope not in SCOPES:
        raise InputError(f"{scope!r} is no scope.", f"Use {', '.join(SCOPES)}.")
    if account and scope != "sensor":
        raise InputError("Only a sensor token is bound to an account.", "Leave the account out.")
    if account and not (account.isascii() and account.isdigit() and len(account) == 12):
        raise InputError(f"{account!r} is no AWS account.", "An account is written with 12 digits.")
    if expires is not None and expires <= now():
        raise InputError("The token would have expired already.", "Choose a time in the future.")
    prefix = secrets.token_hex(_PREFIX_BYTES)
    text = f"lw_{scope[0]}_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = session.execute(
        insert(TokenRow)
        .values(prefix=prefix, digest=_digest(text), scope=scope, note=note, account=account, expires=expires)
        .returning(TokenRow)
    ).scalar_one()
    return NewToken(text, _token(row))


def list_tokens(session: Session) -> tuple[Token, ...]:
    """Return all tokens, newest first."""
    return tuple(_token(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.created.desc())))


def withdraw(session: Session, prefix: str) -> bool:
    """Revoke a token for good; return False when there is none of that prefix that is not revoked."""
    query = update(TokenRow).where(TokenRow.prefix == text_of(prefix), TokenRow.revoked.is_(None))
    return session.execute(query.values(revoked=now()).returning(TokenRow.prefix)).first() is not None


def revoke_token(session: Session, prefix: str) -> None:
    """Revoke a token for good. Raises InputError when there is none of that prefix that is not revoked."""
    if not withdraw(session, prefix):
        raise InputError(f"There is no valid token {prefix!r}.", "List them: landwaiter tokens list.")


def authenticate(session: Session, text: str, scopes: tuple[str, ...], address: str | None) -> Caller:
    """Return who calls with the token `text`. Raises NotPermittedError, which never tells more than it must."""
    row = session.get(TokenRow, _prefix(text))
    valid = hmac.compare_digest(_digest(text), row.digest if row is not None else _NOBODY)
    if row is None or not valid or row.revoked is not None or (row.expires is not None and row.expires <= now()):
        raise NotPermittedError("The token is not valid.", "Make a new one: landwaiter tokens create.")
    if row.scope not in scopes:
        raise ScopeError(f"A token of scope {row.scope} may not do this.", f"It takes one of {' or '.join(scopes)}.")
    _note_use(session, row, address)
    return Caller(name=f"token {row.prefix}", scope=row.scope, address=address or "", account=row.account)


class ScopeError(NotPermittedError):
    """The token is valid, but not for this."""


def _note_use(session: Session, row: TokenRow, address: str | None) -> None:
    """Note the use once a minute, so that five hundred calls a second are no five hundred writes to one row."""
    stale = now() - _USE_INTERVAL
    if row.last_used is not None and row.last_used > stale and str(row.last_address or "") == (address or ""):
        return
    session.execute(
        update(TokenRow)
        .where(TokenRow.prefix == row.prefix)
        .where(
            or_(
                TokenRow.last_used.is_(None),
                TokenRow.last_used <= stale,
                TokenRow.last_address.is_distinct_from(address),
            )
        )
        .values(last_used=now(), last_address=address)
    )


def _prefix(text: str) -> str:
    parts = text.split("_", 3)
    return parts[2] if len(text) <= _LONGEST and len(parts) == 4 and parts[2].isalnum() else ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _token(row: TokenRow) -> Token:
    return Token(
        prefix=row.prefix,
        scope=row.scope,
        note=row.note,
        account=row.account,
        created=row.created,
        expires=row.expires,
        revoked=row.revoked,
        last_used=row.last_used,
        last_address=str(row.last_address) if row.last_address is not None else None,
    )
