"""A call's span holds when it was performed, what it waited for, what it cost and what became of it."""

from __future__ import annotations

import msgspec

from ergos.app.trace.spans import Fold, Piece, body_of
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Resulted,
    Woken,
    encode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import UNTRUSTED

PAY = Call(key="p", kind="act", name="pay", args={}, effect="irreversible")


def sealed(*bodies: Body | bytes, turn: int = 1, first: int = 1) -> list[Sealed]:
    encoded = [body if isinstance(body, bytes) else encode_body(body) for body in bodies]
    return [Sealed(first + at, Pid(7), turn, (first + at) * 10, body, b"") for at, body in enumerate(encoded)]


def folded(*bodies: Body | bytes) -> Fold:
    fold = Fold()
    fold.take(sealed(*bodies))
    return fold


def test_waiting_for_the_owner_and_being_performed_are_told_apart():
    fold = folded(
        Woken("start"),
        Asked("p", 3, "approval", Digest("d"), 99, PAY, why="much money", rule="grant"),
        Answered(3, "p", "approve", "ann"),
        Intended(PAY, Hold(amount=Amount(500, 0), provider="pay", day=1), "g1", "ann"),
        Resulted("p", value=msgspec.Raw(b'"paid"'), label=UNTRUSTED, charge=Amount(400, 0)),
        Exited("done", outcome=msgspec.Raw(b"1")),
    )
    (span,) = fold.spans
    assert span.pieces == [Piece("owner", 20, 30), Piece("run", 40, 50)]
    assert (span.stands, span.grant, span.rule, span.decided_by, span.verdict) == (
        "answered",
        "g1",
        "grant",
        "ann",
        "approve",
    )
    assert (span.charge, span.provider, span.label) == (Amount(400, 0), "pay", UNTRUSTED)
    assert (span.seq, span.end_seq, span.lasted_ns(999)) == (2, 5, 30)
    (lap,) = fold.laps
    assert (lap.cause, lap.how, lap.calls, lap.charge, bytes(fold.outcome)) == (
        "start",
        "done",
        1,
        Amount(400, 0),
        b"1",
    )


def test_a_wait_in_a_queue_is_told_apart_once_there_is_a_result():
    begun = (Woken("start"), Intended(PAY))
    assert folded(*begun).spans[0].pieces == [Piece("run", 20, None)], "nobody knows yet how much of it is a queue"
    (span,) = folded(*begun, Resulted("p", queued_ns=4)).spans
    assert (span.pieces, span.queued_ns) == ([Piece("queue", 20, 24), Piece("run", 24, 30)], 4)


def test_a_wait_longer_than_the_call_or_less_than_none_is_cut():
    for claimed, queued in ((10**30, 10), (-1, 0)):
        (span,) = folded(Woken("start"), Intended(PAY), Resulted("p", queued_ns=claimed)).spans
        assert span.queued_ns == queued
        assert sum((piece.to_ns or 0) - piece.from_ns for piece in span.pieces) == 10


def test_a_call_repeated_after_a_crash_waits_from_its_repetition():
    (span,) = folded(Woken("start"), Intended(PAY), Repeated("p"), Resulted("p", queued_ns=4)).spans
    assert span.pieces == [Piece("run", 20, 30), Piece("queue", 30, 34), Piece("run", 34, 40)]


def test_a_model_call_that_was_sent_again_waits_until_it_was_sent_to_who_answered():
    again = Repeated("p", charge=Amount(5, 0), sent_again=True)
    (later,) = folded(Woken("start"), Intended(PAY), again, Resulted("p", queued_ns=14)).spans
    assert later.pieces == [Piece("queue", 20, 34), Piece("run", 34, 40)]
    (earlier,) = folded(Woken("start"), Intended(PAY), again, Resulted("p", queued_ns=4)).spans
    assert earlier.pieces == [Piece("queue", 20, 24), Piece("run", 24, 40)], "the other one, beside it, was slower"
    assert len(earlier.retries) == 1


def test_waits_for_its_owner_in_a_queue_and_performed_are_three():
    (span,) = folded(
        Woken("start"),
        Asked("p", 3, "approval", Digest("d"), 99, PAY),
        Answered(3, "p", "approve", "ann"),
        Intended(PAY),
        Resulted("p", queued_ns=7),
    ).spans
    assert span.pieces == [Piece("owner", 20, 30), Piece("queue", 40, 47), Piece("run", 47, 50)]


def test_a_call_that_waits_began_when_its_program_last_moved():
    ask = Call(key="r", kind="receive", name="mail", args={})
    fold = folded(Woken("start"), Called(ask, value=msgspec.Raw(b"{}")))
    assert fold.spans[0].pieces == [Piece("mail", 10, 20)]


def test_a_call_performed_again_shows_every_attempt_and_all_of_its_cost():
    fold = folded(
        Woken("start"),
        Intended(PAY),
        Repeated("p", charge=Amount(5, 0), why="idempotent"),
        Resulted("p", failure=Failure("E501", "no")),
    )
    (span,) = fold.spans
    assert [one.why for one in span.retries] == ["idempotent"]
    assert span.charge == Amount(5, 0)
    assert span.stands == "failed"
    assert fold.laps[0].failures == 1


def test_what_is_open_in_doubt_or_refused_says_so():
    assert folded(Woken("start"), Intended(PAY)).spans[0].stands == "running"
    assert folded(Woken("start"), Intended(PAY), Doubted("p", 4, "lost")).spans[0].stands == "doubt"
    assert folded(Woken("start"), Refused(PAY, Failure("E301", "no"))).spans[0].stands == "refused"
    asked = Asked("p", 3, "approval", Digest("d"), 99, PAY)
    assert folded(Woken("start"), asked).spans[0].stands == "waiting"


def test_an_answer_to_another_turns_call_is_nobodys():
    fold = folded(Woken("mail"), Answered(9, "elsewhere", "answer", "ann"), Resulted("elsewhere", late=True))
    assert fold.spans == []


def test_records_of_another_version_are_counted_and_left_out():
    fold = folded(Woken("start"), b'{"k":"from-the-future","x":1}', b"\xff\xfe", b"[]", Committed(msgspec.Raw(b"{}")))
    assert fold.unknown == [2, 3, 4]
    assert fold.laps[0].how == "idle"
    assert body_of(sealed(b"null")[0]) is None


def test_the_other_process_of_a_call_is_named():
    spawn = Call(key="s", kind="spawn", name="worker", args={})
    send = Call(key="t", kind="send", name="9", args={"to": msgspec.Raw(b"9"), "body": msgspec.Raw(b"1")})
    odd = Call(key="u", kind="send", name="x", args={"to": msgspec.Raw(b'"x"')})
    fold = folded(Woken("start"), Called(spawn, value=msgspec.Raw(b"8")), Called(send), Called(odd))
    assert [span.child for span in fold.spans] == [8, 9, None]
