"""The simulator finds bugs in how model calls are held, sent, charged and answered: each of these is planted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ergos.base.money import ZERO
from ergos.kernel.events import Repeated
from ergos.kernel.packages import Performed
from ergos.kernel.scheduler import limits
from ergos.runtime import dispatcher, guest_turn, guests, journeys, model_calls, settlement
from ergos.sim.explore import crash_histories, run_seed

SEEDS = 1_400
"""Within which every planted bug must be found; most need a handful."""


def no_new_hold_before_a_second_sending(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(journeys.Journey, "spoken_for", property(lambda self: False))


def hedge_without_a_hold(patch: pytest.MonkeyPatch) -> None:
    real = dispatcher.Dispatcher._try

    def attempt(self: Any, journey: Any, sending: Any) -> None:
        sending.covered = sending.covered or sending.start.hedge
        real(self, journey, sending)

    patch.setattr(dispatcher.Dispatcher, "_try", attempt)


def hold_released_at_retry(patch: pytest.MonkeyPatch) -> None:
    def again(self: Any, resident: Any, flight: Any, *, beside: bool) -> Any:
        machine, past = self._machine, flight.pending.past
        if past.hold is not None:
            machine.book.settle(resident.payer, past.hold, ZERO)
        past.hold = self.reserve(resident, flight.work.worst, flight.work.choice.endpoints[0].name)
        record = Repeated(past.call.key, ZERO, past.hold, "pure", sent_again=True)
        machine.submit(resident, (record,), None, self.when_durable(flight))

    patch.setattr(settlement.Settlement, "again", again)


def hold_released_after_a_crash(patch: pytest.MonkeyPatch) -> None:
    real = settlement.Settlement.repeat

    def repeat(self: Any, resident: Any, pending: Any, why: Any) -> None:
        past = pending.past
        if past.hold is not None and past.call.kind == "think":
            self._machine.book.settle(resident.payer, past.hold, ZERO)
            past.hold = None
        real(self, resident, pending, why)

    patch.setattr(settlement.Settlement, "repeat", repeat)


def truncated_stream_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = model_calls._failed

    def failed(error: Any, **how: Any) -> Any:
        sent = real(error, **how)
        if not sent.billed:
            return sent
        return msgspec.structs.replace(sent, billed=False, outcome=settlement.Withdrawn("it broke"))

    patch.setattr(model_calls, "_failed", failed)


def an_error_in_the_middle_taken_for_free(patch: pytest.MonkeyPatch) -> None:
    real = model_calls._failed
    patch.setattr(model_calls, "_failed", lambda error, **_: real(error))


def lies_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(model_calls, "_believed", lambda came: came)


def charged_more_than_held(patch: pytest.MonkeyPatch) -> None:
    real = settlement.Settlement._judged

    def judged(self: Any, resident: Any, pending: Any, outcome: Any) -> Any:
        found = real(self, resident, pending, outcome)
        if isinstance(outcome, Performed) and outcome.bill is not None and outcome.bill.amount is not None:
            return msgspec.structs.replace(found, charge=outcome.bill.amount)
        return found

    patch.setattr(settlement.Settlement, "_judged", judged)


def sent_before_its_hold_is_durable(patch: pytest.MonkeyPatch) -> None:
    real = settlement.Settlement.when_durable

    def at_once(self: Any, flight: Any) -> Callable[[object], None]:
        if flight.work is None:
            return real(self, flight)
        asyncio.get_running_loop().call_soon(self._launcher.dispatch, flight)
        return lambda _: None

    patch.setattr(settlement.Settlement, "when_durable", at_once)


def sent_after_its_process_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dispatcher, "ENDED", frozenset())
    patch.setattr(dispatcher.Dispatcher, "withdraw", lambda self, resident: None)


def more_at_once_than_slots(patch: pytest.MonkeyPatch) -> None:
    real = limits.Concurrency.__init__
    patch.setattr(
        limits.Concurrency,
        "__init__",
        lambda self, stated, **named: real(self, None if stated is None else 99, **named),
    )


def over_before_durable_and_sent_all_the_same(patch: pytest.MonkeyPatch) -> None:
    real = dispatcher.Dispatcher.dispatch

    def dispatch(self: Any, flight: Any) -> None:
        self._machine.table[flight.ticket.pid].flying.setdefault(flight.ticket.key, flight)
        real(self, flight)

    patch.setattr(dispatcher.Dispatcher, "dispatch", dispatch)


def failure_given_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guest_turn, "_succeeded", lambda past: past.result is not None)


def answer_given_twice_in_one_life(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guest_turn.GuestTurn, "borrow", lambda self, key: False)


def nothing_given_again(patch: pytest.MonkeyPatch) -> None:
    real = guest_turn.GuestTurn.begin

    def begin(self: Any, life: int) -> None:
        real(self, life)
        self._answered.clear()

    patch.setattr(guest_turn.GuestTurn, "begin", begin)


def key_used_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guest_turn.GuestTurn, "_count", lambda self, call: None)


def token_of_an_earlier_life_accepted(patch: pytest.MonkeyPatch) -> None:
    real = guests.Guests.call

    async def call(self: Any, visitor: Any, *rest: Any, **named: Any) -> Any:
        present = await self.present(visitor.pid)
        return await real(self, present or visitor, *rest, **named)

    patch.setattr(guests.Guests, "call", call)


PLANTED = (
    no_new_hold_before_a_second_sending,
    hedge_without_a_hold,
    hold_released_at_retry,
    hold_released_after_a_crash,
    truncated_stream_forgotten,
    an_error_in_the_middle_taken_for_free,
    lies_believed,
    charged_more_than_held,
    sent_before_its_hold_is_durable,
    sent_after_its_process_ended,
    more_at_once_than_slots,
    over_before_durable_and_sent_all_the_same,
    failure_given_again,
    answer_given_twice_in_one_life,
    nothing_given_again,
    key_used_again,
    token_of_an_earlier_life_accepted,
)


BEGIN = {over_before_durable_and_sent_all_the_same: 3_500}
"""Where the search for a rare one begins; it needs a crash between two certain commits."""
FOUND = {
    hedge_without_a_hold: 39,
    an_error_in_the_middle_taken_for_free: 13,
    charged_more_than_held: 13,
    sent_after_its_process_ended: 20,
    over_before_durable_and_sent_all_the_same: 3_528,
    answer_given_twice_in_one_life: 226,
    token_of_an_earlier_life_accepted: 8,
}
"""The first seed that finds it, which is tried before the others: where it finds nothing any more, all are searched."""


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    begin = BEGIN.get(plant, 1)
    for seed in (FOUND.get(plant, begin), *range(begin, begin + SEEDS)):
        try:
            run_seed(seed)
        except Exception:
            return
    for _, (_, came) in zip(range(SEEDS), crash_histories(), strict=False):
        if isinstance(came, Exception):
            return
    pytest.fail(f"nothing was found within {SEEDS} seeds")
