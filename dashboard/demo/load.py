"""Loading the demo city through the import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dashboard.city import City
from dashboard.demo.accounts import PASSWORD, demo_accounts
from dashboard.demo.generate import generate
from dashboard.demo.scale import SCALES
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.units import import_units
from dashboard.importing.video import import_video
from dashboard.memory import collector_paused

Progress = Callable[[str, int, int], None]


@collector_paused()
def load(city: City, scale: str, folder: Path, progress: Progress = lambda what, done, total: None) -> None:
    """Generate the demo city and import it like any other."""
    files = generate(SCALES[scale], folder, progress)
    import_areas(city.commands, SYSTEM, files.areas, files.boundaries, progress=progress)
    city.refresh("area")
    import_units(city.commands, SYSTEM, files.units, progress)
    import_video(city.commands, city.areas, SYSTEM, files.video, progress=progress)
    city.refresh("unit")
    with city.database.read() as session:
        known = demo_accounts(session)
    for one in known:
        city.accounts.create(one.login, one.name, one.role, one.area_code, PASSWORD, one.unit_id, known_to_all=True)
