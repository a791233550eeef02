"""Alembic's entry: runs the migrations on the connection that `agent.store.migrate` holds."""

from alembic import context
from sqlmodel import SQLModel

import agent.store.close_looks
import agent.store.deployment
import agent.store.kinds
import agent.store.price_quotes
import agent.store.proofs
import agent.store.tables
import agent.store.waiting  # noqa: F401  (registers the tables that the migrations are compared with)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
