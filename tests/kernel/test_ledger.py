"""No sum is ever lost, no cap ever passed, no hold ever leaks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Hold
from ergos.kernel.ledger import Book, Caps, Ceiling, Payer, scopes, week_of
from ergos.kernel.permission import days

AMOUNTS = st.builds(Amount, st.integers(0, 60), st.integers(0, 60))
PAYERS = [Payer(Pid(n), f"agent{n % 2}", f"owner{n % 2}") for n in range(4)]
CAPS = st.builds(
    Caps,
    call=st.none() | AMOUNTS,
    process=st.none() | AMOUNTS,
    agent=st.none() | AMOUNTS,
    owner=st.none() | AMOUNTS,
    day=AMOUNTS | st.builds(Amount, st.just(-1), st.integers(0, 60)),
    week=st.none() | AMOUNTS,
    month=st.none() | AMOUNTS,
)


@given(CAPS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), AMOUNTS, st.integers(0, 100), st.booleans())))
def test_no_interleaving_of_calls_passes_a_cap_or_loses_a_cent(
    caps: Caps, acts: list[tuple[int, int, Amount, int, bool]]
) -> None:
    book = Book()
    open_: list[tuple[Payer, Hold]] = []
    for who, day, worst, share, settle_first in acts:
        if settle_first and open_:
            payer, hold = open_.pop(share % len(open_))
            part = Amount(hold.amount.microusd * share // 100, hold.amount.tokens * share // 100)
            assert book.settle(payer, hold, part) == ZERO
        payer = PAYERS[who]
        if book.refusal(payer, worst, caps, day) is None:
            hold = Hold(amount=worst, provider="p", day=day, long=True)
            book.hold(payer, hold)
            open_.append((payer, hold))
            for scope, key in scopes(payer, day):
                cap = getattr(caps, scope)
                meter = book.meters[key]
                used = meter.spent + meter.held
                assert cap is None or cap.microusd < 0 or used.microusd <= cap.microusd
                assert cap is None or cap.tokens < 0 or used.tokens <= cap.tokens
        assert book.imbalance() == ZERO
    for payer, hold in open_:
        book.settle(payer, hold, ZERO)
    assert book.imbalance() == ZERO
    assert all(meter.held == ZERO for meter in book.meters.values())
    assert all(balance == ZERO for name, balance in book.accounts.items() if name.startswith("held/"))


@given(AMOUNTS, AMOUNTS)
def test_a_charge_above_its_hold_is_booked_in_full_and_shown(worst: Amount, charge: Amount) -> None:
    book, payer = Book(), PAYERS[0]
    hold = Hold(amount=worst, provider="p", day=1)
    book.hold(payer, hold)
    overdraft = book.settle(payer, hold, charge)
    assert overdraft == Amount(max(0, charge.microusd - worst.microusd), max(0, charge.tokens - worst.tokens))
    assert book.accounts.get("paid/p", ZERO) == charge
    assert book.accounts.get("owner/owner0", ZERO) == -charge
    assert book.accounts.get("held/0", ZERO) == ZERO
    assert book.imbalance() == ZERO
    assert all((meter.held, meter.spent) == (ZERO, charge) for meter in book.meters.values())


def test_a_paid_call_without_any_cap_is_refused_and_a_free_one_is_not() -> None:
    book = Book()
    refused = book.refusal(PAYERS[0], Amount(1, 0), Caps(), 0)
    assert refused is not None
    assert refused.code == "E302"
    assert book.refusal(PAYERS[0], ZERO, Caps(), 0) is None
    assert book.refusal(PAYERS[0], Amount(0, 500), Caps(), 0) is None
    only_call = book.refusal(PAYERS[0], Amount(1, 0), Caps(call=Amount(5, 5)), 0)
    assert only_call is not None


def test_a_cap_is_reached_exactly_and_not_passed_by_one() -> None:
    book, payer, caps = Book(), PAYERS[0], Caps(day=Amount(10, -1))
    assert book.refusal(payer, Amount(10, 10**12), caps, 4) is None
    book.hold(payer, Hold(amount=Amount(10, 0), provider="p", day=4))
    assert book.refusal(payer, Amount(1, 0), caps, 4) is not None
    assert book.refusal(payer, Amount(1, 0), caps, 5) is None


def test_a_hold_counts_against_the_day_it_was_made_on() -> None:
    book, payer = Book(), PAYERS[0]
    hold = Hold(amount=Amount(10, 0), provider="p", day=4)
    book.hold(payer, hold)
    book.settle(payer, hold, Amount(7, 0))
    assert book.meters["day/owner0/4"].spent == Amount(7, 0)
    assert "day/owner0/5" not in book.meters


def test_what_changed_is_told_once_and_as_a_copy() -> None:
    book, payer = Book(), PAYERS[0]
    book.hold(payer, Hold(amount=Amount(1, 1), provider="p", day=0))
    assert book.dirty
    told = dict(book.changed())
    assert set(told) == {"owner/owner0", "held/0", "process/0", "agent/owner0/agent0", "day/owner0/0"}
    assert told["process/0"] is not book.meters["process/0"]
    assert not book.dirty
    assert list(book.changed()) == []


def test_stored_values_never_overwrite_newer_ones() -> None:
    book, payer = Book(), PAYERS[0]
    book.hold(payer, Hold(amount=Amount(1, 1), provider="p", day=0))
    book.load({"held/0": Amount(9, 9), "paid/p": Amount(3, 3)}, {})
    assert book.accounts["held/0"] == Amount(1, 1)
    assert book.accounts["paid/p"] == Amount(3, 3)


def test_a_month_is_a_month_of_the_calendar_and_of_one_agent() -> None:
    book, caps = Book(), Caps(month=Amount(10, -1))
    payer, other = PAYERS[0], Payer(PAYERS[0].pid, "another", PAYERS[0].owner)
    last_of_january = days.number(2027, 1, 31)
    book.hold(payer, Hold(amount=Amount(10, 0), provider="p", day=last_of_january, long=True))
    assert book.refusal(payer, Amount(1, 0), caps, last_of_january) is not None
    assert book.refusal(payer, Amount(1, 0), caps, last_of_january - 30) is not None
    assert book.refusal(payer, Amount(1, 0), caps, last_of_january + 1) is None
    assert book.refusal(other, Amount(1, 0), caps, last_of_january) is None


def test_a_week_begins_on_monday() -> None:
    monday = days.number(2026, 11, 23)
    assert {week_of(monday + day) for day in range(7)} == {week_of(monday)}
    assert week_of(monday - 1) == week_of(monday) - 1
    assert week_of(monday + 7) == week_of(monday) + 1


def test_a_hold_of_an_older_journal_leaves_week_and_month_alone() -> None:
    book, payer = Book(), PAYERS[0]
    hold = Hold(amount=Amount(3, 3), provider="p", day=20_000)
    book.hold(payer, hold)
    book.settle(payer, hold, Amount(1, 1))
    assert not any(key.startswith(("week/", "month/")) for key in book.meters)


SHARED = (Ceiling("task", "task/1", Amount(20, -1)), Ceiling("peer", "peer/owner0/acme/0", Amount(30, 40)))


@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 1)), AMOUNTS, st.integers(0, 100)), max_size=30))
def test_what_processes_spend_together_never_passes_their_ceiling(
    acts: list[tuple[int, set[int], Amount, int]],
) -> None:
    book, caps = Book(), Caps(day=Amount(10**9, 10**9))
    open_: list[tuple[Payer, Hold]] = []
    for who, which, worst, share in acts:
        shared = tuple(SHARED[one] for one in sorted(which))
        if book.refusal(PAYERS[who], worst, caps, 0, shared) is None:
            hold = Hold(amount=worst, provider="p", day=0, also=tuple(one.key for one in shared))
            book.hold(PAYERS[who], hold)
            open_.append((PAYERS[who], hold))
        elif open_:
            payer, hold = open_.pop(share % len(open_))
            book.settle(payer, hold, Amount(hold.amount.microusd * share // 100, hold.amount.tokens))
        for one in SHARED:
            meter = book.meters.get(one.key)
            used = meter.spent + meter.held if meter is not None else ZERO
            assert used.microusd <= one.most.microusd
            assert one.most.tokens < 0 or used.tokens <= one.most.tokens
    for payer, hold in open_:
        book.settle(payer, hold, ZERO)
    assert all(meter.held == ZERO for meter in book.meters.values())


def test_meters_that_nobody_spends_from_are_dropped() -> None:
    book = Book()
    book.hold(PAYERS[0], Hold(amount=Amount(1, 1), provider="p", day=0, also=("task/1",)))
    book.drop(("task/1", "task/2"))
    assert not book.known("task/1")
    assert book.known("process/0")
