from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from ergos.app.home import home_at, kernel_on, programs_of
from ergos.app.views.file import ViewsFile
from ergos.app.views.model import Views
from ergos.base.errors import ErgosError, StoreError
from ergos.drivers.host import HostClock
from ergos.kernel.events import Exited
from ergos.sim.crowd import Told
from tests.app.views.rig import Asking, Written, everything, on_loop


@on_loop
async def test_what_is_durable_when_somebody_asks_is_in_the_answer(written: Written) -> None:
    views = Views(written.folder)
    own = views.of("alice")
    for pid in range(1, 6):
        written.spawn(pid, "alice", "clerk")
        counted = await own.counts()
        assert counted.states == {"running": pid}
        assert counted.seq == written.seq == views.seq
    await views.close()


@on_loop
async def test_a_fold_that_is_behind_goes_on_by_itself(
    crowd: tuple[Path, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = crowd
    monkeypatch.setattr("ergos.app.views.model.NEAR_RECORDS", 10)
    views = Views(folder)
    first = await views.of(told.owners[0]).counts()
    assert 0 < first.seq <= told.records
    async with asyncio.timeout(60):
        while views.seq < told.records:  # noqa: ASYNC110 - nobody asks, so nobody could be told
            await asyncio.sleep(0.01)
    await views.close()


@on_loop
async def test_what_was_written_is_folded_though_nobody_asks(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergos.app.views.model.STIR_S", 0.01)
    written.spawn(1, "alice", "clerk")
    views = Views(written.folder)
    for _ in range(3):
        views.stirred()
    async with asyncio.timeout(60):
        while views.seq < written.seq:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    views.stirred()
    await views.close()  # and nothing is left that would wake up
    await asyncio.sleep(0.03)


@on_loop
async def test_a_fold_nobody_waits_for_rests_and_comes_to_its_end(
    crowd: tuple[Path, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = crowd
    monkeypatch.setattr("ergos.app.views.model.STIR_S", 0.01)
    monkeypatch.setattr("ergos.app.views.model.REST_S", 0.01)
    monkeypatch.setattr("ergos.app.views.model.WATCHED_S", 0)
    monkeypatch.setattr("ergos.app.views.file.SLICE_RECORDS", 500)
    views = Views(folder)
    views.stirred()
    async with asyncio.timeout(60):
        while views.seq < told.records:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    await views.close()


@on_loop
async def test_questions_come_in_between_slices(crowd: tuple[Path, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    """While a long fold is under way, who asks is answered before it is over."""
    folder, told = crowd
    monkeypatch.setattr("ergos.app.views.file.SLICE_RECORDS", 64)
    monkeypatch.setattr("ergos.app.views.file.COMMIT_RECORDS", 256)
    monkeypatch.setattr("ergos.app.views.model.NEAR_RECORDS", 0)
    monkeypatch.setattr("ergos.app.views.model.GIVE_WAY_MS", 0)
    views = Views(folder)
    asked = [await views.of(owner).counts() for owner in (*told.owners, *told.owners)]
    assert [one.seq for one in asked] == sorted(one.seq for one in asked)
    assert asked[0].seq < told.records
    assert await views.caught_up() == told.records
    await views.close()


@on_loop
async def test_many_who_ask_at_once_get_the_same_answers(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as first, Asking(folder) as second:
        owner = told.owners[0]
        answers = await asyncio.gather(*[everything(views.of(owner), (told.lasting,)) for views in (first, second) * 4])
        assert all(answer == answers[0] for answer in answers)


@on_loop
async def test_damage_is_noticed_by_who_asks_and_made_good(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as views:
        good = [await everything(views.of(owner)) for owner in told.owners]
    path = folder / "views.db"
    whole = bytearray(path.read_bytes())
    for page in range(1, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(bytes(whole))
    async with Asking(folder) as views:
        assert [await everything(views.of(owner)) for owner in told.owners] == good


@on_loop
async def test_closed_views_answer_nobody(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    views = Views(written.folder)
    await views.of("alice").counts()
    await views.close()
    await views.close()
    with pytest.raises(StoreError):
        await views.of("alice").counts()


@on_loop
async def test_views_of_a_home_where_nothing_ran_say_so(tmp_path: Path) -> None:
    views = Views(tmp_path)
    with pytest.raises(ErgosError):
        await views.of("alice").counts()
    await views.close()


@on_loop
async def test_a_program_that_holds_the_file_is_told_of_instead_of_waited_for(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.spawn(1, "alice", "clerk")
    holding = ViewsFile(written.folder, HostClock(), records=1)
    holding._commit_records = 10**6  # type: ignore[misc]
    holding.advance(hold=True)
    monkeypatch.setattr("ergos.app.views.model.IDLE_MAX", 3)
    views = Views(written.folder)
    with pytest.raises(StoreError, match="another program"):
        await views.caught_up()
    row = await views.of("alice").one(written_pid := 1)  # type: ignore[arg-type]
    assert row is not None and row.pid == written_pid
    holding.close()
    written.add(1, 1, Exited("done"))
    assert (await views.of("alice").counts()).seq == written.seq
    await views.close()


@on_loop
async def test_views_beside_a_running_kernel_follow_it(tmp_path: Path) -> None:
    path = tmp_path / "agents.py"
    path.write_text(
        "from ergos.lib.agent import Context, agent\n\n\n"
        "@agent()\nasync def child(ctx: Context):\n    return 1\n\n\n"
        '@agent(team=["child"])\nasync def parent(ctx: Context):\n'
        '    return (await ctx.wait(await ctx.spawn("child"))).outcome\n'
    )
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
    programs = programs_of(home)
    async with kernel_on(home, programs) as kernel, contextlib.AsyncExitStack() as undo:
        views = Views(home.folder)
        undo.push_async_callback(views.close)
        undo.callback(kernel.listen(views.stirred))
        pid = await kernel.desk.spawn(programs.load(path), "me")
        await kernel.desk.end_of(pid)
        await kernel.machine.store.flush()
        own = views.of("me")
        rows = await own.processes("all")
        assert [(row.agent, row.state, row.parent) for row in rows] == [("child", "done", pid), ("parent", "done", 0)]
        assert [call.kind for call in await own.calls(pid)] == ["wait", "spawn"]
        assert (await own.traffic())[0].spawned == 1
        assert await own.records(kinds=("boot",))
