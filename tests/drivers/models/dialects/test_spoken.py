"""A stream and its reply say everything once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.models.dialects.spoken import Spoken
from ergos.kernel.models import (
    Delta,
    Part,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)

from .spoken_replies import deltas

PARTS = st.lists(
    st.one_of(
        st.builds(Text, st.text(max_size=12)),
        st.builds(Reasoning, st.text(max_size=12), st.sampled_from(["", "seal"])),
        st.builds(ToolCall, st.sampled_from(["c1", "c2"]), st.just("f"), st.text(max_size=12)),
    ),
    max_size=5,
)


def joined(said: list[Delta | Reasoning]) -> tuple[str, str, dict[int, str]]:
    text = "".join(one.text for one in said if isinstance(one, TextDelta))
    thought = "".join(one.text for one in said if isinstance(one, ReasoningDelta))
    calls: dict[int, str] = {}
    for one in said:
        if isinstance(one, ToolCallDelta):
            assert (one.index in calls) != bool(one.name), "a name comes first and once"
            calls[one.index] = calls.get(one.index, "") + one.arguments
    return text, thought, calls


@given(PARTS, st.integers(0, 99), st.floats(0, 1))
def test_however_much_was_streamed_everything_is_said_once(parts: list[Part], seed: int, share: float) -> None:
    reply, spoken, said = Reply(parts=tuple(parts)), Spoken("s"), list[Delta | Reasoning]()
    streamed = deltas(reply, seed)
    for delta in streamed[: round(len(streamed) * share)]:
        said += spoken.heard(delta)
    said += spoken.rest(reply)
    text, thought, calls = joined(said)
    assert text == reply.text
    assert thought == "".join(part.text for part in parts if isinstance(part, Reasoning))
    assert calls == {index: call.arguments for index, call in enumerate(reply.calls)}
    assert sum(isinstance(one, Reasoning) for one in said) == sum(isinstance(part, Reasoning) for part in parts)


def test_a_reply_that_contradicts_its_stream_changes_nothing() -> None:
    spoken = Spoken("s")
    assert list(spoken.heard(TextDelta("abc")))
    assert not list(spoken.rest(Reply(parts=(Text("xyz"),))))


def test_a_call_is_known_by_its_index_even_if_its_id_comes_twice() -> None:
    spoken = Spoken("s")
    assert list(spoken.heard(ToolCallDelta(index=0, id="a", name="f")))
    again = list(spoken.heard(ToolCallDelta(index=0, id="a", name="f", arguments="{}")))
    assert again == [ToolCallDelta(index=0, arguments="{}")]
    assert spoken.calls == 1
