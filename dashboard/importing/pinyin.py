"""Pinyin initials, by which names are found."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations, product

from dashboard import plain

ONE_WAY = frozenset("市区县州镇乡村街道社组网格微路")
"""Signs that names of places end in: they are read one way there, though not everywhere."""


@lru_cache(4096)  # every community has its 第 1 网格
def initials(name: str, most: int = 80) -> str:
    """The initials as a name is likeliest read, that reading whole, then others as far as they fit: 单县 → dx danxian sx cx."""
    # its dictionary takes most of a second to load, and only an import needs it
    from pypinyin import Style, lazy_pinyin

    signs = [sign for sign in plain.words(name) if sign.isalnum()]
    read = lazy_pinyin("".join(signs), style=Style.NORMAL, errors=lambda run: list(run.lower()))  # type: ignore[arg-type,return-value]
    likely = [one[:1] for one in read]
    found = ["".join(likely)[:most]]
    whole = "".join(read)
    if len(found[0]) + 1 + len(whole) <= most and whole != found[0]:
        found.append(whole)
    if len(likely) != len(signs):
        return " ".join(found)
    others = {place: _others(sign, likely[place]) for place, sign in enumerate(signs) if place == 0 or sign not in ONE_WAY}
    places = [place for place, more in others.items() if more]
    for changed in range(1, 3):
        for some in combinations(places, changed):
            for letters in product(*(others[place] for place in some)):
                reading = list(likely)
                for place, letter in zip(some, letters, strict=True):
                    reading[place] = letter
                if len(" ".join([*found, "".join(reading)])) > most:
                    return " ".join(found)
                found.append("".join(reading))
    return " ".join(dict.fromkeys(found))


@cache
def _others(sign: str, likely: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    letters = pinyin(sign, style=Style.FIRST_LETTER, heteronym=True)[0]
    return tuple(letter for letter in dict.fromkeys(one[:1].lower() for one in letters) if letter and letter != likely[:1])
