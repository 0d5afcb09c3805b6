"""The command line: `yiping run`, `serve`, `migrate`, `import`, `user`, `token`, `settings`."""

from __future__ import annotations

import argparse
import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from dashboard.errors import Refused
from dashboard.identity import ROLES, SYSTEM
from dashboard.importing.problems import ImportFailed
from dashboard.run import build_tiles, run_city
from dashboard.settings import DOCUMENTED, BadSetting, Settings, from_environment
from dashboard.terminal import progress, say
from datasources.database import Database
from datasources.migrations import upgrade
from datasources.models import Unit

if TYPE_CHECKING:
    from dashboard.city import City

Serve = Callable[[Settings], None]


def main(serve: Serve, early: subprocess.Popen[bytes] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked. `early` is a server that `run` finds started already."""
    parser = _parser(early)
    options = parser.parse_args()
    try:
        settings = from_environment(os.environ)
        return int(options.run(settings, options, serve) or 0)
    except (BadSetting, ImportFailed, Refused) as error:
        sentence = f"{error.zh}\n{error.en}" if isinstance(error, Refused) else str(error)
        print(sentence, file=sys.stderr)
        return 2


def _parser(early: subprocess.Popen[bytes] | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="yiping", description="一屏: 基层应急指挥 / command centre for grassroots emergency management")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help_: str, run: Callable[[Settings, argparse.Namespace, Serve], int | None]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_, description=help_)
        command.set_defaults(run=run)
        return command

    add(
        "run",
        "create what is missing, load the demo city on first start, serve it and simulate life in it",
        lambda settings, _o, _s: run_city(settings, early),
    )
    add("serve", "serve the wall only", lambda settings, _o, serve: serve(settings))
    add("migrate", "bring the database to the present form", _migrate)
    add("settings", "show every setting with its default and its present value", _settings)

    imported = add("import", "import areas, units or video points from files", _import)
    imported.add_argument("what", choices=("areas", "units", "video"))
    imported.add_argument("files", nargs="+", type=Path, help="areas: CSV and GeoJSON; units, video: CSV")
    imported.add_argument("--crs", choices=("wgs84", "gcj02"), default="wgs84", help="coordinate system of the file")
    imported.add_argument("--aliases", type=Path, help="CSV old_code,code for boundaries with older codes")

    tiles = add("tiles", "build the vector tiles of the micro-grids, or write them as files for nginx", _tiles)
    tiles.add_argument("action", choices=("build", "export"))
    tiles.add_argument("folder", nargs="?", type=Path, help="where `export` writes <version>/<z>/<x>/<y>.pbf")
    tiles.add_argument("--again", action="store_true", help="build even when the areas have not changed")

    user = add("user", "create an account", _user)
    user.add_argument("action", choices=("create",))
    user.add_argument("login")
    user.add_argument("--name", required=True)
    user.add_argument("--role", required=True, choices=ROLES)
    user.add_argument("--area", required=True, metavar="CODE")
    user.add_argument("--unit", metavar="CODE", help="code of the field unit, for the role unit")
    user.add_argument("--password-file", type=Path, help="read the password from a file; without it you are asked")

    token = add("token", "create, list or revoke tokens of API clients and wall screens", _token)
    token.add_argument("action", choices=("create", "list", "revoke"))
    token.add_argument("id", nargs="?", help="id of the token to revoke")
    token.add_argument("--kind", choices=("api", "device"), default="api")
    token.add_argument("--name", default="")
    token.add_argument("--role", choices=ROLES, default="officer")
    token.add_argument("--area", metavar="CODE")
    token.add_argument("--unit", metavar="CODE")
    token.add_argument("--days", type=int, default=400)
    return parser


def _migrate(settings: Settings, _options: argparse.Namespace, _serve: Serve) -> None:
    database = Database(settings.database_url)
    upgrade(database)
    database.close()


def _settings(_settings: Settings, _options: argparse.Namespace, _serve: Serve) -> None:
    for name, default in DOCUMENTED.items():
        present = os.environ.get(name)
        note = "" if present is None else f"   (default {default or 'none'})"
        print(f"{name:24} {default or 'none' if present is None else present}{note}")


def _city(settings: Settings) -> City:
    from dashboard.city import build_city  # not needed for `run`, which should be quick

    database = Database(settings.database_url)
    upgrade(database)
    return build_city(settings, database=database)


def _import(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    from dashboard.importing.areas import import_areas
    from dashboard.importing.units import import_units
    from dashboard.importing.video import import_video

    city = _city(settings)
    try:
        if options.what == "areas":
            if len(options.files) != 2:
                print("yiping import areas AREAS.csv BOUNDARIES.geojson", file=sys.stderr)
                return 2
            table, boundaries = options.files
            count = import_areas(city.commands, SYSTEM, table, boundaries, options.crs, options.aliases, progress)
            city.refresh("area")
            build_tiles(city)
        elif options.what == "units":
            count = sum(import_units(city.commands, SYSTEM, path, progress) for path in options.files)
        else:
            count = sum(import_video(city.commands, city.areas, SYSTEM, path, options.crs, progress) for path in options.files)
    finally:
        city.close()
    say(f"{options.what}: {count}")
    return 0


def _tiles(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    from datasources.tippecanoe import TilingFailed

    city = _city(settings)
    try:
        if options.action == "export":
            if options.folder is None:
                print("yiping tiles export FOLDER", file=sys.stderr)
                return 2
            say(f"tiles: {city.tiling.export(options.folder, city.areas.cities[0], progress)}")
            return 0
        made = city.tiling.build(progress, options.again)
        say(f"tiles: {made.version if made else '—'}")
    except (TilingFailed, OSError) as error:
        print(f"瓦片未能生成，旧瓦片继续使用 / the tiles could not be built, the old ones stay: {error}", file=sys.stderr)
        return 1
    finally:
        city.close()
    return 0


def _unit_id(city: City, code: str | None) -> str | None:
    if code is None:
        return None
    with city.database.read() as session:
        found = session.scalar(select(Unit.id).where(Unit.code == code))
    if found is None:
        raise Refused("unknown_unit", field="unit", unit=code)
    return found


def _user(settings: Settings, options: argparse.Namespace, _serve: Serve) -> None:
    city = _city(settings)
    try:
        if options.password_file is not None:
            password = options.password_file.read_text("utf-8").strip()
        else:
            password = getpass.getpass("密码 / password: ")
        unit_id = _unit_id(city, options.unit)
        city.accounts.create(options.login, options.name, options.role, options.area, password, unit_id)
        say(f"已创建 / created: {options.login}")
    finally:
        city.close()


def _token(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    city = _city(settings)
    try:
        if options.action == "create":
            if options.area is None:
                print("--area CODE 不能缺少 / is needed", file=sys.stderr)
                return 2
            name = options.name or f"{options.kind} {options.role}"
            unit_id = _unit_id(city, options.unit)
            life = timedelta(days=options.days)
            issued = city.accounts.create_token(options.kind, name, options.role, options.area, life, unit_id)
            say(f"令牌 / token {issued.id}, 有效至 / valid until {issued.expires_at:%Y-%m-%d}; 只显示一次 / shown only once:")
            print(issued.secret)
        elif options.action == "revoke":
            city.accounts.revoke(options.id or "")
            say(f"已吊销 / revoked: {options.id}")
        else:
            for t in city.accounts.tokens():
                state = "revoked" if t.revoked_at else f"until {t.expires_at:%Y-%m-%d}"
                print(f"{t.id}  {t.kind:6}  {t.role:9}  {t.area_code:18}  {state:18}  {t.name}")
    finally:
        city.close()
    return 0
