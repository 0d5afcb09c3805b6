"""Backups: one folder with the database, the photos and voice clips, and a signed manifest that says what belongs to it.

Neither the keys of personal data nor the settings are in it: whoever finds a backup must not be able to read it. Tiles are built anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature

from dashboard import audit
from dashboard.clock import Clock
from datasources import dumping
from datasources.database import Database
from datasources.keyring import Keyring
from datasources.migrations import upgrade

FORM = "yiping backup 2"
UNSIGNED_FORM = "yiping backup 1"
MANIFEST = "manifest.json"
DATABASE = "database"
ATTACHED = ("photos", "clips")
PUSH_KEY = "vapid.pem"
PUSH_PLACE = "backup.vapid"
PIECE = 1 << 20

Progress = Callable[[str, int, int], None]


class BackupFailed(Exception):
    """A backup that could not be made or used; the sentence says why."""


def make(database: Database, data: Path, folder: Path, clock: Clock, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """Write a backup into `folder`, which must not exist, while everything runs; returns its manifest.

    The database comes first: the file of a photo is kept before its row is, so each row in the dump finds its file.
    """
    if database.keyring is None:
        raise RuntimeError("the database was opened without a keyring")
    if folder.exists():
        raise BackupFailed(f"{folder} 已存在 / is there already: a backup goes into a folder of its own")
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)  # of one that was broken off
    part.mkdir(parents=True, mode=0o700)
    try:
        dumped = dumping.dump(database, part / DATABASE)
        for name in ATTACHED:
            if (data / name).is_dir():
                shutil.copytree(data / name, part / name, ignore=shutil.ignore_patterns("*.part"), copy_function=_copy_if_there)
        if (data / PUSH_KEY).is_file():  # without it every browser would have to subscribe anew; nobody reads it without our key
            sealed = database.keyring.encrypt((data / PUSH_KEY).read_text("ascii"), PUSH_PLACE, "1")
            (part / PUSH_KEY).write_text(sealed, "ascii")
        files = list(_files(part))
        manifest = {
            "form": FORM,
            "made_at": clock().isoformat(),
            "database": database.dialect,
            "tables": dumped.form,
            "seq": dumped.seq,
            "hash": dumped.hash,
            "key": database.keyring.name,
            "files": {str(file.relative_to(part)): _digest(file) for file in _told(files, progress)},
        }
        manifest["signature"] = base64.b64encode(database.keyring.signer.sign(_signed(manifest))).decode()
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        part.rename(folder)
    except dumping.DumpFailed as failed:
        shutil.rmtree(part)
        raise BackupFailed(str(failed)) from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def _copy_if_there(source: str, target: str) -> None:
    """Files come and go while they are listed: what is gone was half written or refused, and has no row."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def restore(
    database: Database, data: Path, folder: Path, progress: Progress = lambda what, done, total: None, unsigned: bool = False
) -> audit.Verdict:
    """Put a backup into an installation in which nothing is yet, and verify its audit trail.

    Everything is checked first: the manifest and its signature, each file's digest, that the keys are the right ones, and that nothing
    would be written over. `unsigned` takes one on trust that was made before backups were signed. Raises `BackupFailed`.
    """
    manifest = _manifest(folder, unsigned)
    if database.keyring is None or not database.keyring.knows(manifest["key"]):
        raise BackupFailed(f"备份的密钥 / the backup was made with the key {manifest['key']}, which is not among YIPING_DATA_KEYS")
    if not unsigned:
        _check_signature(folder, manifest, database.keyring)
    if manifest["database"] != database.dialect:
        raise BackupFailed(f"备份来自 / the backup is of {manifest['database']}, YIPING_DATABASE_URL is {database.dialect}")
    if not dumping.is_empty(database) or any((data / name).exists() for name in ATTACHED):
        raise BackupFailed("目标中已有数据 / there are data already: a backup goes into an empty database and an empty YIPING_DATA")
    present = {str(file.relative_to(folder)): file for file in _files(folder) if file.name != MANIFEST}
    for name in sorted(set(present) ^ set(manifest["files"])):
        raise BackupFailed(f"{folder / name}: {'多余 / does not belong to it' if name in present else '缺失 / missing'}")
    for file in _told(list(present.values()), progress):
        if _digest(file) != manifest["files"][str(file.relative_to(folder))]:
            raise BackupFailed(f"{file}: 已损坏 / altered since the backup was made")
    brought = [name for name in ATTACHED if (folder / name).is_dir()]
    for name in brought:  # what may fail for want of room comes first, under another name: then one can try again
        shutil.rmtree(data / f"{name}.restoring", ignore_errors=True)
        shutil.copytree(folder / name, data / f"{name}.restoring")
    try:
        dumping.restore(database, folder / DATABASE)
    except dumping.DumpFailed as failed:
        raise BackupFailed(str(failed)) from None
    for name in brought:
        (data / f"{name}.restoring").rename(data / name)
    if (folder / PUSH_KEY).is_file():
        pem = database.keyring.decrypt((folder / PUSH_KEY).read_text("ascii"), PUSH_PLACE, "1")
        with os.fdopen(os.open(data / PUSH_KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(pem)
    upgrade(database)  # one of a version before has not the columns that are asked for
    return audit.verify(database, progress)


def _signed(manifest: dict[str, Any]) -> bytes:
    """What the signature of a manifest is over."""
    return json.dumps({name: value for name, value in manifest.items() if name != "signature"}, sort_keys=True).encode()


def _check_signature(folder: Path, manifest: dict[str, Any], keyring: Keyring) -> None:
    try:
        signature = base64.b64decode(str(manifest.get("signature", "")), validate=True)
        keyring.signer_of(manifest["key"]).public_key().verify(signature, _signed(manifest))
    except (InvalidSignature, ValueError):
        raise BackupFailed(f"{folder / MANIFEST}: 签名不符，备份被改动过 / the signature does not fit: the backup was altered") from None


def _manifest(folder: Path, unsigned: bool) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackupFailed(f"{folder / MANIFEST}: 不是完整的备份 / no complete backup ({error})") from None
    if not isinstance(manifest, dict):
        manifest = {}
    form = manifest.get("form")
    if form == UNSIGNED_FORM and not unsigned:
        raise BackupFailed(f"{folder / MANIFEST}: 备份未签名 / not signed: `yiping restore --unsigned` takes it on trust")
    if form not in (FORM, UNSIGNED_FORM) or not isinstance(manifest.get("files"), dict) or not isinstance(manifest.get("key"), str):
        raise BackupFailed(f"{folder / MANIFEST}: 不是备份清单 / not the manifest of a backup, wanted {FORM!r}")
    return manifest


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def _told(files: list[Path], progress: Progress) -> Iterator[Path]:
    for done, file in enumerate(files, 1):
        yield file
        progress("backup", done, len(files))


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while piece := data.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
