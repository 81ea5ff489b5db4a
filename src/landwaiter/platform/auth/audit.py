"""The audit log: who did what, when, from where. Rows are only ever added."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from landwaiter.platform.auth.models import AuditEntry
from landwaiter.platform.auth.tables import AuditRow


def record(
    session: Session, actor: str, action: str, target: str, *, address: str | None = None, **detail: str
) -> None:
    """Add a line in the same transaction as what it tells of. No secret belongs in `detail`."""
    session.execute(
        insert(AuditRow).values(actor=actor, action=action, target=target, detail=detail, address=address or None)
    )


def read(session: Session, *, before: int | None = None, limit: int = 100) -> tuple[AuditEntry, ...]:
    """Return the newest lines, or those before the row `before`."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.id < before)
    return tuple(
        AuditEntry(row.at, row.actor, row.action, row.target, row.detail, str(row.address) if row.address else None)
        for row in session.scalars(query)
    )
