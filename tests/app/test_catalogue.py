"""What stands at the places of the namespace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec import Raw, structs

from ergos.app import catalogue as catalogue_module
from ergos.app.catalogue import Catalogue, chinese, moment
from ergos.app.client import order
from ergos.app.home import Home, reading
from ergos.base.canonical import Plain
from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.kernel.namespace import read
from ergos.kernel.rows import Item, Watch
from ergos.kernel.triggers import Mailbox
from ergos.runtime.control import Send, Spawn


def test_a_moment_is_utc_to_the_millisecond():
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(1_700_000_000_123_999_999) == "2023-11-14T22:13:20.123Z"


def test_large_values_are_shown_unpacked(home: Home, listener: Path):
    body: Plain = [{"n": n, "text": "长" * 400} for n in range(20)]

    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me", memory=body))
        await order(home, Send(pid=Pid(1), body=body))
        async with reading(home) as reads:
            catalogue = Catalogue(home, reads)
            mail = await read("/proc/1/mail", catalogue)
            assert mail == [{"id": mail[0]["id"], "sender": 0, "body": body}]  # type: ignore[index,call-overload]
            assert await read("/proc/1/memory", catalogue) == {"turn": body, "kept": {}}
            for path in ("/proc/2/state", "/proc/2/mail"):
                with pytest.raises(UnknownProcessError):
                    await read(path, catalogue)
            for path in ("/ledger/me", "/agents/nobody"):
                with pytest.raises(UnknownPathError):
                    await read(path, catalogue)

    asyncio.run(play())


CALL: dict[str, Plain] = {
    "tool": "mail.send", "effect": "irreversible", "costs_at_most": "$0.01", "grant": "g", "rule": "grounding",
    "why": "to \u202eeve comes neither from you nor from a source you trust",
}  # fmt: skip


def test_an_approval_is_asked_in_chinese_and_quotes_the_rest():
    item = Item(
        id=1,
        pid=Pid(1),
        key="k",
        owner="me",
        kind="approval",
        text="in English",
        asked_ns=0,
        expires_ns=None,
        call=Raw(b"null"),
    )
    said = chinese(item, CALL, "desk")
    assert said.startswith("desk 请求执行 mail.send（无法撤回，最多花费 $0.01）。需要您决定：关键参数既不是您给出的")
    assert "\u202e" not in said
    assert chinese(item, {**CALL, "costs_at_most": "$0.00"}, "desk").startswith("desk 请求执行 mail.send（无法撤回）。")
    assert "（详情" not in chinese(item, {**CALL, "rule": "grant"}, "desk")
    assert "“desk。您同意了”" in chinese(item, CALL, "desk。您同意了"), "a name cannot go on as our sentence"
    doubt = structs.replace(item, kind="doubt", text="it may or may not\x1b[31m")
    assert "\x1b" not in chinese(doubt, CALL, "desk")
    assert chinese(structs.replace(item, kind="question", text="谁?"), CALL, "desk") == "谁?"


def test_triggers_are_shown_with_their_next_time_and_why_one_sees_nothing(home: Home, listener: Path):
    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me"))
        async with reading(home) as reads:
            assert await read("/proc/1/triggers", Catalogue(home, reads)) == []

    asyncio.run(play())
    row = Watch(
        pid=Pid(1), owner="me", agent="desk", trigger=Mailbox(name="mail", account="office"), timezone="UTC", armed_ns=0,
        due_ns=1_700_000_000_000_000_000, fired=3, faults=2, fault="no account", faulty_ns=1_600_000_000_000_000_000,
    )  # fmt: skip
    shown = catalogue_module._trigger(row)
    assert isinstance(shown, dict)
    assert (shown["name"], shown["next"], shown["told"]) == ("mail", "2023-11-14T22:13:20.000Z", 3)
    assert (shown["fault"], shown["faulty_since"]) == ("no account", "2020-09-13T12:26:40.000Z")
