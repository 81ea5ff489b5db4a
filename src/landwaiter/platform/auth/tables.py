"""Who may do what, from where: tokens, users, sessions, allowed networks; and the audit log of what they did."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, func
from sqlalchemy.dialects.postgresql import CIDR, INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time


class TokenRow(Base):
    """An API token; the secret is kept as SHA-256 only."""

    __tablename__ = "tokens"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    """The visible part, which names the token."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scope: Mapped[str]
    note: Mapped[str]
    account: Mapped[str]
    """AWS account that a sensor token is bound to, "" for any."""
    created: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    expires: Mapped[datetime | None] = mapped_column(Time)
    revoked: Mapped[datetime | None] = mapped_column(Time)
    last_used: Mapped[datetime | None] = mapped_column(Time)
    last_address: Mapped[str | None] = mapped_column(INET)


class NetworkRow(Base):
    """A network that sensor calls are taken from."""

    __tablename__ = "allowed_networks"

    network: Mapped[str] = mapped_column(CIDR, primary_key=True)
    note: Mapped[str]
    added: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class UserRow(Base):
    """A person who signs in to the console; `password` is an argon2id hash."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    role: Mapped[str]
    disabled: Mapped[bool] = mapped_column(server_default="false")
    created: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last_login: Mapped[datetime | None] = mapped_column(Time)


class SessionRow(Base):
    """A signed-in browser; its cookie is kept as SHA-256 only."""

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]
    created: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    expires: Mapped[datetime] = mapped_column(Time)
    """The end of its life, whatever happens."""
    idle_until: Mapped[datetime] = mapped_column(Time)
    """Pushed on by use."""
    address: Mapped[str | None] = mapped_column(INET)


class LoginFailureRow(Base):
    """Failed sign-ins of one user name or one address, for throttling."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    until: Mapped[datetime] = mapped_column(Time)
    """No sign-in is tried before."""
    last: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class AuditRow(Base):
    """Something a person or a token did. Append-only: the database refuses to change or delete a row."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    detail: Mapped[dict[str, str]] = mapped_column(JSONB)
    address: Mapped[str | None] = mapped_column(INET)
