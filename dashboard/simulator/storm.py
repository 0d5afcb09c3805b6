"""The story: a storm comes over one district, grows, is at its worst, and goes; then it is another district's turn.

Pure: seconds in, what holds then out.
"""

from __future__ import annotations

from dataclasses import dataclass

ROUND_S = 90 * 60.0
"""One storm and the calm after it."""
FIRST_S = 25 * 60.0
"""Where in the round the story begins: at the worst, so that there is something to see."""


@dataclass(frozen=True)
class Phase:
    """What holds for a while: the storm's level, how often tickets and orders come, how many of the tickets are in its district."""

    name: str
    until_s: float
    level: str | None
    ticket_every_s: float
    order_every_s: float
    inside: float
    red: float
    """How many of the tickets are red."""


PHASES = (
    Phase("coming", 10 * 60, "yellow", 30, 600, 0.4, 0.0),
    Phase("growing", 25 * 60, "orange", 20, 420, 0.6, 0.02),
    Phase("worst", 45 * 60, "red", 14, 240, 0.75, 0.04),
    Phase("easing", 60 * 60, "orange", 24, 600, 0.5, 0.0),
    Phase("going", 78 * 60, "yellow", 35, 900, 0.3, 0.0),
    Phase("calm", ROUND_S, None, 45, 1200, 0.0, 0.0),
)


def at(seconds: float) -> tuple[int, Phase]:
    """The number of the storm, and its phase, so many seconds after the story began."""
    number, into = divmod(FIRST_S + seconds, ROUND_S)
    return int(number), next(phase for phase in PHASES if into < phase.until_s)
