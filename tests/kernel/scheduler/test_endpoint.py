"""What an endpoint's ends teach."""

from __future__ import annotations

import math

from ergos.kernel.models import Usage
from ergos.kernel.scheduler.endpoint import PAUSE_NS, Endpoint
from ergos.kernel.scheduler.order import Order
from ergos.kernel.scheduler.programs import Account, Call, Sending
from ergos.kernel.scheduler.wants import Ended, EndKind, Rules
from tests.kernel.scheduler.feeder import SECOND, cloud, replica, want


def sent(place: Endpoint, key: str, now_ns: int = 0, tokens: int = 1_000) -> Sending:
    wanted = want(key, 1, [place.spec.name], tokens=tokens)
    call = Call(wanted, Order().enter(wanted, Account(1.0), 0), 1, now_ns, ())
    sending = Sending(call, place.spec.name, now_ns, place.cached(call), hedge=False)
    place.send(sending)
    return sending


def ended(place: Endpoint, sending: Sending, kind: EndKind, now_ns: int, **more: object) -> None:
    place.forget(sending)
    usage = Usage(1_000, 50) if kind == "done" else Usage(known=False)
    told = Ended(ticket=sending.call.want.ticket, endpoint=place.spec.name, kind=kind, usage=usage, **more)  # type: ignore[arg-type]
    place.settle(sending, told, 1_300.0, now_ns)


def test_slots_are_kept_and_room_is_counted() -> None:
    place = Endpoint(replica("r", slots=2, kv_tokens=10_000), Rules())
    one, _ = sent(place, "1"), sent(place, "2")
    assert not place.open(0)
    assert place.opens_ns(0) is None
    assert place.in_flight == 2 * one.room
    place.first_token(one, SECOND)
    ended(place, one, "done", 2 * SECOND)
    assert place.open(2 * SECOND)
    assert place.in_flight == one.room
    assert place.unread == 1_000


def test_a_429_is_a_pause_and_no_failure() -> None:
    place = Endpoint(cloud("c"), Rules())
    for n in range(40):
        ended(place, sent(place, str(n)), "limited", n)
    assert place.breaker.state == "closed"
    assert not place.open(40)
    assert place.opens_ns(40) == 39 + PAUSE_NS
    ended(place, sent(place, "x"), "limited", 50, retry_after_ns=20 * SECOND)
    assert place.opens_ns(50) == 50 + 20 * SECOND


def test_a_callers_own_mistake_says_nothing_about_health() -> None:
    place = Endpoint(cloud("c"), Rules())
    for n in range(100):
        ended(place, sent(place, str(n)), "refused", n)
    assert place.open(100)


def test_the_service_rate_fades_when_nothing_ends() -> None:
    place = Endpoint(replica("r", slots=64), Rules())
    for n in range(100):
        ended(place, sent(place, str(n), n * SECOND), "done", (n + 1) * SECOND)
    rate = place.done_rate(100 * SECOND)
    assert math.isclose(rate, 1 / SECOND, rel_tol=0.1)
    assert math.isclose(place.charge_mean, 1_300)
    assert place.done_rate(400 * SECOND) < rate / 1_000


def test_new_limits_hold_at_once() -> None:
    place = Endpoint(replica("r", slots=8), Rules())
    place.change(replica("r", slots=1, kv_tokens=1_000))
    assert place.concurrency.limit == 1
    assert place.room_max == 950.0
    assert Endpoint(cloud("c"), Rules()).room_max == math.inf
