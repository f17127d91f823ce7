"""Agents are made of words by whom the home belongs to, exactly as they were seen, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.app.access.roles import Principal, person
from ergos.app.access.seat import Ground, Seat
from ergos.app.access.workshop import Workshop
from ergos.app.home import Home, home_at, kernel_on, programs_of, reads_of
from ergos.base.errors import RefusedError, SignInError, UnknownPathError, UsageError
from ergos.drivers.host import HostClock
from ergos.runtime.control import AnyReply, AnyRequest

WORDS = "every day at 9 am UTC read https://example.org/feed.xml and tell me what is new"
KEEPER = person("alice", "owner", "alice", keeper_of="alice", fresh=True)
STALE = msgspec.structs.replace(KEEPER, fresh=False)
GUEST = person("carol", "owner", "carol", keeper_of="alice", fresh=True)
VIEWER = person("vera", "viewer", "alice", keeper_of="alice", fresh=True)


async def nobody(_: AnyRequest) -> AnyReply:
    raise AssertionError("a workshop asks nothing of the kernel")


def at(tmp_path: Path, scene: Callable[[Home, Callable[[Principal], Workshop]], Awaitable[None]]) -> None:
    """Play a scene in a home where a kernel once ran."""
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})

    async def play() -> None:
        async with kernel_on(home, programs_of(home), drive=False):
            pass
        reads = reads_of(home)

        def views(_: str) -> Any:
            raise AssertionError

        ground = Ground(home=home, reads=reads, perform=nobody, clock=HostClock(), views=views)
        try:
            await scene(home, lambda who: Workshop(Seat(who, ground)))
        finally:
            await reads.close()

    asyncio.run(play())


def test_what_was_seen_is_made_and_read_back(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        draft = await shop(KEEPER).draft(WORDS, name="reader")
        folder = await shop(KEEPER).make(draft, seen=draft.seen)
        assert folder == home.folder / "agents" / "reader"
        file, text = await shop(KEEPER).source("reader")
        assert file.instructions.strip() == WORDS
        assert WORDS in text

    at(tmp_path, scene)


def test_what_was_not_seen_is_not_made(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        one = await shop(KEEPER).draft(WORDS, name="reader")
        other = await shop(KEEPER).draft(WORDS + ", at most 20 cents a day", name="reader")
        assert one.seen != other.seen
        with pytest.raises(UsageError, match="not what you saw"):
            await shop(KEEPER).make(other, seen=one.seen)
        assert not (home.folder / "agents").exists()

    at(tmp_path, scene)


def test_an_agent_that_came_meanwhile_is_not_replaced_unseen(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        first = await shop(KEEPER).draft(WORDS, name="reader")
        await shop(KEEPER).make(first, seen=first.seen)
        again = await shop(KEEPER).draft(WORDS, name="reader")
        assert again.old is not None
        with pytest.raises(UsageError, match="not what you saw"):
            await shop(KEEPER).make(again, seen=first.seen, replace=True)
        with pytest.raises(UsageError):
            await shop(KEEPER).make(again, seen=again.seen)
        await shop(KEEPER).make(again, seen=again.seen, replace=True)

    at(tmp_path, scene)


@pytest.mark.parametrize(
    ("who", "error"),
    [(GUEST, RefusedError), (VIEWER, RefusedError), (STALE, SignInError)],
    ids=lambda one: str(one)[:40],
)
def test_only_a_keeper_who_signed_in_lately_makes_agents(
    tmp_path: Path, who: Principal, error: type[Exception]
) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        draft = await shop(who).draft(WORDS, name="reader")
        with pytest.raises(error):
            await shop(who).make(draft, seen=draft.seen)
        assert not (home.folder / "agents").exists()

    at(tmp_path, scene)


def test_words_with_an_error_make_nothing(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        draft = await shop(KEEPER).draft("every day on the 32nd at 25:00 read nothing")
        assert not draft.compiled.ready
        with pytest.raises(UsageError, match="not ready"):
            await shop(KEEPER).make(draft, seen=draft.seen)

    at(tmp_path, scene)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "nobody", "x\0"])
def test_what_does_not_stand_has_no_source(tmp_path: Path, name: str) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        for who in (KEEPER, GUEST):
            with pytest.raises(UnknownPathError):
                await shop(who).source(name)

    at(tmp_path, scene)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (home.folder / "agents").mkdir()
        (home.folder / "agents" / "reader").symlink_to(elsewhere)
        draft_error = None
        try:
            draft = await shop(KEEPER).draft(WORDS, name="reader")
            await shop(KEEPER).make(draft, seen=draft.seen, replace=True)
        except UsageError as error:
            draft_error = error
        assert draft_error is not None
        assert not list(elsewhere.iterdir())

    at(tmp_path, scene)


def test_another_owner_learns_nothing_of_the_home(tmp_path: Path) -> None:
    async def scene(home: Home, shop: Callable[[Principal], Workshop]) -> None:
        known = await shop(GUEST).circumstances()
        assert not known.secrets
        assert not known.roots
        assert not known.agents

    at(tmp_path, scene)
