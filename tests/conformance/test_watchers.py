"""What every watcher of the outside promises, whatever it looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ergos.base.canonical import encode
from ergos.base.errors import ErgosError
from ergos.kernel.triggers import Looked
from tests.drivers.watchers.scenes import SCENES, Scene, staged

CURSOR_BYTES_MAX = 1_000  # bytes of a cursor of a handful of things
pytestmark = pytest.mark.parametrize("kind", SCENES)


def play(kind: str, home: Path, test: Callable[[Scene], Awaitable[None]]) -> None:
    with staged(kind, home) as scene:

        async def whole() -> None:
            try:
                await test(scene)
            finally:
                await scene.watchers.close()

        asyncio.run(whole())


async def begun(scene: Scene) -> Any:
    looked = await scene.look(None)
    assert not looked.fault
    return looked.cursor


def test_the_first_look_tells_nothing_and_says_what_is_there(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        looked = await scene.look(None)
        assert looked.happenings == ()
        assert looked.cursor is not None
        assert not looked.fault
        assert (await scene.look(looked.cursor)).happenings == ()

    play(kind, tmp_path, test)


def test_what_happens_is_told_once_in_its_order(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        keys: list[str] = []
        for _ in range(3):
            scene.happen()
            looked = await scene.look(cursor)
            assert len(looked.happenings) == 1, looked
            keys.append(looked.happenings[0].key)
            cursor = looked.cursor
            again = await scene.look(cursor)
            assert again.happenings == ()
            cursor = again.cursor
        assert len(set(keys)) == 3

    play(kind, tmp_path, test)


def test_what_happened_while_nothing_ran_is_told_by_the_next_look(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        await scene.restart()
        scene.happen()
        looked = await scene.look(cursor)
        assert len(looked.happenings) == 1
        await scene.restart()
        assert (await scene.look(looked.cursor)).happenings == ()

    play(kind, tmp_path, test)


def test_a_look_that_was_lost_is_repeated_word_for_word(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        scene.happen()
        first = await scene.look(cursor)
        await scene.restart()
        second = await scene.look(cursor)
        assert second.happenings == first.happenings
        assert len(first.happenings) == 1

    play(kind, tmp_path, test)


def test_a_cursor_and_what_is_told_are_small_plain_values(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        scene.happen()
        looked = await scene.look(cursor)
        assert len(encode(looked.cursor)) < CURSOR_BYTES_MAX
        for happening in looked.happenings:
            assert isinstance(happening.value, dict)
            encode(happening.value)
            assert 0 < len(happening.key) <= 100
            assert happening.label.integrity == "untrusted"

    play(kind, tmp_path, test)


def test_a_look_changes_nothing_outside(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        scene.happen()
        before = scene.shape()
        cursor = (await scene.look(cursor)).cursor
        await scene.look(cursor)
        assert scene.shape() == before

    play(kind, tmp_path, test)


def test_nonsense_is_a_fault_after_which_nothing_is_lost_or_told_twice(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        cursor = await begun(scene)
        scene.garbage()
        looked = await scene.look(cursor)
        assert looked.fault
        assert looked.cursor == cursor
        assert looked.happenings == ()
        assert looked.again_ns is None or looked.again_ns > scene.now_ns
        scene.mend()
        assert (await scene.look(cursor)).happenings == ()
        scene.happen()
        assert len((await scene.look(cursor)).happenings) == 1

    play(kind, tmp_path, test)


@pytest.mark.parametrize(
    "cursor",
    [3, "x", [], {"here": "!!!"}, {"names": 7}, {"lines": "%"}, {"uid": "x", "validity": 1}, {"here": "QQ=="}, {"validity": 700, "uid": 1, "recent": "?"}],
    ids=repr,
)  # fmt: skip
def test_a_cursor_that_is_none_is_an_error_of_ours_or_a_beginning(kind: str, tmp_path: Path, cursor: Any) -> None:
    async def test(scene: Scene) -> None:
        try:
            looked = await scene.look(cursor)
        except ErgosError:
            return
        assert isinstance(looked, Looked)

    play(kind, tmp_path, test)


def test_two_who_watch_the_same_are_both_told(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        one, two = await scene.look(None, pid=1), await scene.look(None, pid=2)
        scene.happen()
        assert len((await scene.look(one.cursor, pid=1)).happenings) == 1
        assert len((await scene.look(two.cursor, pid=2)).happenings) == 1

    play(kind, tmp_path, test)


def test_a_look_that_nobody_waits_for_ends(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        look = asyncio.ensure_future(scene.look(None))
        await asyncio.sleep(0)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        assert not (await scene.look(None)).fault

    play(kind, tmp_path, test)


def test_who_leaves_without_having_come_is_no_error(kind: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        from tests.drivers.watchers.bells import watching

        scene.watchers.leave(watching().pid, "nobody")
        scene.watchers.attend(scene.trigger, watching())
        scene.watchers.attend(scene.trigger, watching())
        scene.watchers.leave(watching().pid, scene.trigger.name)
        scene.watchers.leave(watching().pid, scene.trigger.name)

    play(kind, tmp_path, test)
