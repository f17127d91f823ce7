"""An agent finds its own tools first, then what is mounted; its grants say which of them it is shown."""

from __future__ import annotations

import pytest

from ergos.kernel.packages import Package, Tool
from ergos.kernel.permission.grants import Grant, permits
from ergos.lib.agent import Context
from ergos.lib.tool import tool
from ergos.runtime.toolset import KITS_MAX, Kits, Toolset, granted, with_mounts

from .kernels import Rig, an_agent, effect_tool, play, until


def made(name: str, summary: str = "") -> Tool:
    async def run() -> str:
        return summary

    run.__doc__ = summary or None
    return tool("pure", name=name)(run)


class Shelf:
    """A `Mounts` port."""

    def __init__(self, *tools: Tool) -> None:
        self.tools = {one.spec.name: one for one in tools}

    def tool(self, name: str) -> Tool | None:
        return self.tools.get(name)

    def why_not(self, name: str) -> str:
        return "" if name in self.tools else "gone"

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.tools))


def test_of_two_with_one_name_the_agents_own_is_meant() -> None:
    shelf = Shelf(made("a", "mounted"), made("b", "mounted"))
    tools = Toolset({"a": made("a", "own")}, shelf)
    assert [tools[name].spec.summary for name in tools] == ["own", "mounted"]
    assert len(tools) == 2
    with pytest.raises(KeyError):
        tools["c"]
    del shelf.tools["b"]
    assert tools.get("b") is None


def test_without_mounts_a_package_stays_what_it_is() -> None:
    async def program(_: object) -> None: ...

    package = Package(program=program)  # type: ignore[arg-type]
    assert with_mounts(package, None) is package
    assert with_mounts(package, Shelf(made("x"))).tools["x"].spec.name == "x"


def test_an_agent_is_shown_what_its_grants_name_and_nothing_else() -> None:
    tools = {name: made(name) for name in ("files.read", "files.write", "filesystem", "mail.send")}
    given = permits(
        (
            Grant(agent="a", verb="act", name="files.*"),
            Grant(agent="b", verb="act", name="mail.send"),
            Grant(agent="a", verb="think", name="mail.send"),
            Grant(agent="*", verb="act", name="gone"),
        )
    )
    assert [spec.name for spec in granted(given, "a", tools)] == ["files.read", "files.write"]
    assert [spec.name for spec in granted(given, "b", tools)] == ["mail.send"]


def test_what_a_program_sees_of_mounted_tools_is_the_same_when_it_is_driven_again() -> None:
    async def curious(ctx: Context) -> object:
        seen = [f"{spec.name}: {spec.summary}" for spec in ctx.beginning.tools]
        await ctx.act("post", word=", ".join(seen))
        await ctx.receive()
        return seen

    async def scenario(rig: Rig) -> None:
        shelf = rig.mounts = Shelf(made("news.read", "As it was."), made("news.list"), made("mail.send"))
        agent = an_agent(curious, "post", "news.*", name="curious")
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(agent, effect_tool(rig.outside, "idempotent")), "alice")
        await until(lambda: rig.outside.effects)
        shelf.tools = {"news.read": made("news.read", "Changed."), "news.new": made("news.new")}
        kernel = await rig.again(kernel)
        await kernel.desk.send(pid, "go on")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["news.list: ", "news.read: As it was.", "post: "]
        assert rig.tags(pid)[:3] == ["spawn", "wake", "equip"]

    play(scenario)


def test_a_program_without_mounted_tools_writes_nothing_about_them() -> None:
    async def scenario(rig: Rig) -> None:
        rig.mounts = Shelf(made("news.read"))

        async def idle(ctx: Context) -> object:
            return [spec.name for spec in ctx.beginning.tools]

        ended = await rig.ends(rig.put(an_agent(idle, "post"), effect_tool(rig.outside, "idempotent")))
        assert ended.outcome == ["post"]
        assert "equip" not in rig.tags(ended.process.pid)

    play(scenario)


def test_what_two_turns_find_alike_is_packed_once_and_stored_if_it_is_not() -> None:
    specs = [made(f"many.{n}", "Does something. " * 20).spec for n in range(40)]
    kits, known = Kits(), set[str]()
    packed, blobs = kits.packed(specs, known)
    assert blobs
    assert kits.packed(tuple(specs), known) == (packed, blobs)
    known.update(blob.digest for blob in blobs)
    assert kits.packed(specs, known) == (packed, ())
    assert kits.packed(specs[:-1], known)[0] != packed
    for n in range(2 * KITS_MAX):
        kits.packed([made(f"one.{n}").spec], known)
    assert kits.packed(specs, set()) == (packed, blobs)
