"""All watchers as one port, and what a thousand of them cost while nothing happens."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from ergos.base.errors import NotRunningError
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.outside import LateBell, OutsideParts, OutsideWatchers
from ergos.kernel.triggers import (
    AnyTrigger,
    Condition,
    Feed,
    Files,
    Happening,
    Mailbox,
    Outcome,
    Page,
    Schedule,
    Topic,
    Watchers,
    Webhook,
)
from tests.drivers.watchers.bells import Kept, entropy, until, watching


def made(home: Path, kept: Kept) -> OutsideWatchers:
    return OutsideWatchers(OutsideParts(home=home, workspaces=Workspaces(home, "alice"), entropy=entropy()), kept)


@pytest.mark.parametrize(
    "trigger",
    [Schedule(name="x", cron="0 8 * * *"), Webhook(name="x", secret="s"), Outcome(name="x", agent="a"), Condition(name="x", figure="spend.today", compare=">", value=1)],
    ids=lambda one: type(one).__name__,
)  # fmt: skip
def test_what_others_see_to_is_passed_over(tmp_path: Path, trigger: AnyTrigger) -> None:
    async def whole() -> None:
        watchers: Watchers = made(tmp_path, Kept())
        watchers.attend(trigger, watching())
        looked = await watchers.look(trigger, {"kept": 1}, watching())
        assert (looked.happenings, looked.cursor, looked.fault) == ((), {"kept": 1}, "")
        watchers.leave(watching().pid, "x")

    asyncio.run(whole())


def test_a_file_that_comes_rings_and_the_look_tells_it(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles", reason="no watchfiles: install ergos[watch]")

    async def whole() -> None:
        kept = Kept()
        watchers = made(tmp_path, kept)
        trigger = Files(name="in", folder=".", settle_s=0)
        cursor = (await watchers.look(trigger, None, watching())).cursor
        watchers.attend(trigger, watching())
        await until(lambda: bool(kept.rung))
        kept.rung.clear()
        (tmp_path / "work" / "scribe" / "a").write_text("x")
        await until(lambda: bool(kept.rung))
        assert [one.value["path"] for one in (await watchers.look(trigger, cursor, watching())).happenings] == ["a"]  # type: ignore[index, call-overload]
        await watchers.close()

    asyncio.run(whole())


def test_before_the_kernel_runs_nothing_is_told_and_nothing_lost(tmp_path: Path) -> None:
    async def whole() -> None:
        bell, kept = LateBell(), Kept()
        bell.ring(watching().pid, "x")
        with pytest.raises(NotRunningError):
            await bell.happened(watching().pid, "x", Happening(key="1", value=None))
        bell.bell = kept
        bell.ring(watching().pid, "x")
        assert await bell.happened(watching().pid, "x", Happening(key="1", value=None))
        assert not await bell.happened(watching().pid, "x", Happening(key="1", value=None))
        assert len(kept.rung) == len(kept.told) == 1

    asyncio.run(whole())


def test_a_folder_that_takes_long_to_look_at_is_rung_for_seldom(tmp_path: Path) -> None:
    async def whole() -> None:
        kept = Kept()
        watchers = made(tmp_path, kept)
        key = (watching().pid, "in")
        watchers._looks_s[key] = 0.11
        for _ in range(50):
            watchers._stirred(key)
        assert kept.rung == []
        await until(lambda: kept.rung == [key])
        watchers._looks_s[key] = 0.01
        watchers._stirred(key)
        assert kept.rung == [key, key]
        watchers._looks_s[key] = 5.0
        watchers._stirred(key)
        watchers.leave(*key)
        assert watchers._ringing == {}
        await watchers.close()

    asyncio.run(whole())


def test_a_folder_that_can_never_be_watched_is_no_error_before_it_is_looked_at(tmp_path: Path) -> None:
    async def whole() -> None:
        watchers = made(tmp_path, Kept())
        watchers.attend(Files(name="x", folder="../.."), watching())
        watchers.attend(Files(name="x", folder="nowhere:/"), watching())
        await watchers.close()

    asyncio.run(whole())


def test_a_thousand_quiet_triggers_of_each_kind_cost_next_to_nothing(tmp_path: Path) -> None:
    async def whole() -> None:
        watchers = made(tmp_path, Kept())
        for number in range(1_000):
            (tmp_path / "work" / f"agent-{number}").mkdir(parents=True)
            for trigger in (
                Files(name="files", folder="."),
                Feed(name="feed", url="https://news.example/"),
                Page(name="page", url="https://news.example/"),
                Mailbox(name="mail", account="office"),
                Topic(name="topic", topic=f"queue-{number}"),
                Webhook(name="hook", secret="s"),
            ):
                watchers.attend(trigger, watching(number + 1, agent=f"agent-{number}"))
        await asyncio.sleep(2.0)
        assert threading.active_count() <= threads + 6
        before = time.process_time()
        await asyncio.sleep(3.0)
        spent = time.process_time() - before
        await watchers.close()
        assert spent < 0.5  # CPU, not time; one thread for each would take all of it

    threads = threading.active_count()
    asyncio.run(whole())
    assert threading.active_count() <= threads + 6
