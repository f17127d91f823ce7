"""A2A of a kernel is put together from its home, and costs nothing where nothing is published."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from ergos.app.home import Home, kernel_on, programs_of
from ergos.base.errors import SettingsError
from ergos.base.ids import Pid
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.peers import A2aSettings, PeerSettings
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_index import FILE
from ergos.server.a2a_sayings import told
from ergos.server.a2a_site import A2a, open_a2a, published
from tests.a2a.standing import AGENT, NAME, home_in
from tests.server.peering import said

PEER = PeerSettings(name="acme", accepts="sha256:" + "0" * 64)


def _home(tmp_path: Path, *publish: Path) -> Home:
    home = home_in(tmp_path)
    a2a = A2aSettings(publish=tuple(str(one) for one in publish), peers={"acme": PEER})
    return msgspec.structs.replace(home, settings=msgspec.structs.replace(home.settings, a2a=a2a))


def _run(home: Home, scenario: Callable[[Kernel], Awaitable[None]]) -> None:
    async def played() -> None:
        async with kernel_on(home, programs_of(home)) as kernel:
            await scenario(kernel)

    asyncio.run(played())


def _base() -> str:
    return "https://home.example"


def test_where_nothing_is_published_nothing_is_opened(tmp_path: Path):
    home = _home(tmp_path)

    async def scenario(kernel: Kernel) -> None:
        assert await open_a2a(kernel, home, base=_base) is None
        assert not (home.folder / FILE).exists()

    _run(home, scenario)


def test_what_is_published_is_mounted_and_one_alone_has_its_card_at_the_root(tmp_path: Path):
    home = _home(tmp_path, AGENT)

    async def scenario(kernel: Kernel) -> None:
        a2a = await open_a2a(kernel, home, base=_base)
        assert a2a is not None
        assert a2a.agents == (NAME,)
        assert [route.path for route in a2a.routes] == ["/a2a/{rest:path}", "/.well-known/agent-card.json"]
        await a2a.close()

    _run(home, scenario)


def test_two_agents_of_one_name_are_not_published(tmp_path: Path):
    home = _home(tmp_path, AGENT, AGENT)

    async def scenario(kernel: Kernel) -> None:
        with pytest.raises(SettingsError, match=NAME):
            await open_a2a(kernel, home, base=_base)

    _run(home, scenario)


def test_a_task_that_was_begun_and_not_noted_is_found_again(tmp_path: Path):
    home = _home(tmp_path, AGENT)

    async def scenario(kernel: Kernel) -> None:
        (publication,) = published(kernel, home, (AGENT,))
        from ergos.kernel.bounds import Bounds

        definition = publication.definition(Bounds(peer="acme"))
        first = told(said("x", "tck-input-required", context_id="c"), "acme", 1)
        pid = await kernel.desk.spawn(definition, "alice", first, label=UNTRUSTED)  # and then the power went
        await kernel.desk.spawn(definition, "alice", first)  # with the owner's word: no peer's
        a2a = await open_a2a(kernel, home, base=_base)
        assert a2a is not None
        row = a2a._index.noted(pid)
        assert row is not None
        assert (row.peer, row.agent, row.context, row.state in {"working", "input-required"}) == (
            "acme",
            NAME,
            "c",
            True,
        )
        assert a2a._index.noted(Pid(pid + 1)) is None
        await a2a.close()

    _run(home, scenario)


def test_ids_of_tasks_follow_from_the_homes_key(tmp_path: Path):
    from ergos.server.a2a_board import task_id_of

    made: list[str] = []
    for folder in (tmp_path / "one", tmp_path / "one", tmp_path / "two"):
        folder.mkdir(exist_ok=True)
        home = _home(folder, AGENT)

        async def scenario(kernel: Kernel, home: Home = home) -> None:
            a2a = await open_a2a(kernel, home, base=_base)
            assert isinstance(a2a, A2a)
            made.append(task_id_of(a2a._ids, Pid(1), "acme", NAME))
            await a2a.close()

        _run(home, scenario)
    assert made[0] == made[1] != made[2]
