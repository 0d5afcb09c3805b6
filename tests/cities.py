"""A demo city of its own for the long runs that are no pytest."""

from __future__ import annotations

from dashboard.city import City, build_city
from dashboard.demo.load import load
from dashboard.opening import open_database
from dashboard.settings import Settings
from datasources.migrations import upgrade


def demo_city(settings: Settings) -> City:
    """The city of these settings, made and with its tiles: a server that is started on it need not begin to build them."""
    upgrade(open_database(settings))
    city = build_city(settings)
    load(city, settings.scale, settings.data / "demo")
    city.tiling.build()
    return city
