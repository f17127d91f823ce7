"""A story is the same whoever folds it, and nothing follows its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.buses.a2a.ports import TERMINAL, Said, StatusMoved
from ergos.kernel.calls import Failure
from ergos.server.a2a_story import EVENTS_KEPT_MAX, HISTORY_MAX, Story

FIRST = Said(id="m0", role="user", parts=({"text": "go"},), context_id="c", task_id="t")


def _said(number: int) -> Said:
    return Said(id=f"m{number}", role="user", parts=({"text": str(number)},), context_id="c", task_id="t")


STEPS = st.one_of(
    st.tuples(st.just("begins")), st.tuples(st.just("told"), st.integers(1, 4)), st.tuples(st.just("read"), st.integers(1, 4)),
    st.tuples(st.just("says"), st.sampled_from(["x", {"a2a": {"state": "input-required"}}, {"a2a": {"artifacts": [{"id": "a", "parts": [{"text": "p"}], "append": True}]}}])),
    st.tuples(st.just("asks"), st.integers(1, 2)), st.tuples(st.just("answered"), st.integers(1, 2)), st.tuples(st.just("idles"), st.booleans()),
    st.tuples(st.just("rests")), st.tuples(st.just("paused"), st.booleans()), st.tuples(st.just("completes"), st.sampled_from(["out", None, {"a2a": {"state": "rejected"}}])),
    st.tuples(st.just("fails")), st.tuples(st.just("stops")),
)  # fmt: skip


def _play(steps: list[tuple[object, ...]]) -> Story:
    story = Story("t", Pid(1), FIRST, 0)
    for at, (name, *values) in enumerate(steps, 1):
        story.seq, story.at_ns = at, at
        match name:
            case "begins":
                story.begins(at)
            case "told":
                story.told(int(str(values[0])), _said(int(str(values[0]))), at)
            case "read":
                story.read(int(str(values[0])), None, at)
            case "says":
                story.says(values[0], at)  # type: ignore[arg-type]
            case "asks":
                story.asks(int(str(values[0])), at)
            case "answered":
                story.asks(int(str(values[0])), at, answered=True)
            case "idles":
                story.idles(wakes=bool(values[0]))
            case "rests":
                story.rests()
            case "paused":
                story.paused(at, on=bool(values[0]))
            case "completes":
                story.completes(values[0], at)  # type: ignore[arg-type]
            case "fails":
                story.breaks_off(at, Failure("E302", "the secret"))
            case _:
                story.breaks_off(at, None, stopped=True)
    return story


@given(st.lists(STEPS, max_size=25))
def test_the_same_steps_make_the_same_events_and_nothing_follows_the_end(steps: list[tuple[object, ...]]):
    first, second = _play(steps), _play(steps)
    assert [one.event for one in first.events] == [one.event for one in second.events]
    assert first.view() == second.view()
    states = [one.event.status.state for one in first.events if isinstance(one.event, StatusMoved)]
    assert all(state not in TERMINAL for state in states[:-1])
    if states:
        assert first.status.state == states[-1]
    seqs = [one.seq for one in first.events]
    assert seqs == sorted(seqs)


def test_what_a_failure_says_stays_inside():
    story = _play([("begins",), ("fails",)])
    assert "secret" not in str(story.view())
    assert "E302" in str(story.view())


def test_a_message_that_was_read_before_it_was_told_is_told_once():
    story = _play([("begins",)])
    story.read(1, _said(1), 2)
    story.told(1, _said(1), 3)
    assert [one.id for one in story.view().history] == ["m0", "m1"]
    assert story.unread == 0


def test_it_needs_input_only_when_it_has_read_everything_and_its_owner_is_not_asked():
    story = _play([("begins",), ("told", 1), ("rests",)])
    assert story.status.state == "working"
    story.read(1, None, 4)
    story.asks(7, 5)
    story.rests()
    assert story.status.state == "working"
    story.asks(7, 6, answered=True)
    story.rests()
    assert story.status.state == "input-required"
    assert story.knows(_said(1))
    assert not story.knows(_said(2))


def test_a_program_that_ignores_its_mail_needs_input_again():
    story = _play([("begins",), ("told", 1), ("idles", False)])
    assert story.status.state == "working"
    story.begins(5)
    story.idles(wakes=False)
    assert story.status.state == "input-required"


def test_pieces_are_put_together():
    story = Story("t", Pid(1), FIRST, 0)
    for number in range(3):
        story.says(
            {
                "a2a": {
                    "artifacts": [{"id": "a", "parts": [{"text": str(number)}], "append": True, "last": number == 2}]
                }
            },
            number,
        )
    (artifact,) = story.view().artifacts
    assert [part["text"] for part in artifact.parts] == ["0", "1", "2"]


@pytest.mark.parametrize("outcome", [{"a2a": {"message": "hi", "reply": True}}])
def test_a_short_answer_is_a_message(outcome: dict[str, object]):
    story = Story("t", Pid(1), FIRST, 0)
    story.completes(outcome, 1)  # type: ignore[arg-type]
    assert story.reply is not None
    assert story.reply.parts == ({"text": "hi"},)


def test_a_long_story_is_bounded():
    story = Story("t", Pid(1), FIRST, 0)
    for number in range(EVENTS_KEPT_MAX * 2):
        story.says("x", number)
    assert len(story.events) <= EVENTS_KEPT_MAX
    assert story.count == EVENTS_KEPT_MAX * 2
    assert len(story.view().history) == HISTORY_MAX
    assert story.view().history[0] == FIRST
