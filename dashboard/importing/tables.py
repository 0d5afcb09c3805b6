"""Reading CSV as bureaus write it: UTF-8 with or without BOM, UTF-16, or GB 18030 from a Chinese Excel."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from dashboard import plain
from dashboard.codes import is_code, standard
from dashboard.importing.problems import ImportFailed, Problem
from dashboard.numbers import plain_number

T = TypeVar("T")
NO_NAMES: Mapping[str, str] = MappingProxyType({})
LARGEST = 2**31 - 1
"""What PostgreSQL's `integer` holds."""
LONGEST_CELL = 100_000
_EXCEL = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
ONCE = "每个编码只有一行 / one row for each code"
A_CODE = "4, 6, 9, 12, 15 或/or 18 位数字/digits"
A_NUMBER = "3–23 位数字，可有 + - 和空格 / 3–23 digits, with + - and blanks"
EXCEL_WROTE = "Excel 把它写成了科学计数：该列设为文本后重填 / Excel rewrote it: make the column text and fill it in again"


@dataclass
class Row:
    """One row; its readers note what is wrong and go on, so that one run names all problems."""

    file: str
    number: int
    cells: dict[str, str]
    problems: list[Problem]
    ok: bool = True
    """Nothing wrong so far: what is wrong already need not be compared with others."""

    def wrong(self, name: str, wanted: str) -> None:
        """Note that a field is not as wanted."""
        self.ok = False
        self.problems.append(Problem(self.file, self.number, name, self.cells.get(name, ""), wanted))

    def has(self, name: str) -> bool:
        """Whether the file says anything about it: the column is there and the cell is not blank."""
        return bool(self.cells.get(name, "").strip())

    def text(self, name: str, most: int, least: int = 1) -> str:
        """A text of `least` to `most` characters."""
        value = plain.words(self.cells.get(name, ""))
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
            self.wrong(name, "不含控制字符 / no control characters")
        elif not least <= len(value) <= most:
            self.wrong(name, f"{least}–{most} 个字符 / characters")
        return value

    def key(self, name: str, most: int) -> str:
        """A code of theirs, half-width."""
        self.cells[name] = plain.signs(self.cells.get(name, ""))
        value = self.text(name, most)
        if _EXCEL.fullmatch(value):
            self.wrong(name, EXCEL_WROTE)
        return value

    def area(self, name: str) -> str:
        """An area code, as we write it."""
        value = plain.signs(self.cells.get(name, "")).removesuffix(".0")
        if _EXCEL.fullmatch(value):
            self.wrong(name, EXCEL_WROTE)
        elif not is_code(standard(value)):
            self.wrong(name, A_CODE)
        return standard(value)

    def phone(self, name: str) -> str:
        """A telephone number, as it is dialled."""
        said = plain.signs(self.cells.get(name, "")).removesuffix(".0")
        try:
            value = plain_number(said)
        except ValueError:
            value = ""
        if not value:
            self.wrong(name, EXCEL_WROTE if _EXCEL.fullmatch(said) else A_NUMBER)
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None, meant: Mapping[str, str] = NO_NAMES) -> str:
        """One of some words; `meant`: what else they are called."""
        said = plain.signs(self.cells.get(name, "")) or default or ""
        value = meant.get(said, said)
        if value not in allowed:
            self.wrong(name, " | ".join(allowed))
        return value

    def words(self, name: str, allowed: tuple[str, ...], meant: Mapping[str, str] = NO_NAMES) -> list[str]:
        """Words separated by `;` or `、`, each one of `allowed`."""
        said = [word.strip() for word in plain.signs(self.cells.get(name, "")).split(";") if word.strip()]
        value = [meant.get(word, word) for word in said]
        if any(word not in allowed for word in value):
            self.wrong(name, " ; ".join(allowed))
        return sorted(set(value))

    def whole(self, name: str) -> int:
        """A whole number from 0; empty is 0."""
        return self._number(name, _whole, lambda n: 0 <= n <= LARGEST, f"0 … {LARGEST} 的整数 / a whole number", "0")

    def degrees(self, name: str, limit: float) -> float:
        """Degrees between -limit and limit."""
        return self._number(name, float, lambda n: abs(n) <= limit, f"−{limit} … {limit} 度 / degrees", "")

    def _number(self, name: str, kind: Callable[[str], T], fits: Callable[[T], bool], wanted: str, default: str) -> T:
        said = plain.signs(self.cells.get(name, "")) or default
        try:
            value = kind(said if "_" not in said else "")
        except (ValueError, OverflowError):
            self.wrong(name, wanted)
            return kind("0")
        if not fits(value):
            self.wrong(name, wanted)
            return kind("0")
        return value


