"""The migrations lead to the tables that the models describe, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from dashboard.city import City
from datasources.migrations import is_current, upgrade
from datasources.models import Base

POSTGIS_OWN = {"spatial_ref_sys"}


def test_migrated_tables_are_the_models(city: City) -> None:
    with city.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda _o, name, kind, *_: not (kind == "table" and name in POSTGIS_OWN)}
        )
        differences = [d for d in compare_metadata(context, Base.metadata) if "ix_areas_geometry" not in str(d)]
    assert differences == []


def test_migrating_twice_changes_nothing(city: City) -> None:
    assert is_current(city.database)
    upgrade(city.database)
    assert is_current(city.database)


def test_postgres_keeps_real_geometries(city: City) -> None:
    if city.database.dialect != "postgresql":
        return
    with city.database.engine.connect() as connection:
        square_km = connection.execute(text("SELECT ST_Area(geometry::geography) / 1e6 FROM areas WHERE code = '5101'")).scalar_one()
    assert 13_500 < square_km < 15_000  # Chengdu: 14,335 km²
