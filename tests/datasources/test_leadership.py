"""One of several workers leads; when it goes, another does; on SQLite the only one always does."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from datasources.database import Database
from datasources.leadership import Elected, open_leadership
from tests.waiting import wait_for


def test_the_only_worker_leads(tmp_path: Path) -> None:
    leadership = open_leadership(Database(f"sqlite:///{tmp_path / 'x.db'}"))
    leadership.start(lambda: None)
    assert leadership.leads()


@pytest.mark.postgres
def test_one_leads_and_another_takes_over_when_it_ends(postgres_url: str) -> None:
    first, second = (open_leadership(Database(postgres_url)) for _ in range(2))
    began: list[str] = []
    first.start(lambda: began.append("first"))
    second.start(lambda: began.append("second"))
    assert first.leads()
    assert not second.leads()
    first.close()
    assert not first.leads()
    wait_for(second.leads, 8)
    assert began == ["first", "second"]
    second.close()


@pytest.mark.postgres
def test_a_leader_whose_connection_is_cut_stops_leading_and_one_of_them_goes_on(postgres_url: str) -> None:
    databases = [Database(postgres_url) for _ in range(3)]
    first, second = (Elected(database) for database in databases[:2])
    first.start(lambda: None)
    second.start(lambda: None)
    with databases[2].engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        connection.commit()
    wait_for(lambda: first._connection is None or second._connection is not None, 8)
    wait_for(lambda: first.leads() != second.leads(), 8)
    with databases[2].engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 1
    first.close()
    second.close()
