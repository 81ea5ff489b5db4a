"""What runs, counted as it changes: pages over a million findings need not count it again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CHANGED = """
    INSERT INTO running_uses AS uses (image_id, task_definition_arn, container, containers)
    SELECT coalesce(image_id, 0) AS image, task_definition_arn, name, sum(change) FROM ({changes}) AS changes
    GROUP BY 1, 2, 3 HAVING sum(change) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (image_id, task_definition_arn, container)
    DO UPDATE SET containers = uses.containers + excluded.containers;"""
_CAME = "SELECT image_id, task_definition_arn, name, 1 AS change FROM came WHERE running"
_WENT = "SELECT image_id, task_definition_arn, name, -1 AS change FROM went WHERE running"
_EVENTS = {
    "INSERT": ("NEW TABLE AS came", _CAME),
    "UPDATE": ("OLD TABLE AS went NEW TABLE AS came", f"{_CAME} UNION ALL {_WENT}"),
    "DELETE": ("OLD TABLE AS went", _WENT),
}


def upgrade() -> None:
    """Add the table of counts and the triggers that keep it; let containers follow their tasks all at once."""
    op.add_column("containers", sa.Column("task_definition_arn", sa.String(), server_default="", nullable=False))
    op.execute(
        "UPDATE containers SET task_definition_arn = tasks.task_definition_arn FROM tasks WHERE tasks.id = task_id"
    )
    op.create_table(
        "running_uses",
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_definition_arn", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("containers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "task_definition_arn", "container", name=op.f("pk_running_uses")),
    )
    op.execute("ALTER TABLE running_uses SET (fillfactor = 70)")
    op.execute(
        "INSERT INTO running_uses SELECT coalesce(image_id, 0), task_definition_arn, name, count(*) "
        "FROM containers WHERE running GROUP BY 1, 2, 3"
    )
    for event, (tables, changes) in _EVENTS.items():
        name = f"count_running_{event.lower()}"
        body = _CHANGED.format(changes=changes)
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} RETURN NULL; END$$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON containers REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    _follow_at_once()
    op.create_index("ix_tasks_stopped", "tasks", ["last_seen"], unique=False, postgresql_where="NOT running")


def _follow_at_once() -> None:
    op.execute("DROP TRIGGER containers_follow_task ON tasks")
    op.execute(
        "CREATE OR REPLACE FUNCTION containers_follow_task() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN UPDATE containers SET running = came.running FROM came JOIN went USING (id) "
        "WHERE came.running <> went.running AND containers.task_id = came.id; RETURN NULL; END$$"
    )
    op.execute(
        "CREATE TRIGGER containers_follow_task AFTER UPDATE ON tasks REFERENCING OLD TABLE AS went NEW TABLE AS came "
        "FOR EACH STATEMENT EXECUTE FUNCTION containers_follow_task()"
    )
