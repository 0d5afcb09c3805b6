"""The short form of `make torture`: a few hundred phones, kill -9, cuts, phones asleep, two phones for one unit."""

from __future__ import annotations

import pytest

from dashboard.city import build_city
from tests.conftest import Running
from tests.torture.run import Plan, run

pytestmark = pytest.mark.xdist_group("torture")


def test_no_order_and_no_answer_is_lost_doubled_or_seen_by_others(running: Running) -> None:
    city = build_city(running.settings)
    plan = Plan(seed=5, deliveries=2500, phones=100, zeal=0.5, kill_every=5, cut_every=4, pace=0.4)
    found = run(plan, running.server, city, running.token)
    city.close()
    print(found)
    assert found.deliveries >= plan.deliveries
    assert found.answers > 500
    assert found.clean, str(found)
