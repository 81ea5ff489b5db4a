"""The first tables: tasks and scans."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "task_definitions",
        sa.Column("arn", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_task_definitions")),
    )
    op.create_table(
        "task_events",
        sa.Column("task_arn", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("task_arn", "version", name=op.f("pk_task_events")),
    )
    op.create_index("ix_task_events_received", "task_events", ["received"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("task_arn", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("cluster_arn", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("task_definition_arn", sa.String(), nullable=False),
        sa.Column("last_status", sa.String(), nullable=False),
        sa.Column("desired_status", sa.String(), nullable=False),
        sa.Column("launch_type", sa.String(), nullable=False),
        sa.Column("platform_version", sa.String(), nullable=False),
        sa.Column("availability_zone", sa.String(), nullable=False),
        sa.Column("architecture", sa.String(), nullable=False),
        sa.Column("enable_execute_command", sa.Boolean(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_reason", sa.String(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("closed_by", sa.String(), server_default="", nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("task_arn", name=op.f("uq_tasks_task_arn")),
    )
    op.create_index("ix_tasks_definition", "tasks", ["task_definition_arn"], unique=False)
    op.create_index("ix_tasks_last_seen", "tasks", ["last_seen", "id"], unique=False)
    op.create_index("ix_tasks_running", "tasks", ["cluster_arn", "id"], unique=False, postgresql_where="running")
    op.create_table(
        "scans",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lease_key", sa.String(), nullable=False),
        sa.Column("image", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("task_arn", sa.String(), nullable=False),
        sa.Column("task_version", sa.BigInteger(), nullable=False),
        sa.Column("build_id", sa.String(), server_default="", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("failure_kind", sa.String(), server_default="", nullable=False),
        sa.Column("failure_what", sa.String(), server_default="", nullable=False),
        sa.Column("failure_remedy", sa.String(), server_default="", nullable=False),
        sa.Column("pulled_layers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pulled_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_scans_image_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
    )
    op.create_index("ix_scans_created", "scans", ["created", "id"], unique=False)
    op.create_index(
        "ix_scans_due",
        "scans",
        ["lease_until"],
        unique=False,
        postgresql_where="state IN ('leased', 'building', 'uploading')",
    )
    op.create_index(op.f("ix_scans_image_id"), "scans", ["image_id"], unique=False)
    op.create_index("ix_scans_key", "scans", ["lease_key", "created"], unique=False)
    op.create_index("ix_scans_stored", "scans", ["created"], unique=False, postgresql_where="state = 'stored'")
    op.create_index(
        "uq_scans_lease",
        "scans",
        ["lease_key"],
        unique=True,
        postgresql_where="state IN ('leased', 'building', 'uploading')",
    )
    op.create_table(
        "containers",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("image", sa.String(), nullable=False),
        sa.Column("image_digest", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("last_status", sa.String(), nullable=False),
        sa.Column("runtime_id", sa.String(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("scan_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_containers_image_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f("fk_containers_scan_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_containers_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "name", name=op.f("pk_containers")),
    )
    op.create_index("ix_containers_image", "containers", ["image_id", "task_id"], unique=False)
    op.create_index(op.f("ix_containers_scan_id"), "containers", ["scan_id"], unique=False)
    op.create_index(
        "ix_containers_unresolved", "containers", ["image_digest"], unique=False, postgresql_where="image_id IS NULL"
    )
    op.create_table(
        "scan_steps",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("scan_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f("fk_scan_steps_scan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_steps")),
        sa.UniqueConstraint("scan_id", "step", "started", name=op.f("uq_scan_steps_scan_id")),
    )
