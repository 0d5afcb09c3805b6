"""What came of a run, and the server that was tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Server

PATIENCE_S = 15.0
"""A request that is not answered within this time counts as hung."""


@dataclass
class Report:
    """Cases by how they were answered, and what must not be."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Cases that ended with a server error, or not at all."""

    before_mb: float = 0.0
    grown_mb: float = 0.0
    """Memory of the server before, and how it has changed."""

    @property
    def cases(self) -> int:
        """How many were tried."""
        return self.answers.total()

    def __str__(self) -> str:
        answers = ", ".join(f"{count:,} {kind}" for kind, count in self.answers.most_common(12))
        return f"{self.cases:,} cases: {answers}; {len(self.wrong)} wrong" + "".join(f"\n  {one}" for one in self.wrong[:10])


def resident_mb(server: Server) -> float:
    """Memory of the worker, which is the child of the server's process."""
    worker = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0]
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
