"""Loading the demo city through the import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dashboard.accounts import Accounts
from dashboard.areas import Areas
from dashboard.command import Commands
from dashboard.demo.accounts import PASSWORD, demo_accounts
from dashboard.demo.generate import generate
from dashboard.demo.scale import SCALES
from dashboard.identity import SYSTEM
from dashboard.importing.areas import import_areas
from dashboard.importing.units import import_units
from dashboard.importing.video import import_video

Progress = Callable[[str, int, int], None]


def load(commands: Commands, areas: Areas, accounts: Accounts, scale: str, folder: Path, progress: Progress) -> None:
    """Generate the demo city and import it like any other."""
    files = generate(SCALES[scale], folder, progress)
    import_areas(commands, SYSTEM, files.areas, files.boundaries, progress=progress)
    areas.refresh()
    import_units(commands, SYSTEM, files.units, progress)
    import_video(commands, areas, SYSTEM, files.video, progress=progress)
    with commands.database.read() as session:
        known = demo_accounts(session)
    for one in known:
        accounts.create(one.login, one.name, one.role, one.area_code, PASSWORD, one.unit_id)
