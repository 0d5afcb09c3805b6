"""What every measurement needs: figures as rows, the machine, processor time of a process tree, spread of a list."""

from __future__ import annotations

import os
import platform
import statistics
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CACHE = Path(__file__).parent / ".cache"
PEERS = Path(__file__).parent / ".peers"
RESULTS = Path(__file__).parent / "results"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """One figure of the table. `ratio` is ours to the peer's or the limit's, measured in the same run; `met` is None without a goal."""

    what: str
    ours: str
    beside: str
    ratio: float
    goal: str
    met: bool | None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def machine() -> str:
    """What this ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 2**20
    return f"{os.cpu_count()} cores {model}, {memory} GiB, Linux {platform.release()}, Python {platform.python_version()}"


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children so far, user and system."""
    total = 0
    for one in _tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of a process tree, MB (shared pages are counted once for each process)."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _tree(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def pushed(address: str, token: str, event: str) -> tuple[float, int]:
    """Processor time that the server has spent on pushing an event, and how many messages it wrote."""
    request = urllib.request.Request(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"})
    values = dict(line.rsplit(" ", 1) for line in urllib.request.urlopen(request).read().decode().splitlines() if not line.startswith("#"))
    label = f'{{event="{event}"}}'
    return float(values.get(f"yiping_push_seconds_total{label}", 0)), int(float(values.get(f"yiping_push_messages_total{label}", 0)))
