"""Mailbox triggers against a real conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ergos.base.canonical import encode
from ergos.base.errors import ErgosError, UsageError
from ergos.base.world_errors import SecretError
from ergos.drivers.watchers import mailbox as module
from ergos.drivers.watchers.mailbox import LETTERS_MAX, MailboxWatcher
from ergos.drivers.watchers.visits import Visits
from ergos.kernel.trigger_settings import Account
from ergos.kernel.triggers import Looked, Mailbox
from tests.drivers.watchers.bells import entropy, watching
from tests.drivers.watchers.imap_server import PASSWORD, USER, Box, ImapServer, letter, serving


class Drawer:
    def __init__(self, password: str | None = PASSWORD) -> None:
        self.password = password

    def get(self, name: str) -> str:
        if self.password is None:
            raise SecretError(f"there is no secret {name}")
        return self.password


class Bench:
    def __init__(self, server: ImapServer, password: str | None = PASSWORD, **trigger: Any) -> None:
        account = Account(host="127.0.0.1", port=server.port, security="none", user=USER, secret="pw")
        self.watcher = MailboxWatcher({"office": account}, Drawer(password), Visits(None, entropy()))
        self.trigger = Mailbox(**{"name": "mail", "account": "office", **trigger})
        self.cursor: Any = None

    async def look(self) -> Looked:
        looked = await self.watcher.look(self.trigger, self.cursor, watching())
        self.cursor = looked.cursor
        return looked

    async def told(self) -> list[Any]:
        looked = await self.look()
        assert not looked.fault, looked.fault
        return [one.value for one in looked.happenings]

    async def subjects(self) -> list[str]:
        return [value["subject"] for value in await self.told()]


def play(test: Callable[[ImapServer], Awaitable[None]], **how: Any) -> None:
    with serving(**how) as server:

        async def whole() -> None:
            await test(server)

        asyncio.run(whole())


def test_what_is_told_of_a_letter() -> None:
    async def test(server: ImapServer) -> None:
        bench = Bench(server)
        assert await bench.told() == []
        server.arrives(letter("Invoice 7", text="Please pay.", key="k7"))
        (value,) = await bench.told()
        assert value == {
            "from": "Bob <bob@example.org>",
            "sender": "bob@example.org",
            "subject": "Invoice 7",
            "date": "Thu, 26 Nov 2026 08:00:00 +0000",
            "arrived_s": 1_795_680_000,
            "message_id": "<k7@example.org>",
            "uid": 1,
            "size": value["size"],
            "text": "Please pay.",
            "cut": False,
            "attachments": [],
        }
        assert not server.boxes["INBOX"].mails[0].seen

    play(test)


@pytest.mark.parametrize(
    ("trigger", "subjects"),
    [
        ({}, ["Invoice 1", "Hello", "RE:  invoice 2"]),
        ({"sender": "BOB@example.org"}, ["Invoice 1", "RE:  invoice 2"]),
        ({"sender": "@example.org"}, ["Invoice 1", "RE:  invoice 2"]),
        ({"sender": "@ample.org"}, []),
        ({"subject": "invoice"}, ["Invoice 1", "RE:  invoice 2"]),
        ({"subject": "re: invoice"}, ["RE:  invoice 2"]),
        ({"sender": "eve@other.example", "subject": "invoice"}, []),
    ],
)
def test_only_letters_that_fit_are_told_and_the_others_are_seen(trigger: dict[str, str], subjects: list[str]) -> None:
    async def test(server: ImapServer) -> None:
        bench = Bench(server, **trigger)
        await bench.told()
        server.arrives(letter("Invoice 1", key="1"))
        server.arrives(letter("Hello", "eve@other.example", key="2"))
        server.arrives(letter("RE:  invoice 2", key="3"))
        assert await bench.subjects() == [" ".join(one.split()) for one in subjects]
        assert await bench.told() == []

    play(test)


def test_a_letter_that_was_deleted_before_it_was_fetched_is_nothing() -> None:
    async def test(server: ImapServer) -> None:
        bench = Bench(server)
        await bench.told()
        server.arrives(letter("One", key="1"))
        server.boxes["INBOX"].mails.clear()
        server.arrives(letter("Two", key="2"))
        assert await bench.subjects() == ["Two"]

    play(test)


def test_a_folder_numbered_anew_tells_what_arrived_since_and_nothing_twice() -> None:
    async def test(server: ImapServer) -> None:
        server.arrives(letter("Before", key="0"), arrived="20-Nov-2026 08:00:00 +0000")
        bench = Bench(server)
        await bench.told()
        server.arrives(letter("One", key="1"))
        assert await bench.subjects() == ["One"]
        server.arrives(letter("Two", key="2"))
        server.numbers_anew(first=1_000)
        assert await bench.subjects() == ["Two"]
        assert await bench.told() == []
        server.arrives(letter("Three", key="3"))
        assert await bench.subjects() == ["Three"]

    play(test)


def test_a_server_that_does_not_say_the_next_number_is_read_all_the_same() -> None:
    async def test(server: ImapServer) -> None:
        server.without_next = True
        server.arrives(letter("Old", key="0"))
        bench = Bench(server)
        assert await bench.told() == []
        assert await bench.told() == []
        server.arrives(letter("New", key="1"))
        assert await bench.subjects() == ["New"]

    play(test)


def test_many_letters_are_told_in_turns() -> None:
    async def test(server: ImapServer) -> None:
        bench = Bench(server)
        await bench.told()
        for number in range(LETTERS_MAX + 5):
            server.arrives(letter(f"N {number}", key=str(number)))
        looked = await bench.look()
        assert len(looked.happenings) == LETTERS_MAX
        assert looked.again_ns == watching().now_ns
        assert await bench.subjects() == [f"N {number}" for number in range(LETTERS_MAX, LETTERS_MAX + 5)]
        assert len(encode(bench.cursor)) < 3_000

    play(test)


def test_another_folder_is_watched_under_its_own_name() -> None:
    async def test(server: ImapServer) -> None:
        server.boxes["Rechnungen &APw-"] = Box()
        bench = Bench(server, folder="Rechnungen ü")
        await bench.told()
        server.arrives(letter("In there", key="1"), "Rechnungen &APw-")
        server.arrives(letter("Elsewhere", key="2"))
        assert await bench.subjects() == ["In there"]

    play(test)


def test_what_may_pass_is_a_fault_and_what_cannot_is_an_error() -> None:
    async def test(server: ImapServer) -> None:
        assert "did not let us in" in (await Bench(server, "wrong").look()).fault
        assert "no secret" in (await Bench(server, None).look()).fault
        assert "no folder" in (await Bench(server, folder="x").look()).fault
        with pytest.raises(UsageError, match="office"):
            await Bench(server, account="other").look()
        with pytest.raises(ErgosError):
            await MailboxWatcher({}, None, Visits(None, None)).look(Mailbox(name="m", account="x"), None, watching())

    play(test)


def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S_MAX", 0.5)

    async def test(server: ImapServer) -> None:
        server.says["EXAMINE"] = b""
        looked = await Bench(server).look()
        assert "longer than" in looked.fault

    play(test)


def test_a_letter_built_against_its_reader_is_told_and_so_are_those_after_it() -> None:
    async def test(server: ImapServer) -> None:
        bench = Bench(server)
        await bench.told()
        nested = b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(5_000)
        )
        server.arrives(b"Subject: bomb\r\n" + nested)
        server.arrives(b"\xff\x00" * 1_000)
        server.arrives(letter("After", key="9"))
        assert (await bench.subjects())[0::2] == ["bomb", "After"]

    play(test)
