"""Findings that came back, verdicts on stale data, who calls."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and make the tables."""
    op.add_column("findings", sa.Column("reopened", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assessments", sa.Column("stale", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "sensors",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_event", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sweep", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "region", name=op.f("pk_sensors")),
    )
    op.create_table(
        "refusals",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("first", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("address", "reason", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_last", "refusals", ["last"], unique=False)
