"""What runs, and what is urgent, found without reading everything."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column with its trigger, and the indexes."""
    op.add_column("containers", sa.Column("running", sa.Boolean(), server_default="true", nullable=False))
    op.execute("UPDATE containers SET running = false FROM tasks WHERE tasks.id = task_id AND NOT tasks.running")
    op.execute(
        "CREATE FUNCTION containers_follow_task() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN UPDATE containers SET running = NEW.running WHERE task_id = NEW.id; RETURN NULL; END$$"
    )
    op.execute(
        "CREATE TRIGGER containers_follow_task AFTER UPDATE OF running ON tasks FOR EACH ROW "
        "WHEN (OLD.running IS DISTINCT FROM NEW.running) EXECUTE FUNCTION containers_follow_task()"
    )
    op.create_index(
        "ix_containers_running",
        "containers",
        ["image_id", "task_id"],
        unique=False,
        postgresql_where="running",
        postgresql_include=["name"],
    )
    op.create_index("ix_tasks_running_where", "tasks", ["account", "region"], unique=False, postgresql_where="running")
    op.create_index(
        "ix_tasks_running_definition",
        "tasks",
        ["id"],
        unique=False,
        postgresql_where="running",
        postgresql_include=["task_definition_arn"],
    )
    op.create_index(
        "ix_findings_urgent",
        "findings",
        ["package_type", "package_name", "package_version", "vulnerability", "image_id"],
        unique=False,
        postgresql_where="resolved IS NULL AND fixed AND NOT suppressed AND (severity = 0 OR kev)",
        postgresql_include=["severity", "kev", "id"],
    )
    op.create_index("ix_vulnerabilities_severity", "vulnerabilities", ["severity", "id"], unique=False)