def _whole(said: str) -> int:
    return int(said.removesuffix(".0"))


def repeated(rows: Iterable[Row], name: str = "code") -> None:
    """Note each row whose code another above it has."""
    seen: set[str] = set()
    for row in rows:
        code = row.cells[name]
        if code and code in seen:
            row.wrong(name, ONCE)
        seen.add(code)


@dataclass
class Table:
    """A CSV file with a header line."""

    path: Path
    problems: list[Problem] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
    """The columns that the file has, once `rows` has been asked."""

    def rows(self, required: tuple[str, ...], also: Mapping[str, str] = NO_NAMES) -> Iterator[Row]:
        """The rows, numbered as a spreadsheet shows them; rows without anything are left out. `also`: other names of columns.

        Raises `ImportFailed` for a file that cannot be read to its end.
        """
        lines = self._lines()
        first, header = next(lines, (1, []))
        names = [also.get(name, name) for name in (plain.signs(cell) for cell in header)]
        missing = [name for name in required if name not in names]
        if missing:
            found = ", ".join(names)
            raise ImportFailed([Problem(self.path.name, first, name, found, "此列不能缺少 / this column is needed") for name in missing])
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise ImportFailed([Problem(self.path.name, first, name, name, "此列只能有一个 / this column once only") for name in twice])
        self.columns = frozenset(names)
        for number, cells in lines:
            row = Row(self.path.name, number, {k: v for k, v in zip(names, cells, strict=False) if k}, self.problems)
            if any(cell.strip() for cell in cells[len(names) :]):
                row.cells["…"] = ",".join(cells[len(names) :])
                row.wrong("…", "不多于表头的列，含逗号的内容加引号 / no more cells than the header has; quote what holds a comma")
            yield row

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        text = decoded(self.path.name, read(self.path))
        head = next((line for line in text.splitlines() if line.strip()), "")
        comma = max(",\t;", key=lambda sign: (head.count(sign), sign == ","))
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(io.StringIO(text, newline=None), delimiter=comma, strict=True)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                if any(cell.strip() for cell in cells):
                    yield number, cells
        except csv.Error as error:
            wanted = f"成对的引号 / quotes in pairs ({error})"
            raise ImportFailed([*self.problems, Problem(self.path.name, number + 1, "file", "", wanted)]) from None


def read(path: Path) -> bytes:
    """What is in a file, unpacked when it is called `.gz`. Raises `ImportFailed`."""
    wanted = "能读取的文件 / a file that can be read"
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            wanted = "gzip 压缩的文件 / a file packed by gzip"
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise ImportFailed([Problem(str(path), 0, "file", "", "没有这个文件 / no such file")]) from None
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed([Problem(path.name, 0, "file", str(error), wanted)]) from None
    for begin, what in ((b"PK\x03\x04", "Excel/zip"), (b"\xd0\xcf\x11\xe0", "Excel 97"), (b"\x1f\x8b", "gzip"), (b"%PDF", "PDF")):
        if data.startswith(begin):
            wanted = "CSV 或 GeoJSON：请另存后再导入 / CSV or GeoJSON: save it as one of them"
            raise ImportFailed([Problem(path.name, 0, "file", what, wanted)])
    return data


def decoded(file: str, data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 or GB 18030. Raises `ImportFailed`."""
    encodings: tuple[str, ...] = ("utf-8-sig", "gb18030")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif b"\0" in data[:2]:
        encodings = ("utf-16-be",) if data[:1] == b"\0" else ("utf-16-le",)
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportFailed([Problem(file, 0, "file", "", "UTF-8、UTF-16 或 GB 18030 编码 / UTF-8, UTF-16 or GB 18030")])
