"""The first tables: images, layers, packages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "images",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("analyser", sa.String(), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("os", sa.String(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("digest", name=op.f("uq_images_digest")),
    )
    op.create_index("ix_images_last_seen", "images", ["last_seen", "id"], unique=False)
    op.create_index("ix_images_repository", "images", ["repository"], unique=False)
    op.create_table(
        "layers",
        sa.Column("diff_id", sa.String(), nullable=False),
        sa.Column("analyser", sa.String(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("referenced", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("diff_id", "analyser", name=op.f("pk_layers")),
    )
    op.create_index("ix_layers_unreferenced", "layers", ["added"], unique=False, postgresql_where="NOT referenced")
    op.create_table(
        "packages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("arch", sa.String(), nullable=False),
        sa.Column("purl", sa.String(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packages")),
        sa.UniqueConstraint("name", "type", "version", "arch", name=op.f("uq_packages_name")),
    )
    op.create_index("ix_packages_source", "packages", ["source_name", "type"], unique=False)
    op.create_table(
        "image_digests",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_digests_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", "platform", name=op.f("pk_image_digests")),
    )
    op.create_index(op.f("ix_image_digests_image_id"), "image_digests", ["image_id"], unique=False)
    op.create_table(
        "image_layers",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("diff_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_image_layers_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", "position", name=op.f("pk_image_layers")),
    )
    op.create_index(op.f("ix_image_layers_diff_id"), "image_layers", ["diff_id"], unique=False)
    op.create_table(
        "image_packages",
        sa.Column("package_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_packages_image_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["packages.id"], name=op.f("fk_image_packages_package_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("package_id", "image_id", name=op.f("pk_image_packages")),
    )
    op.create_index(op.f("ix_image_packages_image_id"), "image_packages", ["image_id"], unique=False)
    op.create_table(
        "image_references",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_references_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "reference", name=op.f("pk_image_references")),
    )
    op.create_index("ix_image_references_reference", "image_references", ["reference", "last_seen"], unique=False)
    op.create_table(
        "inventories",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_inventories_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_inventories")),
    )
