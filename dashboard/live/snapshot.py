"""The picture of an area as the tables have it: the truth that patches must lead to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from dashboard.codes import ancestors, child_towards, end_of, is_detail, staff_above
from dashboard.live.picture import FIGURES, Picture, Rows, shown_ticket
from dashboard.rows import delivery_row, order_row, ticket_row, warning_row
from dashboard.units import rows as unit_rows
from datasources.queries import areas, changes, dispatch, tickets, units, video, warnings

MOST_UNITS = 2000


def take(session: Session, area_code: str) -> Picture:
    """Read the picture of an area in one consistent read of the database."""
    low, high = area_code, end_of(area_code)
    detail = is_detail(area_code)
    above = staff_above(area_code) if detail else []
    running = {order.id: order_row(order) for order in dispatch.running(session)}
    found = dispatch.deliveries(session, list(running), low, high, above) if detail and running else []
    if detail:
        counts: dict[str, dict[str, int]] = {}
        for delivery in found:
            states = counts.setdefault(delivery.order_id, {})
            states[delivery.state] = states.get(delivery.state, 0) + 1
    else:
        counts = dispatch.counts(session, list(running), low, high) if running else {}
    staff = units.covering(session, low, high, above, MOST_UNITS) if detail else []
    return Picture(
        area=area_code,
        seq=changes.last_seq(session),
        figures=_figures(session, area_code),
        tickets={t.id: shown_ticket(area_code, ticket_row(t)) for t in tickets.open_within(session, low, high)},
        warnings={w.id: warning_row(w) for w in warnings.in_force(session, low, high, ancestors(area_code))},
        orders={order_id: {**running[order_id], "counts": counts[order_id]} for order_id in running if order_id in counts},
        units={row["id"]: row for row in unit_rows(session, staff)},
        deliveries={d.id: delivery_row(d) for d in found},
        running=running,
    )


def _figures(session: Session, area_code: str) -> Rows:
    low, high = area_code, end_of(area_code)
    codes = [area_code, *(child for _, child in areas.children_of_many(session, [area_code]))]
    figures: Rows = {code: dict.fromkeys(FIGURES, 0) for code in codes}

    def add(code: str, **differences: int) -> None:
        for target in (area_code, child_towards(area_code, code)):
            if target is not None:
                row = figures.setdefault(target, dict.fromkeys(FIGURES, 0))
                for name, n in differences.items():
                    row[name] += n

    for code, count, on_duty in units.count_by_area(session, low, high):
        add(code, units=count, on_duty=on_duty)
    for code, count, overdue in tickets.count_by_area(session, low, high):
        add(code, tickets=count, overdue=overdue)
    for code, count, online in video.count_by_area(session, low, high):
        add(code, video=count, video_online=online)
    for code, count in dispatch.unanswered_by_area(session, low, high):
        add(code, unanswered=count)
    return figures
