"""A process's records are told once each: words by who said them, tool calls from begin to end."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.editor.telling import Telling, work_of
from ergos.base.canonical import Plain
from ergos.base.ids import Digest, Pid
from ergos.buses.acp.ports import Happening, Step, Words
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import Asked, Body, Called, Committed, Exited, Intended, Refused, Resulted, encode_body
from ergos.kernel.journal import Sealed
from ergos.kernel.models import Reply, Text, Usage
from ergos.kernel.values import NULL, Packed, pack


def packed(value: object) -> Packed:
    return pack(value)[0]


async def unpack(value: Packed) -> Plain:
    return msgspec.json.decode(value)


def call(kind: str, name: str, key: str = "k", **args: object) -> Call:
    return Call(key=key, kind=kind, name=name, args={name: packed(value) for name, value in args.items()})  # type: ignore[arg-type]


def told(*bodies: Body) -> list[Happening]:
    async def run() -> list[Happening]:
        telling = Telling(Pid(7), unpack)
        found: list[Happening] = []
        for seq, body in enumerate(bodies, 1):
            found += await telling.of(Sealed(seq, Pid(7), 1, seq, encode_body(body), b""))
        return found

    return asyncio.run(run())


def test_a_tool_call_is_told_from_begin_to_end():
    pay = call("act", "pay", to="bob")
    found = told(Asked("k", 1, "approval", Digest("0" * 64), 9, pay), Intended(pay), Resulted("k", packed("paid")))
    assert [(one.first, one.status) for one in found if isinstance(one, Step)] == [
        (True, "pending"), (False, "in_progress"), (False, "completed")
    ]  # fmt: skip
    assert isinstance(found[0], Step)
    assert found[0].given == {"to": "bob"}
    assert isinstance(found[2], Step)
    assert found[2].text == "paid"
    assert len({one.id for one in found if isinstance(one, Step)}) == 1


def test_a_refused_call_and_a_failed_one_are_failed():
    refused = told(Refused(call("act", "pay"), Failure("E301", "no grant")))
    failed = told(Intended(call("act", "pay")), Resulted("k", NULL, Failure("E501", "it broke")))
    for found in (refused, failed):
        assert isinstance(found[-1], Step)
        assert found[-1].status == "failed"
        assert found[-1].text.startswith("[E")


def test_words_are_told_by_who_said_them():
    reply = msgspec.to_builtins(Reply(parts=(Text("hello"),), usage=Usage(1, 2)))
    found = told(
        Called(call("receive", "mail"), packed({"body": "hi", "id": 1, "sender": 0})),
        Called(call("receive", "mail", "k2"), packed({"body": "from a child", "id": 2, "sender": 9})),
        Called(call("receive", "mail", "k3"), packed({"body": "a page", "id": 3, "sender": 0, "trigger": "t"})),
        Intended(call("think", "model.auto", "k4")),
        Resulted("k4", packed(reply)),
        Called(call("send", "0", "k5", to=0, body="a word"), packed(1)),
        Called(call("send", "9", "k6", to=9, body="to a child"), packed(1)),
        Intended(call("act", "notify.owner", "k7", text="a notice")),
        Resulted("k7", NULL),
        Committed(NULL),
        Exited("done", packed("a notice")),
    )
    assert [(one.who, one.text) for one in found if isinstance(one, Words)] == [
        ("owner", "hi"), ("agent", "hello"), ("agent", "a word"), ("agent", "a notice")
    ]  # fmt: skip
    assert len(found) == 4


def test_an_outcome_that_is_data_is_told_as_data():
    assert told(Exited("done", packed({"total": 5}))) == [Words(who="agent", text='{"total":5}')]
    assert told(Exited("failed", NULL, Failure("E403", "it broke"))) == [Words(who="agent", text="[E403] it broke")]
    assert told(Exited("done")) == []


@pytest.mark.parametrize(
    ("tool", "work"),
    [
        ("files.read", "read"),
        ("files.write", "edit"),
        ("shell.run", "execute"),
        ("http.get", "fetch"),
        ("pay", "other"),
    ],
)
def test_tools_are_drawn_by_what_they_do(tool: str, work: str):
    assert work_of(tool) == work


KEYS = st.sampled_from(["a", "b"])
BODIES = st.one_of(
    st.builds(lambda key, kind, name: Intended(call(kind, name, key)), KEYS, st.sampled_from(["act", "think", "send"]), st.sampled_from(["0", "model.auto", "notify.owner"])),
    st.builds(lambda key, value: Resulted(key, packed(value)), KEYS, st.none() | st.text(max_size=5) | st.lists(st.integers(0, 9), max_size=2)),
    st.builds(lambda key: Called(call("receive", "mail", key), packed([1])), KEYS),
    st.just(Exited("done", packed("x"))),
)  # fmt: skip


@given(st.lists(BODIES, max_size=20))
def test_whatever_the_records_are_a_step_begins_once(bodies: list[Body]):
    begun = [one.id for one in told(*bodies) if isinstance(one, Step) and one.first]
    assert len(begun) == len(set(begun))


def test_an_answer_that_was_heard_word_by_word_is_not_told_twice():
    async def run() -> list[Happening]:
        telling = Telling(Pid(7), unpack)
        think = call("think", "model.auto")
        found = telling.pour(1, "k", "", anew=True)  # before its intent was read
        found += telling.pour(1, "k", "hel", anew=False)
        found += await telling.of(Sealed(1, Pid(7), 1, 1, encode_body(Intended(think)), b""))
        found += telling.pour(1, "k", "lo", anew=False)
        reply = msgspec.to_builtins(Reply(parts=(Text("hello there"),), usage=Usage(1, 2)))
        found += await telling.of(Sealed(2, Pid(7), 1, 2, encode_body(Resulted("k", packed(reply))), b""))
        assert (telling.read, telling.written) == (1, 2)
        return found

    assert [one.text for one in asyncio.run(run()) if isinstance(one, Words)] == ["hel", "lo", " there"]


def test_an_answer_that_was_heard_wrong_is_told_whole():
    async def run() -> list[Happening]:
        telling = Telling(Pid(7), unpack)
        think, task = call("think", "model.auto"), call("think", "summarise", "t")
        found: list[Happening] = []
        for body in (Intended(think), Intended(task)):
            found += await telling.of(Sealed(1, Pid(7), 1, 1, encode_body(body), b""))
        found += telling.pour(1, "k", "from the middle", anew=False)  # its beginning was missed
        found += telling.pour(1, "t", "", anew=True)
        found += telling.pour(1, "t", "of a task", anew=False)
        reply = msgspec.to_builtins(Reply(parts=(Text("it came from the middle"),)))
        found += await telling.of(Sealed(2, Pid(7), 1, 2, encode_body(Resulted("k", packed(reply))), b""))
        return found

    assert [one.text for one in asyncio.run(run()) if isinstance(one, Words)] == ["it came from the middle"]
