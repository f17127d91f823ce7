"""What an editor sends becomes words or is refused by name; what it is shown is whole where it is to be approved."""

from __future__ import annotations

import pytest
from acp import helpers
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import UsageError
from ergos.buses.acp.content import SHOWN_CHARS_MAX, fits, permission_of, update_of, words_of
from ergos.buses.acp.ports import Choice, Step, Wish, Words

CHOICES = (Choice(id="approve", text="Approve", yes=True), Choice(id="deny", text="Deny", yes=False))


def test_text_links_and_embedded_texts_are_taken_in_order():
    blocks = [
        helpers.text_block("look"),
        helpers.resource_link_block("a.md", "file:///a.md"),
        helpers.resource_block(helpers.embedded_text_resource("file:///b.md", "inside")),
    ]
    assert words_of(blocks) == "look\n\n[a.md](file:///a.md)\n\nfile:///b.md:\ninside"


@pytest.mark.parametrize(
    "block",
    [
        helpers.image_block("aGk=", "image/png"),
        helpers.audio_block("aGk=", "audio/wav"),
        helpers.resource_block(helpers.embedded_blob_resource("file:///x", "aGk=")),
    ],
)
def test_what_is_no_text_is_refused_by_name(block: object):
    with pytest.raises(UsageError, match=block.type):  # type: ignore[attr-defined]
        words_of([helpers.text_block("look"), block])


@pytest.mark.parametrize("blocks", [[], [helpers.text_block(" \n")]])
def test_nothing_said_is_refused(blocks: list[object]):
    with pytest.raises(UsageError, match="nothing in this prompt"):
        words_of(blocks)


def test_a_permission_shows_the_call_to_its_last_sign():
    call = {"tool": "pay", "arguments": {"to": "bob", "text": "x" * 10_000 + "THE END"}}
    wish = Wish(number=7, kind="approval", text="May I?", call=call, digest="d" * 64, choices=CHOICES)
    asked, options = permission_of(wish)
    shown = asked.content[0].content.text  # type: ignore[index, union-attr]
    assert "THE END" in shown
    assert "d" * 64 in shown
    assert asked.raw_input["call"] == call
    assert [(one.option_id, one.kind) for one in options] == [("approve", "allow_once"), ("deny", "reject_once")]


def test_a_call_that_cannot_be_shown_whole_is_known():
    assert fits(Wish(number=1, kind="approval", text="?", call={"a": "x"}))
    assert not fits(Wish(number=1, kind="approval", text="?", call={"a": "x" * SHOWN_CHARS_MAX}))


@given(st.text(max_size=100), st.sampled_from(["owner", "agent"]))
def test_words_are_told_as_they_are(text: str, who: str):
    update = update_of(Words(who=who, text=text))  # type: ignore[arg-type]
    assert update.content.text == text
    assert update.session_update == ("user_message_chunk" if who == "owner" else "agent_message_chunk")


def test_a_long_result_is_cut_and_a_long_value_left_out():
    step = Step(id="1", title="t", work="read", status="completed", first=False, text="x" * 99_999, came="y" * 99_999)
    update = update_of(step)
    assert len(update.content[0].content.text) == SHOWN_CHARS_MAX
    assert update.raw_output is None
    assert update.status == "completed"
