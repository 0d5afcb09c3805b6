"""Migrations by Alembic. `upgrade` brings a database to the present form, an empty one too."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from datasources.database import Database


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database) -> None:
    """Run every migration that is missing. On PostgreSQL it also makes sure of PostGIS."""
    command.upgrade(_config(database), "head")


def is_current(database: Database) -> bool:
    """Whether no migration is missing."""
    head = ScriptDirectory.from_config(_config(database)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
