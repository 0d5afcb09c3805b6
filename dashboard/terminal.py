"""What the command line says to people: steps, progress on anything long."""

from __future__ import annotations

import sys
import time

NAMES = {
    "draw": "生成区域边界 / drawing areas",
    "write": "写入文件 / writing files",
    "read": "读取文件 / reading files",
    "areas": "导入区域 / importing areas",
    "units": "导入应急力量 / importing field units",
    "tiles": "生成微网格地图 / building map tiles",
    "audit": "核对审计记录 / verifying the audit trail",
    "backup": "校验备份文件 / checking the files of the backup",
    "video": "导入视频点位 / importing video points",
}


def say(text: str) -> None:
    """One step, as a line."""
    print(f"▸ {text}", flush=True)


class _Bar:
    """A bar on a terminal; without one, a line now and then."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def show(self, what: str, done: int, total: int) -> None:
        name = NAMES.get(what, what)
        finished = done >= total
        if sys.stdout.isatty():
            filled = round(24 * done / max(1, total))
            print(f"\r▸ {name} {'█' * filled}{'░' * (24 - filled)} {done}/{total} ", end="\n" if finished else "", flush=True)
        elif finished or self._last[0] != what or time.monotonic() - self._last[1] > 2:
            self._last = (what, time.monotonic())
            print(f"▸ {name} {done}/{total}", flush=True)


progress = _Bar().show
