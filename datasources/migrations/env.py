"""Alembic's entry: runs the migrations on the engine that it is given."""

from alembic import context
from sqlalchemy import text

from datasources.models import Base

engine = context.config.attributes["engine"]
with engine.connect().execution_options(yiping_write=True) as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=connection.dialect.name == "sqlite")
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
