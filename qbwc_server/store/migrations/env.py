"""Runs the migrations on the connection that the application holds; there is no other way to run them."""

from alembic import context

from qbwc_server.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
