"""What alembic runs: the migrations, on the connection that `store.migrate` hands in."""

from alembic import context

import landwaiter.platform.store.tables  # noqa: F401 - knowing every table is what makes the metadata whole
from landwaiter.platform.store.base import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
