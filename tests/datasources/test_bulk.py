"""Many rows at once: what goes in comes out, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.city import City
from datasources.bulk import insert_rows
from datasources.models import Change

texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(texts, moments, st.dictionaries(texts, values, max_size=3)), max_size=5))
def test_what_goes_in_comes_out(city: City, found: list[tuple[str, datetime, dict[str, Any]]]) -> None:
    rows = [
        {
            "seq": 1_000_000 + i,
            "at": at,
            "actor": actor,
            "topic": "ticket",
            "kind": "ticket.report",
            "area_code": "5101",
            "entity_id": "x",
            "payload": payload,
        }
        for i, (actor, at, payload) in enumerate(found)
    ]
    with Session(city.database.engine) as session:
        insert_rows(session, Change, rows)
        stored = session.scalars(select(Change).where(Change.seq >= 1_000_000).order_by(Change.seq)).all()
        assert [(c.actor, c.at, c.payload) for c in stored] == found
        session.rollback()
