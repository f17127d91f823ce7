"""A continuation runs in a process of its own, which ends in time and whose failures are told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ergos.app import whatif_run
from ergos.app.home import Home
from ergos.app.whatif import Supposed
from ergos.app.whatif_run import Children, Job, work
from ergos.app.whatif_seed import Point
from ergos.base.errors import BoundError, DeadlineError, UnknownPathError, UsageError
from ergos.base.ids import Pid
from tests.app.trace_house import home_in, ran


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A forecast that was made."""
    home = home_in(tmp_path_factory.mktemp("run") / "house")
    asyncio.run(ran(home, "forecaster"))
    return home


def test_both_sides_come_back_and_failures_keep_their_kind(told: Home):
    async def play() -> None:
        children = Children()
        found = await children.continued(told, Point(pid=Pid(1), turn=1, seq=8), Supposed(answer="No, sun."))
        assert found.would_end == {"take": False}
        with pytest.raises(UnknownPathError):
            await children.continued(told, Point(pid=Pid(1), turn=1, seq=9), Supposed())
        told_too = await work(Job(home=str(told.folder), point=Point(pid=Pid(1), turn=1, seq=4)))
        assert told_too.failure is not None, "a call of a model is stored as it is; there is no prompt to rebuild"

    asyncio.run(play())


def test_one_that_never_ends_is_ended_and_more_than_two_wait(told: Home, monkeypatch: pytest.MonkeyPatch):
    path = told.folder.parent / "forecaster.py"
    text = path.read_text()
    path.write_text(text.replace("    said = await", "    while True:\n        pass\n    said = await"))
    monkeypatch.setattr(whatif_run, "CHILD_S", 2)

    async def play() -> None:
        children = Children()
        point = Point(pid=Pid(1), turn=1, seq=8)
        came = await asyncio.gather(
            *(children.continued(told, point, Supposed()) for _ in range(3)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in came) == ["BoundError", "DeadlineError", "DeadlineError"]
        assert isinstance(came[2], BoundError)
        assert isinstance(came[0], DeadlineError)

    try:
        asyncio.run(play())
    finally:
        path.write_text(text)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # none is left behind


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "open({place!r}, 'w').write('x')",
        "import subprocess; subprocess.run(['touch', {place!r}])",
        "import os; os.mkdir({place!r})",
    ],
)
def test_a_program_that_ignores_the_door_reaches_nothing(told: Home, tmp_path: Path, deed: str):
    path, place = told.folder.parent / "forecaster.py", tmp_path / "made"
    text = path.read_text()
    path.write_text(text.replace("    said = await", f"    {deed.format(place=str(place))}\n    said = await"))
    try:
        found = asyncio.run(Children().continued(told, Point(pid=Pid(1), turn=1, seq=8), Supposed()))
    finally:
        path.write_text(text)
    assert found.would_state == "failed"
    assert found.failure is not None
    assert "simulation" in found.failure.what
    assert not place.exists()


def test_a_process_that_ends_itself_is_told(told: Home):
    path = told.folder.parent / "forecaster.py"
    text = path.read_text()
    path.write_text(text.replace("    said = await", "    import os\n    os._exit(3)\n    said = await"))
    try:
        with pytest.raises(Exception, match="without a word"):
            asyncio.run(Children().continued(told, Point(pid=Pid(1), turn=1, seq=8), Supposed()))
    finally:
        path.write_text(text)


def test_the_prompt_of_a_task_is_rebuilt_by_its_solver(tmp_path: Path):
    home = home_in(tmp_path / "house")
    (home.folder.parent / "tasker.py").write_text(TASKER)

    async def play() -> None:
        await ran(home, "tasker")
        found = await Children().rebuilt(home, Point(pid=Pid(1), turn=1, seq=4))
        assert not found.changed
        said = " ".join(getattr(part, "text", "") for one in found.request.messages for part in one.parts)
        assert "umbrella in Bergen" in said
        with pytest.raises(UsageError):
            await Children().rebuilt(home, Point(pid=Pid(1), turn=1, seq=6))

    asyncio.run(play())


TASKER = """
import msgspec

from ergos.base.errors import ErgosError
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, anything, may
from ergos.lib.model_solver import model_solver
from ergos.lib.task import Task


class Place(msgspec.Struct):
    city: str


class Advice(msgspec.Struct):
    take: str


ADVISE = Task("advise", inputs=Place, output=Advice, tokens_max=4_000)
advise = model_solver(ADVISE, prompt=lambda place: f"Does one need an umbrella in {place.city}?")


@agent(grants=[may("think", "advise")], caps=Caps(process=Amount(1_000_000, -1)))
async def tasker(ctx: Context):
    try:
        await ctx.think(ADVISE, Place(city="Bergen"))
    except ErgosError as error:
        await ctx.remember("failed", error.what)
    return None
"""
