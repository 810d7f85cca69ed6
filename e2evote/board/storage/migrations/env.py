"""What Alembic runs for each of its commands; ``revision`` hands in a connection whose transaction is its own."""

from alembic import context

from e2evote.board.storage.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
