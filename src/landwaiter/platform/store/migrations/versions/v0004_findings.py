"""The first tables: findings, compliance, verdicts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "vulnerabilities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("kev", sa.Boolean(), nullable=False),
        sa.Column("epss", sa.Double(), nullable=True),
        sa.Column("cvss", sa.LargeBinary(), nullable=True),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerabilities")),
    )
    op.create_table(
        "assessments",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("bundle_id", sa.String(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.Column("not_assessed", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("worst", sa.SmallInteger(), nullable=False),
        sa.Column("critical", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("medium", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("negligible", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("kev", sa.Integer(), nullable=False),
        sa.Column("fixable", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("failed_controls", sa.Integer(), nullable=False),
        sa.Column("assessed", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_assessments_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_assessments")),
    )
    op.create_index("ix_assessments_bundle", "assessments", ["bundle_id"], unique=False)
    op.create_index("ix_assessments_worst", "assessments", ["worst", "image_id"], unique=False)
    op.create_table(
        "compliance_results",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("task_definition_arn", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("benchmark", sa.String(), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_compliance_results_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "image_id", "task_definition_arn", "container", "benchmark", "control", name=op.f("pk_compliance_results")
        ),
    )
    op.create_index(
        "ix_compliance_results_control", "compliance_results", ["benchmark", "control", "status"], unique=False
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("vulnerability", sa.String(), nullable=False),
        sa.Column("package_type", sa.String(), nullable=False),
        sa.Column("package_name", sa.String(), nullable=False),
        sa.Column("package_version", sa.String(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("kev", sa.Boolean(), nullable=False),
        sa.Column("epss", sa.Double(), nullable=True),
        sa.Column("cvss", sa.Double(), nullable=True),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_findings_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("image_id", "identity", name=op.f("uq_findings_image_id")),
    )
    op.create_index("ix_findings_fingerprint", "findings", ["fingerprint", "image_id"], unique=False)
    op.create_index("ix_findings_first_seen", "findings", ["first_seen"], unique=False)
    op.create_index("ix_findings_image", "findings", ["image_id", "severity", "vulnerability", "id"], unique=False)
    op.create_index(
        "ix_findings_open_kev", "findings", ["first_seen"], unique=False, postgresql_where="resolved IS NULL AND kev"
    )
    op.create_index(
        "ix_findings_open_package",
        "findings",
        ["package_name", "package_type"],
        unique=False,
        postgresql_where="resolved IS NULL",
    )
    op.create_index(
        "ix_findings_open_severity", "findings", ["severity", "id"], unique=False, postgresql_where="resolved IS NULL"
    )
    op.create_index(
        "ix_findings_open_vulnerability",
        "findings",
        ["vulnerability", "image_id"],
        unique=False,
        postgresql_where="resolved IS NULL",
        postgresql_include=["fixed", "first_seen"],
    )
    op.create_index(
        "ix_findings_resolved", "findings", ["resolved"], unique=False, postgresql_where="resolved IS NOT NULL"
    )
    op.create_table(
        "variants",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("task_definition_arn", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("results", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("failed_controls", sa.Integer(), nullable=False),
        sa.Column("evaluated", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_variants_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", "task_definition_arn", "container", name=op.f("pk_variants")),
    )
