"""One server as it is mounted: what is approved stays what it was, whatever comes over the wire."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.base.errors import DeadlineError, ToolChangedError
from ergos.buses.mcp.host.mount import Mount
from ergos.buses.mcp.host.opening import Patience, Surroundings
from ergos.kernel.mounts import ToolSettings
from tests.buses.mcp.host.stage import CLOCK, ECHO, errand, hostile, pinned, stage


def mounted(misdeed: str, patience: Patience = Patience(), **more: object) -> Mount:  # noqa: B008 - frozen
    settings = hostile(misdeed, **more)
    return Mount(settings, Surroundings(clock=CLOCK, patience=patience), pinned(settings, ECHO))


def test_a_tool_is_listed_again_after_a_while() -> None:
    async def test() -> None:
        mount = mounted("gone", Patience(recheck_s=0.0))
        tool = mount.tools["bad.echo"]
        assert (await mount.call(tool, {"text": "a"}, errand()))["text"] == "got a"
        with pytest.raises(ToolChangedError, match="does not offer it any more"):
            await mount.call(tool, {"text": "b"}, errand())
        await mount.close()

    stage(test)


def test_a_tool_that_is_switched_off_is_not_mounted() -> None:
    mount = mounted("none", tools={"echo": ToolSettings(off=True)})
    assert mount.tools == {}


def test_an_approval_is_taken_back_and_given_again() -> None:
    async def test() -> None:
        mount = mounted("none")
        await mount.look()
        mount.approve(None)
        assert mount.tools == {}
        changed = msgspec.structs.replace(ECHO, description="Other.")
        mount.approve(pinned(mount.settings, changed))
        assert "in another way" in mount.disabled["bad.echo"], "what was heard last counts at once"
        mount.approve(pinned(mount.settings, ECHO))
        assert mount.disabled == {}
        await mount.close()

    stage(test)


def test_waiting_for_a_server_has_the_deadline_of_the_call() -> None:
    async def test() -> None:
        mount = mounted("hang-connect")
        with pytest.raises(DeadlineError, match="was not ready within"):
            await mount.call(mount.tools["bad.echo"], {"text": "a"}, errand(0.5))
        await mount.close()

    stage(test)


def test_calls_beyond_what_a_server_takes_wait_for_their_turn() -> None:
    async def test() -> None:
        mount = mounted("none")
        tool = mount.tools["bad.echo"]
        came = await asyncio.gather(*(mount.call(tool, {"text": str(n)}, errand()) for n in range(100)))
        assert [one["text"] for one in came] == [f"got {n}" for n in range(100)]
        await mount.close()

    stage(test)
