"""Reading CSV as bureaus write it: UTF-8 with or without BOM, or GB 18030 from a Chinese Excel."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dashboard.importing.problems import ImportFailed, Problem

T = TypeVar("T")


@dataclass
class Row:
    """One row; its readers note what is wrong and go on, so that one run names all problems."""

    file: str
    number: int
    cells: dict[str, str]
    problems: list[Problem]

    def wrong(self, name: str, wanted: str) -> None:
        """Note that a field is not as wanted."""
        self.problems.append(Problem(self.file, self.number, name, self.cells.get(name, ""), wanted))

    def text(self, name: str, most: int) -> str:
        """A text that is not empty and has at most `most` characters."""
        value = self.cells.get(name, "").strip()
        if not value or len(value) > most:
            self.wrong(name, f"1–{most} 个字符 / characters")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        value = self.cells.get(name, "").strip() or default or ""
        if value not in allowed:
            self.wrong(name, " | ".join(allowed))
        return value

    def words(self, name: str, allowed: tuple[str, ...]) -> list[str]:
        """Words separated by `;`, each one of `allowed`."""
        value = [word.strip() for word in self.cells.get(name, "").split(";") if word.strip()]
        if any(word not in allowed for word in value):
            self.wrong(name, " ; ".join(allowed))
        return sorted(set(value))

    def whole(self, name: str) -> int:
        """A whole number from 0; empty is 0."""
        return self._number(name, int, lambda n: n >= 0, "≥ 0 的整数 / a whole number ≥ 0", "0")

    def degrees(self, name: str, limit: float) -> float:
        """Degrees between -limit and limit."""
        return self._number(name, float, lambda n: abs(n) <= limit, f"−{limit} … {limit} 度 / degrees", "")

    def _number(self, name: str, kind: Callable[[str], T], fits: Callable[[T], bool], wanted: str, default: str) -> T:
        try:
            value = kind(self.cells.get(name, "").strip() or default)
        except ValueError:
            self.wrong(name, wanted)
            return kind("0")
        if not fits(value):
            self.wrong(name, wanted)
        return value


@dataclass
class Table:
    """A CSV file with a header line."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def rows(self, required: tuple[str, ...]) -> Iterator[Row]:
        """The rows, numbered as a spreadsheet shows them (the header is row 1)."""
        reader = csv.DictReader(io.StringIO(_decoded(self.path)))
        missing = [name for name in required if name not in (reader.fieldnames or [])]
        if missing:
            found = ", ".join(reader.fieldnames or [])
            raise ImportFailed([Problem(self.path.name, 1, name, found, "此列不能缺少 / this column is needed") for name in missing])
        for number, cells in enumerate(reader, start=2):
            yield Row(self.path.name, number, {k: v or "" for k, v in cells.items() if k is not None}, self.problems)


def _decoded(path: Path) -> str:
    if not path.is_file():
        raise ImportFailed([Problem(str(path), 0, "file", "", "没有这个文件 / no such file")])
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportFailed([Problem(path.name, 0, "file", "", "UTF-8 或 GB 18030 编码 / UTF-8 or GB 18030")])
