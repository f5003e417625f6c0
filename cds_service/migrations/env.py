"""Where Alembic runs the migrations: on the connection that `schema.py` hands in."""

from alembic import context

from cds_service.consults import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
