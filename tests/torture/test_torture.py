"""The short form of `make torture`: a few hundred phones, kill -9, cuts, phones asleep, two phones for one unit."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from dashboard.city import build_city
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from datasources.models import DeliveryStep
from tests.conftest import ADMIN, OFFICER, Running
from tests.proxy import Proxy
from tests.torture.phone import Phone
from tests.torture.run import Crowd, Plan, run
from tests.waiting import wait_for

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


def test_fifty_answers_of_an_hour_without_network_arrive_once_with_both_times(running: Running) -> None:
    city = build_city(running.settings)
    for order in city.orders.listed(ADMIN, 500, ""):  # those of the test before would be answered as well
        if order["state"] == "running":
            city.orders.call_off(ADMIN, order["id"])
    unit = next(one for one in city.units.covering(ADMIN, "5101", 500) if one["duty"] == "on_duty")
    proxy = Proxy(int(running.server.address.rpartition(":")[2]))
    phone = Phone(proxy.port, running.token("unit", unit["area_code"], unit["id"]), unit["id"], random.Random(3), 1.0, timedelta(hours=-1))
    phone.silent.set()
    crowd = Crowd([phone])
    try:
        to = Criteria(area="5101", units=[unit["id"]])
        for number in range(13):
            city.orders.send(OFFICER, NewOrder(key=f"hour-{number:08d}", title="巡查", text="请巡查", to=to))
        wait_for(lambda: phone.kept == 13 * 4, 60)
        proxy.cut()
        running.server.kill()  # and the server did not stay either
        running.server.start()
        phone.silent.clear()
        time.sleep(1)
        assert phone.journal.confirmed == {}
        proxy.restore()
        wait_for(lambda: phone.idle and len(phone.journal.confirmed) == 13 * 4, 60)
    finally:
        crowd.end()
        proxy.close()
    with city.database.read() as session:
        wanted = list(phone.journal.confirmed)
        stored = session.scalars(select(DeliveryStep).where(DeliveryStep.key.in_(wanted))).all()
    found = [(step.arrived_at - step.tapped_at).total_seconds() for step in stored]
    city.close()
    assert len(found) == 52
    assert all(3500 < late < 3800 for late in found)
