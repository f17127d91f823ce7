from __future__ import annotations

from ergos.app.views.calls import Assembly
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Doubted,
    Intended,
    Refused,
    Repeated,
    Resulted,
    Woken,
    encode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import UNTRUSTED
from tests.app.views.rig import RAW, call

HOLD = Hold(amount=Amount(100, 10), provider="auto", day=1)


def assembled(*bodies: tuple[int, Body]) -> Assembly:
    """Records at 10, 20, 30 ... nanoseconds, with their turns."""
    assembly = Assembly()
    for seq, (turn, body) in enumerate(bodies, 1):
        assembly.take(Sealed(seq, Pid(1), turn, 10 * seq, encode_body(body), b""))
    return assembly


def test_a_call_goes_from_its_intent_to_its_result() -> None:
    made = assembled(
        (1, Intended(call("a", "think", "model.auto"), HOLD, "g")),
        (1, Woken("mail")),
        (1, Resulted("a", label=UNTRUSTED, charge=Amount(60, 6), provider="near/big")),
    )
    (row,) = [one.row() for one in made.made.values()]
    assert (row.first_seq, row.intent_seq, row.result_seq) == (1, 1, 3)
    assert (row.started_ns, row.ended_ns, row.ran_ns, row.waited_ns) == (10, 30, 20, 0)
    assert (row.microusd, row.tokens, row.held_microusd, row.provider) == (60, 6, 0, "near/big")
    assert (row.grant, row.label) == ("g", UNTRUSTED)
    assert made.open == 0


def test_its_wait_in_a_queue_is_told_from_its_being_performed() -> None:
    made = assembled((1, Intended(call("a"))), (1, Woken("mail")), (1, Resulted("a", queued_ns=15)))
    (row,) = [one.row() for one in made.made.values()]
    assert (row.queued_ns, row.ran_ns, row.waited_ns) == (15, 5, 0)


def test_a_wait_that_cannot_be_is_cut_to_the_time_of_the_call() -> None:
    for claimed, queued, ran in ((10**30, 10, 0), (-5, 0, 10)):
        made = assembled((1, Intended(call("a"))), (1, Resulted("a", queued_ns=claimed)))
        (row,) = [one.row() for one in made.made.values()]
        assert (row.queued_ns, row.ran_ns) == (queued, ran)


def test_time_counts_from_the_repetition_after_a_crash_and_from_the_intent_of_a_call_sent_again() -> None:
    for again, ran in ((False, 6), (True, 16)):
        made = assembled(
            (1, Intended(call("a"), HOLD)),
            (1, Repeated("a", Amount(1, 1), HOLD, sent_again=again)),
            (1, Resulted("a", queued_ns=4)),
        )
        (row,) = [one.row() for one in made.made.values()]
        assert (row.queued_ns, row.ran_ns) == (4, ran)


def test_what_its_owner_thought_about_a_doubt_is_not_time_it_ran() -> None:
    made = assembled(
        (1, Intended(call("a", effect="irreversible"))),
        (1, Doubted("a", 3, "power")),
        (1, Answered(3, "a", "done", "alice")),
        (1, Resulted("a")),
    )
    (row,) = [one.row() for one in made.made.values()]
    assert (row.ran_ns, row.waited_ns) == (10, 10)


def test_what_its_owner_was_asked_is_a_wait_of_the_call() -> None:
    made = assembled(
        (1, Asked("a", 7, "approval", Digest("d"), 99, call("a"), "why", "rule")),
        (1, Answered(7, "a", "approve", "alice")),
        (1, Intended(call("a"), None, "g", "alice")),
    )
    (row,) = [one.row() for one in made.made.values()]
    assert (row.item, row.verdict, row.approved_by) == (7, "approve", "alice")
    assert (row.asked_ns, row.answered_ns, row.waited_ns, row.started_ns) == (10, 20, 10, 30)
    assert row.ended_ns is None
    assert made.open == 1


def test_calls_of_one_key_in_two_turns_are_two() -> None:
    made = assembled(
        (1, Intended(call("a"))), (2, Intended(call("a"))), (2, Resulted("a")), (1, Resulted("a", late=True))
    )
    first, second = [one.row() for one in made.made.values()]
    assert (first.turn, first.result_seq, first.late) == (1, 4, True)
    assert (second.turn, second.result_seq, second.late) == (2, 3, False)


def test_repeats_refusals_and_doubts_are_told() -> None:
    failure = Failure("E302", "no cover")
    made = assembled(
        (1, Intended(call("a"), HOLD)),
        (1, Repeated("a", Amount(100, 10), HOLD)),
        (1, Refused(call("b"), failure)),
        (1, Intended(call("c", effect="irreversible"))),
        (1, Doubted("c", 3, "power")),
        (1, Answered(3, "c", "done", "alice")),
    )
    a, b, c = [one.row() for one in made.made.values()]
    assert (a.repeats, a.microusd, a.held_microusd) == (1, 100, 100)
    assert (b.refused, b.failure, b.ended_ns) == (True, failure, 30)
    assert (c.doubted, c.item, c.verdict, c.effect) == (True, 3, "done", "irreversible")


def test_the_other_process_of_a_call_is_named() -> None:
    others = assembled(
        (1, Called(call("a", "send", "4", args={"to": RAW(b"4")}), RAW(b"1"))),
        (1, Called(call("b", "spawn", "clerk"), RAW(b"5"))),
        (1, Called(call("c", "wait", "5", args={"pid": RAW(b"5")}))),
        (1, Called(call("d", "receive", "mail"), RAW(b'{"id":1,"sender":6,"body":0}'))),
        (1, Called(call("e", "receive", "mail"), RAW(b"null"))),
        (1, Called(call("f", "recall", "x"), RAW(b"7"))),
        (1, Called(call("g", "send", "x", args={"to": RAW(b'"nobody"')}))),
    )
    assert [one.row().other for one in others.made.values()] == [4, 5, 5, 6, 0, 0, 0]


def test_what_is_no_record_or_has_no_beginning_is_left_out() -> None:
    made = assembled((1, Resulted("lost")))
    made.take(Sealed(9, Pid(1), 1, 1, b"{", b""))
    made.take(Sealed(9, Pid(1), 1, 1, b'{"k":"new"}', b""))
    assert made.made == {}
