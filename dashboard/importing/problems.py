"""What is wrong with a file, said so that the person who sent it can mend it."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong: in which file and row (0: the file as a whole), in which field, what was found and what is wanted."""

    file: str
    row: int
    field: str
    found: str
    wanted: str

    def __str__(self) -> str:
        found = self.found if len(self.found) <= 60 else self.found[:57] + "…"
        row = f" 第 {self.row} 行 / row {self.row}" if self.row else ""
        return f"{self.file}{row}, {self.field}: {found!r} — {self.wanted}"


class ImportFailed(Exception):
    """A file that was not imported; nothing of it was stored."""

    def __init__(self, problems: list[Problem]) -> None:
        shown = "\n".join(str(problem) for problem in problems[:20])
        more = f"\n… 另有 {len(problems) - 20} 处 / and {len(problems) - 20} more" if len(problems) > 20 else ""
        super().__init__(shown + more)
        self.problems = problems
