"""Area codes: the statistical division code, +3 digits for the grid, +3 for the micro-grid.

Ancestry is the prefix. Everything below `510104` is `code >= '510104' AND code < '510105'`, an index
range scan; the open end is made by `end_of`.
"""

from __future__ import annotations

LEVELS = {"city": 4, "district": 6, "street": 9, "community": 12, "grid": 15, "micro_grid": 18}
"""Level and the length of its codes, from the top down."""
_LEVEL_OF = {length: level for level, length in LEVELS.items()}
_LENGTHS = list(LEVELS.values())
_LONGER = {n: next((longer for longer in _LENGTHS if longer > n), None) for n in range(_LENGTHS[-1] + 1)}
"""For each length of a code, that of the codes one level below it."""


def is_code(text: str) -> bool:
    """Whether `text` has the form of an area code."""
    return len(text) in _LEVEL_OF and text.isascii() and text.isdigit()


def standard(text: str) -> str:
    """A code as the lists of the state write it, in our form: 510100 → 5101, 510104000000 → 510104, 510104017000 → 510104017."""
    if text.isascii() and text.isdigit():
        for length, shorter in ((12, 9), (9, 6), (6, 4)):
            if len(text) == length and not text[shorter:].strip("0"):
                text = text[:shorter]
    return text


def level_of(code: str) -> str:
    """Level of a code; raises `ValueError` when it has not the form of one."""
    if not is_code(code):
        raise ValueError(f"{code!r} is not an area code: it has 4, 6, 9, 12, 15 or 18 digits")
    return _LEVEL_OF[len(code)]


def end_of(code: str) -> str:
    """The first text behind every code that begins with `code` (byte order)."""
    return code[:-1] + chr(ord(code[-1]) + 1)


def contains(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies below it."""
    return inner.startswith(outer)


def related(one: str, other: str) -> bool:
    """Whether one of the two contains the other."""
    return one.startswith(other) or other.startswith(one)


def parent_of(code: str) -> str | None:
    """The code one level up; None for a city."""
    shorter = [n for n in _LENGTHS if n < len(code)]
    return code[: shorter[-1]] if shorter else None


def same_city(one: str, other: str) -> bool:
    """Whether two areas lie in one city."""
    return one[: LEVELS["city"]] == other[: LEVELS["city"]]


def ancestors(code: str) -> list[str]:
    """The codes above `code`, from the city down, without itself."""
    return [code[:n] for n in _LENGTHS if n < len(code)]


def child_towards(code: str, deep: str) -> str | None:
    """The child of `code` that is, or contains, `deep`; None when `deep` is not below `code`."""
    longer = _LONGER[len(code)]
    if longer is None or len(deep) < longer or not deep.startswith(code):
        return None
    return deep[:longer]


def is_detail(code: str) -> bool:
    """Whether an area is small enough that its people and deliveries are listed one by one."""
    return len(code) >= LEVELS["community"]


def staff_above(code: str) -> list[str]:
    """Areas above `code` whose people also look after it: its grid and its community."""
    return [a for a in ancestors(code) if is_detail(a)]


def looks_after(staff: str, code: str) -> bool:
    """Whether people of area `staff` belong to the picture of `code`: they are inside it, or look after it."""
    return staff.startswith(code) or (is_detail(staff) and code.startswith(staff))


def common(codes: list[str]) -> str:
    """The deepest area that contains all of `codes` (at least the two digits of the province are equal)."""
    first, last = min(codes), max(codes)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    fitting = [n for n in _LENGTHS if n <= same]
    if not fitting:
        raise ValueError(f"{first} and {last} have no city in common")
    return first[: fitting[-1]]
