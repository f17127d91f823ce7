"""What a foreign program asks again is told by content, in order, once."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.limits import CALLS_PER_TURN_MAX, GUEST_TURN_CALLS
from ergos.kernel.calls import Failure
from ergos.kernel.events import Attached, Body, Intended, Refused, Replayed, Resulted
from ergos.kernel.history import Past
from ergos.kernel.labels import UNTRUSTED, USER
from ergos.kernel.syscalls import Answer, Request
from ergos.kernel.values import pack
from ergos.runtime.guest_turn import GuestTurn
from ergos.runtime.replayer import Pending


def asked(args: dict[str, Plain]) -> Request:
    return Request(kind="think", name="model.auto", args=args, label=UNTRUSTED)


class Notebook:
    """Plays the journal: asks a turn, answers new calls, and writes what a kernel would write."""

    def __init__(self) -> None:
        self.records: list[tuple[int, Body]] = []
        self.sent = 0

    def turn(self) -> GuestTurn:
        return GuestTurn(self.records, USER, 0)

    def enter(self, turn: GuestTurn) -> None:
        self.records.append((0, Attached(turn.life + 1)))
        turn.begin(turn.life + 1)

    def ask(self, turn: GuestTurn, words: Plain, *, fails: bool = False, answered: bool = True) -> str:
        pending = turn.ask(asked({"dialect": "openai.chat", "body": {"messages": words}}), (), None)
        return self.take(turn, pending, fails=fails, answered=answered)

    def take(self, turn: GuestTurn, pending: Pending, *, fails: bool = False, answered: bool = True) -> str:
        """The answer to what was asked for."""
        past = pending.past
        if past is not None and past.result is not None:
            self.records.append((0, Replayed(pending.call.key)))
            return self._given(turn, pending)
        if past is None:
            self.records.append((0, Intended(pending.call)))
            pending.past = turn.past.setdefault(
                pending.call.key, GuestTurn(self.records, USER, 0).past[pending.call.key]
            )
        if not answered:
            return ""
        self.sent += 1
        failure = Failure("E506", "broken") if fails else None
        result = Resulted(pending.call.key, pack(f"answer {self.sent}")[0], failure)
        self.records.append((0, result))
        assert pending.past is not None
        pending.past.result = result
        return self._given(turn, pending)

    def _given(self, turn: GuestTurn, pending: Pending) -> str:
        assert pending.past is not None
        assert isinstance(pending.past.result, Resulted)
        pending.answer = Answer()
        turn.give()
        return bytes(pending.past.result.value).decode() if pending.past.result.failure is None else "failed"


def test_the_nth_call_of_one_content_gets_the_nth_answer():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    said = [book.ask(turn, words) for words in ("a", "b", "a", "a")]
    turn = book.turn()
    book.enter(turn)
    assert [book.ask(turn, words) for words in ("b", "a", "a", "a")] == [said[1], said[0], said[2], said[3]]
    assert book.sent == 4
    assert book.ask(turn, "a") == '"answer 5"'


def test_a_failure_is_not_an_answer():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    assert book.ask(turn, "a", fails=True) == "failed"
    assert book.ask(turn, "a") == '"answer 2"'
    turn = book.turn()
    book.enter(turn)
    assert book.ask(turn, "a") == '"answer 2"'


def test_a_refusal_is_asked_anew():
    turn = GuestTurn((), USER, 0)
    pending = turn.ask(asked({"body": {}}), (), None)
    again = GuestTurn([(0, Refused(pending.call, Failure("E302", "no cover")))], USER, 0)
    again.begin(1)
    assert again.ask(asked({"body": {}}), (), None).past is None


def test_what_was_never_answered_is_carried_on_under_its_key():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    book.ask(turn, "a", answered=False)
    turn = book.turn()
    first = turn.ask(asked({"dialect": "openai.chat", "body": {"messages": "a"}}), (), None)
    assert first.past is not None
    assert first.past.result is None
    second = turn.ask(asked({"dialect": "openai.chat", "body": {"messages": "a"}}), (), None)
    assert second.past is None
    assert second.call.key != first.call.key


def test_what_may_differ_is_no_part_of_the_content_and_is_sent_all_the_same():
    turn = GuestTurn((), USER, 0)
    one = turn.ask(asked({"body": {"m": 1}, "aside": {"user": "x"}}), (), None)
    two = turn.ask(asked({"body": {"m": 1}, "aside": {"user": "y"}}), (), None)
    assert one.call.content == two.call.content
    assert one.request.args["aside"] == {"user": "x"}


def test_an_answer_that_was_not_delivered_is_given_to_the_next_who_asks():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    pending = turn.ask(asked({"dialect": "openai.chat", "body": {"messages": "a"}}), (), None)
    book.records.append((0, Intended(pending.call)))
    past = turn.past[pending.call.key] = GuestTurn(book.records, USER, 0).past[pending.call.key]
    past.result = Resulted(pending.call.key, pack("answer 1")[0])
    pending.past, pending.answer = past, Answer()
    turn.give()
    turn.take_back(pending)
    assert book.ask(turn, "a") == '"answer 1"'
    assert book.ask(turn, "a") == '"answer 1"'.replace("1", str(book.sent))


WORDS: dict[str, Plain] = {"dialect": "openai.chat", "body": {"messages": "a"}}


def begun(book: Notebook, turn: GuestTurn) -> Pending:
    """A call that is under way."""
    pending = turn.ask(asked(WORDS), (), None)
    book.records.append((0, Intended(pending.call)))
    pending.past = turn.past.get(pending.call.key) or GuestTurn(book.records, USER, 0).past[pending.call.key]
    return pending


def test_what_is_under_way_for_an_earlier_life_is_joined_and_belongs_to_both():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    first = begun(book, turn)
    assert not turn.borrow(first.call.key)
    book.enter(turn)
    assert turn.ask(asked(WORDS), (), None) is first
    assert turn.borrow(first.call.key)
    assert not turn.borrow(first.call.key)
    assert turn.ask(asked(WORDS), (), None) is not first


def test_what_failed_since_it_was_offered_is_not_given():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    first = begun(book, turn)
    book.enter(turn)
    assert first.past is not None
    first.past.result, first.answer = Resulted(first.call.key, failure=Failure("E506", "broken")), Answer()
    turn.give()
    again = turn.ask(asked(WORDS), (), None)
    assert again.past is None
    assert again.call.key != first.call.key


def test_what_was_answered_goes_before_what_never_was():
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    lost = begun(book, turn)
    assert book.ask(turn, "a") == '"answer 1"'
    turn = book.turn()
    book.enter(turn)
    assert book.ask(turn, "a") == '"answer 1"'
    assert turn.ask(asked(WORDS), (), None).call.key == lost.call.key


def finished(book: Notebook, turn: GuestTurn, pending: Pending, text: str) -> None:
    """A call that was under way is answered; whoever asked for it may be gone."""
    result = Resulted(pending.call.key, pack(text)[0])
    book.records.append((0, result))
    assert pending.past is not None
    pending.past.result, pending.answer = result, Answer()
    turn.give()


@pytest.mark.parametrize("killed", [False, True])
def test_an_answer_that_came_late_does_not_take_the_place_of_one_that_was_told(killed: bool):
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    left = begun(book, turn)
    assert book.ask(turn, "a") == '"answer 1"'
    book.enter(turn)
    finished(book, turn, left, "late")
    for _ in range(3):
        if killed:
            turn = book.turn()
        assert [book.ask(turn, "a") for _ in range(2)] == ['"answer 1"', '"late"']
        book.enter(turn)
    assert book.sent == 1


@pytest.mark.parametrize("killed", [False, True])
def test_calls_made_at_once_are_answered_again_in_the_order_in_which_they_were_made(killed: bool):
    book = Notebook()
    turn = book.turn()
    book.enter(turn)
    slow, fast = begun(book, turn), begun(book, turn)
    finished(book, turn, fast, "fast")
    finished(book, turn, slow, "slow")
    for _ in range(2):
        if killed:
            turn = book.turn()
        book.enter(turn)
        assert [book.ask(turn, "a") for _ in range(2)] == ['"slow"', '"fast"']


class Happens(msgspec.Struct, frozen=True):
    """One start of a program that always says the same, and what happens in it."""

    asks: list[bool]
    """Whether it stays for the answer, ask by ask."""
    late: list[bool]
    """Which of the calls it went away from are answered after it was started again."""
    killed: bool


STARTS = st.builds(
    Happens, st.lists(st.booleans(), max_size=5), st.lists(st.booleans(), min_size=30, max_size=30), st.booleans()
)


@given(st.lists(STARTS, min_size=1, max_size=6))
def test_whatever_comes_late_a_program_is_told_first_what_it_was_told_first(starts: list[Happens]):
    book, before = Notebook(), list[str]()
    turn = book.turn()
    book.enter(turn)
    for start in starts:
        told = [book.ask(turn, "a") for _ in before]
        assert told == before
        left: list[Pending] = []
        for stays in start.asks:
            if stays:
                before.append(book.ask(turn, "a"))
            elif (pending := turn.ask(asked(WORDS), (), None)).past is None:
                book.records.append((0, Intended(pending.call)))
                pending.past = GuestTurn(book.records, USER, 0).past[pending.call.key]
                left.append(pending)
            else:
                before.append(book.take(turn, pending))  # it was there, or begun by an earlier start
        book.enter(turn)
        for number, pending in enumerate(left):
            if start.late[number]:
                finished(book, turn, pending, f"late {len(book.records)}")
        if start.killed:
            turn = book.turn()


def test_what_was_not_begun_is_forgotten_with_the_life_that_asked_and_its_key_is_free():
    turn = GuestTurn((), USER, 0)
    first = turn.ask(asked(WORDS), (), None)
    turn.begin(1)
    assert not turn.pending
    assert turn.ask(asked(WORDS), (), None).call.key == first.call.key


def test_a_key_that_is_carried_on_is_not_given_to_another_call():
    old = GuestTurn((), USER, 0)
    first = old.ask(asked(WORDS), (), None)
    turn = GuestTurn((), USER, 0)  # read again: the call was not begun, so the journal knows nothing of it
    turn.carry_on(first)
    assert turn.ask(asked(WORDS), (), None).call.key != first.call.key


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.integers(0, 29), max_size=6))
def test_however_often_a_program_is_started_again_no_call_is_sent_twice(words: list[str], cuts: list[int]):
    book = Notebook()
    for cut in [*sorted(cuts), len(words)]:
        turn = book.turn()
        book.enter(turn)
        said: dict[str, list[str]] = {}
        for word in words[:cut]:
            said.setdefault(word, []).append(book.ask(turn, word))
        assert all(len(set(answers)) == len(answers) for answers in said.values())
    assert book.sent == len(words)


def test_a_lasting_program_keeps_only_its_latest_answers_in_memory_and_is_never_full() -> None:
    turn = GuestTurn((), USER, 1, lasting=True)
    keys: set[str] = set()
    for number in range(CALLS_PER_TURN_MAX + 10):
        pending = turn.ask(asked({"body": {"n": number % 7}}), (), None)
        keys.add(pending.call.key)
        pending.past = Past(pending.call, result=Resulted(pending.call.key, pack("x")[0]))
        pending.answer = Answer()
        turn.give()
    assert turn.calls == len(keys) == CALLS_PER_TURN_MAX + 10
    assert len(turn.past) <= 2 * GUEST_TURN_CALLS + 1
