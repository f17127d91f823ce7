"""The simulator's own view of money sees what should not be; the whole of it is tried on planted bugs."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.canonical import Plain, encode
from ergos.base.ids import KERNEL, Digest
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import Attached, Body, Exited, Intended, Repeated, Replayed, Resulted, Spawned
from ergos.kernel.ledger import Caps
from ergos.kernel.own_events import Booted
from ergos.kernel.packages import Definition
from ergos.kernel.values import pack
from ergos.sim.billing import Bills, BrokenError
from ergos.sim.provider import Sending

DEFINITION = Definition(agent="a", program="a", caps=Caps(process=Amount(100, -1), call=Amount(-1, 60)))
WORST = Amount(40, 50)
HOLD = Hold(amount=WORST, provider="near/a", day=1)


def model_call(words: str = "hi", key: str = "k") -> Call:
    body: Plain = {"model": "auto", "messages": [{"role": "user", "content": words}]}
    args = {"dialect": pack("openai.chat")[0], "body": pack(body)[0]}
    return Call(key=key, kind="think", name="model.auto", args=args)


def answer(charge: int, key: str = "k", *, tokens: int = 5) -> Resulted:
    return Resulted(key, pack({"body": "said"})[0], charge=Amount(charge, tokens))


def sending(number: int = 1, **changes: object) -> Sending:
    made: dict[str, object] = {
        "number": number,
        "pid": 1,
        "words": "hi",
        "endpoint": "near/a",
        "worst": WORST,
        **changes,
    }
    return Sending(**made)  # type: ignore[arg-type]


def bills(*bodies: Body, owner: Amount | None = None) -> Bills:
    found = Bills(lambda _: encode(msgspec.to_builtins(DEFINITION)), lambda _, owned: Caps(owner=owner))
    found.take(0, 0, Booted("1", "here", 1))
    found.take(1, 1, Spawned("alice", "a", Digest("0" * 64), KERNEL))
    for body in bodies:
        found.take(1, 1, body)
    return found


def test_a_call_that_is_held_sent_and_charged_is_in_order() -> None:
    found = bills(Intended(model_call(), HOLD))
    one = sending(billed=20)
    found.sends(one)
    one.under_way = False
    found.take(1, 1, answer(20))
    found.squared()
    assert found.answers(1, "hi") == ("said",)
    assert found.records(1, "hi") == 2


def test_what_is_sent_without_a_durable_hold_is_noticed() -> None:
    for found in (bills(), bills(Intended(model_call(), None)), bills(Intended(model_call(), HOLD), answer(1))):
        with pytest.raises(BrokenError, match="nothing durable covers"):
            found.sends(sending())


def test_a_hold_covers_one_sending_and_an_error_status_gives_it_back() -> None:
    found = bills(Intended(model_call(), HOLD))
    first = sending()
    found.sends(first)
    with pytest.raises(BrokenError, match="only 1 sendings"):
        found.sends(sending(2))
    first.under_way, first.fate = False, "down"
    found.sends(sending(2))
    found.take(1, 1, Repeated("k", WORST, HOLD))
    found.sends(sending(3))


def test_a_hold_that_is_too_small_for_where_it_is_sent_is_noticed() -> None:
    with pytest.raises(BrokenError, match="may cost"):
        bills(Intended(model_call(), HOLD)).sends(sending(worst=Amount(41, 50)))


def test_what_is_sent_after_the_end_or_to_an_unknown_price_is_noticed() -> None:
    with pytest.raises(BrokenError, match="ended"):
        bills(Intended(model_call(), HOLD), Exited("killed")).sends(sending())
    with pytest.raises(BrokenError, match="unknown"):
        bills(Intended(model_call(), HOLD)).sends(sending(worst=Amount()))


def test_a_hold_above_a_cap_is_noticed_in_every_scope() -> None:
    second = Intended(model_call(key="k2"), HOLD)
    third = Intended(model_call(key="k3"), HOLD)
    assert bills(Intended(model_call(), HOLD), second)
    with pytest.raises(BrokenError, match="process"):
        bills(Intended(model_call(), HOLD), second, third)
    with pytest.raises(BrokenError, match="owner"):
        bills(Intended(model_call(), HOLD), second, owner=Amount(79, -1))
    with pytest.raises(BrokenError, match="call"):
        bills(Intended(model_call(), msgspec.structs.replace(HOLD, amount=Amount(40, 61))))


@pytest.mark.parametrize("charge", [answer(41), answer(-1), answer(1, tokens=-1), answer(1, tokens=51)])
def test_a_charge_outside_its_hold_is_noticed(charge: Resulted) -> None:
    with pytest.raises(BrokenError):
        bills(Intended(model_call(), HOLD), charge)


def test_a_charge_without_a_hold_is_noticed() -> None:
    with pytest.raises(BrokenError, match="nothing was set aside"):
        bills(Intended(model_call(), None), answer(1))


def test_an_invoice_above_what_was_charged_is_noticed_unless_its_vendor_lied() -> None:
    for honest in (True, False):
        found = bills(Intended(model_call(), HOLD))
        found.sends(sending(billed=30, honest=honest, under_way=False))
        found.take(1, 1, answer(20))
        if honest:
            with pytest.raises(BrokenError, match="bill 30"):
                found.squared()
        else:
            found.squared()


def test_starts_are_counted_and_only_good_answers_are_given_again() -> None:
    with pytest.raises(BrokenError, match="start 2"):
        bills(Attached(2))
    with pytest.raises(BrokenError, match="no good answer"):
        bills(Intended(model_call(), HOLD), Replayed("k"))
    failed = Resulted("k", failure=Failure("E506", "broken"), charge=WORST)
    with pytest.raises(BrokenError, match="no good answer"):
        bills(Intended(model_call(), HOLD), failed, Replayed("k"))
    assert bills(Attached(1), Intended(model_call(), HOLD), answer(5), Attached(2), Replayed("k"))
