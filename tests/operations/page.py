"""The blocks of docs/operations.md, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "operations.md"


@dataclass(frozen=True)
class Block:
    """What an administrator copies at once; `section` is the heading above it, `line` where it begins on the page."""

    section: str
    line: int
    script: str


def blocks(page: Path = PAGE) -> list[Block]:
    """Every block marked `sh`."""
    found: list[Block] = []
    section, begun, lines = "", 0, list[str]()
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if begun:
            if line == "```":
                found.append(Block(section, begun, "\n".join(lines) + "\n"))
                begun, lines = 0, []
            else:
                lines.append(line)
        elif line == "```sh":
            begun = number + 1
        elif heading := re.match(r"#+ (.+)", line):
            section = heading[1]
    return found
