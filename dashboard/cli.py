"""The command line of `yiping`; what it can do is in `_parser`."""

from __future__ import annotations

import argparse
import base64
import getpass
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from shapely.errors import ShapelyError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dashboard import audit, backup, clock
from dashboard.backup import BackupFailed
from dashboard.errors import Refused
from dashboard.identity import CLIENT_ROLES, ROLES, SYSTEM
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.invitations import Invitations
from dashboard.keys import renew
from dashboard.opening import open_database, open_keyring
from dashboard.run import build_tiles, run_city
from dashboard.settings import DOCUMENTED, BadSetting, Settings, from_environment, masked
from dashboard.terminal import progress, say
from datasources.keyring import WrongKey, new_secret
from datasources.migrations import upgrade
from datasources.models import Unit
from datasources.sealing import is_sealed

if TYPE_CHECKING:
    from dashboard.city import City

log = logging.getLogger(__name__)
Serve = Callable[[Settings], None]


def main(serve: Serve, early: subprocess.Popen[bytes] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked. `early` is a server that `run` finds started already."""
    parser = _parser(early)
    options = parser.parse_args()
    try:
        settings = from_environment(os.environ)
        return int(options.run(settings, options, serve) or 0)
    except (BadSetting, BackupFailed, ImportFailed, Refused, WrongKey) as error:
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
    imported.add_argument("--crs", choices=("wgs84", "gcj02"), help="coordinate system of the file")
    imported.add_argument("--aliases", type=Path, help="CSV old_code,code for boundaries with older codes")

    imported.add_argument("--moves", type=Path, help="CSV old,new: where those go whose area is gone")

    retired = add("retire", "take units that have left, or cameras that were taken down, off every list; the past keeps them", _retire)
    retired.add_argument("what", choices=("units", "video"))
    retired.add_argument("codes", nargs="+", help="codes, or CSV files with a column `code`")

    tiles = add("tiles", "build the vector tiles of the micro-grids, or write them as files for nginx", _tiles)
    tiles.add_argument("action", choices=("build", "export"))
    tiles.add_argument("folder", nargs="?", type=Path, help="where `export` writes <version>/<z>/<x>/<y>.pbf")
    tiles.add_argument("--again", action="store_true", help="build even when the areas have not changed")

    user = add("user", "create an account, give one another password, role or area, an invitation, or a second factor", _user)
    user.add_argument("action", choices=("create", "password", "change", "invite", "factor"))
    user.add_argument("login")
    user.add_argument("--name")
    user.add_argument("--role", choices=ROLES)
    user.add_argument("--area", metavar="CODE")
    user.add_argument("--elsewhere", action="store_true", help="no password: this person signs in at the OpenID Connect provider")
    user.add_argument("--subject", help="who this is at the provider: its claim `sub`; without it an invitation is made")
    user.add_argument("--unit", metavar="CODE", help="code of the field unit, for the role unit")
    user.add_argument("--password-file", type=Path, help="read the password from a file; without it you are asked")

    token = add("token", "create, list or revoke tokens of API clients and wall screens", _token)
    token.add_argument("action", choices=("create", "list", "revoke"))
    token.add_argument("id", nargs="?", help="id of the token to revoke")
    token.add_argument("--kind", choices=("api", "device"), default="api")
    token.add_argument("--name", default="")
    token.add_argument("--role", choices=(*ROLES, *CLIENT_ROLES), default="officer")
    token.add_argument(
        "--networks", default="", help="where an API client's token may be used from, such as 10.1.0.0/16, with commas between"
    )
    token.add_argument("--area", metavar="CODE")
    token.add_argument("--unit", metavar="CODE")
    token.add_argument("--days", type=int, default=400)

    kept = add("keys", "make a secret for YIPING_DATA_KEYS, or encrypt everything anew with the newest one", _keys)
    kept.add_argument("action", choices=("new", "renew"))

    add("backup", "write a backup into a new folder while everything runs", _backup).add_argument("folder", type=Path)
    restored = add("restore", "put a backup into an installation in which nothing is yet", _restore)
    restored.add_argument("folder", type=Path)
    restored.add_argument("--unsigned", action="store_true", help="take one on trust that was made before backups were signed")

    trail = add("audit", "verify the audit trail, write a signed part of it, or check such a part", _audit)
    trail.add_argument("action", choices=("verify", "export", "check", "key"))
    trail.add_argument("file", nargs="?", type=Path)
    trail.add_argument("--next", action="store_true", help="export into the folder FILE what came after its newest export")
    trail.add_argument("--since", type=int, default=0, metavar="SEQ", help="export only what came after this change")
    trail.add_argument("--key", help="public key that the export must be signed with")
    trail.add_argument("--stored", action="store_true", help="check also that the log still says the same")
    return parser


def _migrate(settings: Settings, _options: argparse.Namespace, _serve: Serve) -> None:
    database = open_database(settings)
    upgrade(database)
    with database.read() as session:
        sealed = is_sealed(session)
    if not sealed:
        say("所有工作进程升级后请运行 / when all workers are of this version: yiping keys renew")
    database.close()


def _keys(settings: Settings, options: argparse.Namespace, _serve: Serve) -> None:
    if options.action == "new":
        print(new_secret())
        return
    database = open_database(settings)
    say(f"已重新加密 / encrypted anew: {renew(database, progress)}")
    database.close()


def _backup(settings: Settings, options: argparse.Namespace, _serve: Serve) -> None:
    database = open_database(settings)
    try:
        made = backup.make(database, settings.data, options.folder, clock.now, progress)
    finally:
        database.close()
    say(f"{options.folder}: {made['seq']} 条变更 / changes, {len(made['files'])} 个文件 / files")
    say(f"密钥不在备份中，请另行保管 / the keys are not in it, keep them elsewhere: {made['key']}")


def _restore(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    settings.data.mkdir(parents=True, exist_ok=True)
    database = open_database(settings)
    try:
        verdict = backup.restore(database, settings.data, options.folder, progress, options.unsigned)
    finally:
        database.close()
    return _say(verdict)


def _audit(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    if options.action == "key":
        print(base64.b64encode(open_keyring(settings).signer.public_key().public_bytes_raw()).decode())
        return 0
    if options.action != "verify" and options.file is None:
        print(f"yiping audit {options.action} FILE", file=sys.stderr)
        return 2
    database = open_database(settings)
    try:
        if options.action == "export" and options.next:
            file, count = audit.export_next(database, clock.now, options.file)
            say(f"{file}: {count}")
            return 0
        if options.action == "export":
            say(f"{options.file}: {audit.export(database, clock.now, options.file, options.since)}")
            return 0
        if options.action == "check":
            verdict = audit.check(options.file, options.key, database if options.stored else None)
        else:
            verdict = audit.verify(database, progress)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        database.close()
    return _say(verdict)


def _say(verdict: audit.Verdict) -> int:
    for seq, what in verdict.problems:
        print(f"变更 / change {seq}: {what}")
    state = "完好 / sound" if verdict.sound else f"{len(verdict.problems)} 处问题 / problems"
    say(f"已核对 / checked {verdict.checked}, 链前 / before the chain {verdict.before_chain}, 末尾 / last {verdict.last}: {state}")
    return 0 if verdict.sound else 1


def _settings(_settings: Settings, _options: argparse.Namespace, _serve: Serve) -> None:
    for name, default in DOCUMENTED.items():
        present = os.environ.get(name)
        note = "" if present is None else f"   (default {default or 'none'})"
        print(f"{name:24} {default or 'none' if present is None else masked(name, present)}{note}")


def _city(settings: Settings) -> City:
    from dashboard.city import build_city  # not needed for `run`, which should be quick

    database = open_database(settings)
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
            count = import_areas(city.commands, SYSTEM, table, boundaries, options.crs, options.aliases, progress, options.moves)
            city.refresh("area")
            build_tiles(city)
        elif options.what == "units":
            count = sum(import_units(city.commands, SYSTEM, path, progress) for path in options.files)
        else:
            count = sum(import_video(city.commands, city.areas, SYSTEM, path, options.crs, progress) for path in options.files)
    except (SQLAlchemyError, ArithmeticError, ValueError, OSError, ShapelyError) as error:
        # whatever a file can hold that no check of ours has foreseen: a sentence, and nothing was stored
        log.exception("the import failed")
        names = ", ".join(path.name for path in options.files)
        found = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ImportFailed([Problem(names, 0, "file", found, "未能导入，什么也没有改变 / not imported, nothing was changed")]) from error
    finally:
        city.close()
    say(f"{options.what}: {count}")
    return 0


def _retire(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    from dashboard.importing.retiring import codes_of, retire_units, retire_video

    city = _city(settings)
    try:
        retire = retire_units if options.what == "units" else retire_video
        count = retire(city.commands, SYSTEM, codes_of(options.codes))
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
            if len(city.areas.cities) != 1:
                found = ", ".join(city.areas.cities) or "—"
                print(f"只有一座城市时才能导出瓦片 / tiles are exported for one city only: {found}", file=sys.stderr)
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


def _user(settings: Settings, options: argparse.Namespace, _serve: Serve) -> int:
    missing = [name for name in ("name", "role", "area") if options.action == "create" and getattr(options, name) is None]
    if missing:
        print(f"--{missing[0]} 不能缺少 / is needed", file=sys.stderr)
        return 2
    city = _city(settings)
    try:
        if options.action == "factor":
            secret, address = city.accounts.give_factor(options.login)
            say(f"{options.login}: 只显示一次 / shown only once")
            print(f"{secret}\n{address}")
            return 0
        if options.action == "invite":
            _invite(city, options.login)
            return 0
        if options.action == "change":
            if options.role is None or options.area is None:
                print("--role, --area 不能缺少 / are needed", file=sys.stderr)
                return 2
            unit_id = _unit_id(city, options.unit)
            city.accounts.change(SYSTEM, city.accounts.id_of(options.login), options.role, options.area, unit_id)
            say(f"已修改，其全部登录已结束 / changed, all sessions have ended: {options.login}")
            return 0
        if options.elsewhere or options.subject:
            password = ""
        elif options.password_file is not None:
            password = options.password_file.read_text("utf-8").strip()
        else:
            password = getpass.getpass("密码 / password: ")
        if options.action == "password":
            city.accounts.set_password(SYSTEM, options.login, password)
            say(f"密码已更换，其全部登录已结束 / the password was changed, all sessions have ended: {options.login}")
            return 0
        unit_id = _unit_id(city, options.unit)
        city.accounts.create(options.login, options.name, options.role, options.area, password, unit_id, subject=options.subject)
        say(f"已创建 / created: {options.login}")
        if options.elsewhere and not options.subject:
            _invite(city, options.login)
    finally:
        city.close()
    return 0


def _kept_to(networks: str) -> str:
    return f", only from {networks}" if networks else ""


def _invite(city: City, login: str) -> None:
    path = Invitations(city.secret_for("invitation")).path(city.accounts.invitable(login))
    say("请本人七天内在本系统地址后打开（登录后绑定）/ to be opened by the person within seven days, behind the address of the wall:")
    print(path)


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
            issued = city.accounts.create_token(options.kind, name, options.role, options.area, life, unit_id, options.networks)
            say(f"令牌 / token {issued.id}, 有效至 / valid until {issued.expires_at:%Y-%m-%d}; 只显示一次 / shown only once:")
            print(issued.secret)
        elif options.action == "revoke":
            city.accounts.revoke(options.id or "")
            say(f"已吊销 / revoked: {options.id}")
        else:
            for t in city.accounts.tokens():
                state = "revoked" if t.revoked_at else f"until {t.expires_at:%Y-%m-%d}"
                used = f"{t.used_at:%Y-%m-%d %H:%M} {t.used_from}" if t.used_at else "never"
                print(f"{t.id}  {t.kind:6}  {t.role:9}  {t.area_code:18}  {state:18}  {t.name}  (used {used}{_kept_to(t.networks)})")
    finally:
        city.close()
    return 0
