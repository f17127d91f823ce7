"""Before an agent runs: strangers' text, private data and a way out in one hand are refused, in the owner's language."""

from __future__ import annotations

import pytest

from ergos.base.errors import DefinitionError
from ergos.kernel.packages import Definition, Mounts, Tool
from ergos.kernel.permission.wording import Language
from ergos.lib.agent import Agent, agent, may
from ergos.lib.tool import FunctionTool, tool
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.install import checked, guarded
from tests.runtime.kernels import Shelf


@tool(effect="pure", name="web.read", roles={"url": "target"})
def web(url: str) -> str:
    """Text of anybody."""
    return url


@tool(effect="pure", name="diary.read", trusted=True, readers=["alice"])
def diary() -> str:
    """Text of its owner alone."""
    return ""


@tool(effect="irreversible", name="mail.send", reach="others", roles={"to": "recipient", "body": "text"})
def mail(to: str, body: str) -> str:
    """A way out."""
    return to + body


LEGS = (web, diary, mail)


class Mounted:
    """Tools of the system."""

    def __init__(self, *tools: FunctionTool) -> None:
        self._tools = {one.spec.name: one for one in tools}

    def tool(self, name: str) -> Tool | None:
        return self._tools.get(name)

    def why_not(self, name: str) -> str:
        del name
        return ""

    def names(self) -> tuple[str, ...]:
        return tuple(self._tools)


def made(name: str, *grants: str, ask: bool = False, team: tuple[str, ...] = (), **more: object) -> Agent:
    async def program(ctx: object) -> None:
        del ctx

    given = [may("act", one, ask=ask and one == "mail.send", **more) for one in grants]  # type: ignore[arg-type]
    return agent(name=name, grants=[*given, *(may("spawn", one) for one in team)], team=team)(program)  # type: ignore[arg-type]


def install(
    shelf: Shelf, definition: Definition, mounts: Mounts | None = None, language: Language = "en"
) -> tuple[str, ...]:
    return checked(definition, shelf, mounts, language, 0)


def test_all_three_in_one_hand_are_refused_in_english_and_in_chinese() -> None:
    shelf = Shelf()
    definition = shelf.put(made("spy", "web.read", "diary.read", "mail.send"), LEGS)
    with pytest.raises(DefinitionError) as english:
        install(shelf, definition)
    with pytest.raises(DefinitionError) as chinese:
        install(shelf, definition, language="zh")
    for name in ("spy", "web.read", "diary.read", "mail.send"):
        assert name in str(english.value)
        assert name in str(chinese.value)
    assert str(english.value).isascii() or "—" in str(english.value)
    for part in str(chinese.value).split(" — "):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in part), part


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_any_two_of_them_are_installed(missing: int) -> None:
    shelf = Shelf()
    names = [one.spec.name for one in LEGS]
    del names[missing]
    install(shelf, shelf.put(made("clerk", *names), LEGS))


def test_a_way_out_that_is_asked_about_each_time_is_installed() -> None:
    shelf = Shelf()
    install(shelf, shelf.put(made("clerk", "web.read", "diary.read", "mail.send", ask=True), LEGS))


def test_what_a_team_holds_together_counts_as_one_hand() -> None:
    shelf = Shelf()
    shelf.put(made("reader", "web.read"), LEGS)
    shelf.put(made("middle", "diary.read", team=("reader",)), LEGS)
    with pytest.raises(DefinitionError, match=r"mail\.send"):
        install(shelf, shelf.put(made("boss", "mail.send", team=("middle",)), LEGS))


def test_a_team_that_names_itself_is_looked_at_once() -> None:
    shelf = Shelf()
    first = shelf.put(made("one", "web.read"), LEGS)
    shelf.put(made("two", "diary.read", team=("one",)), LEGS)
    package = shelf.packages["one"]
    package.team["two"] = shelf.definitions["two"]  # type: ignore[index]
    install(shelf, first)


def test_tools_of_the_system_count_like_the_agents_own() -> None:
    shelf = Shelf()
    definition = shelf.put(made("spy", "web.read", "diary.read", "mail.send"), (web, diary))
    install(shelf, definition)
    with pytest.raises(DefinitionError, match=r"mail\.send"):
        install(shelf, definition, Mounted(mail))


def test_a_prefix_stands_for_every_tool_it_names() -> None:
    shelf = Shelf()
    definition = shelf.put(made("spy", "web.*", "diary.*", "mail.*"), LEGS)
    with pytest.raises(DefinitionError):
        install(shelf, definition)


def test_a_tool_that_does_not_say_how_far_it_reaches_reaches_others() -> None:
    @tool(effect="irreversible", name="post")
    def post(text: str) -> str:
        return text

    shelf = Shelf()
    with pytest.raises(DefinitionError, match="post"):
        install(shelf, shelf.put(made("spy", "web.read", "diary.read", "post"), (web, diary, post)))


def test_what_is_only_worth_knowing_is_told_and_not_refused() -> None:
    shelf = Shelf()
    notes = install(shelf, shelf.put(made("clerk", "mail.send", nonsense="x"), LEGS))
    assert any("nonsense" in note for note in notes)
    assert all(" — " in note for note in notes)


def test_a_foreign_program_with_all_three_is_asked_about_at_its_way_out() -> None:
    tools = tuple(one.spec.name for one in LEGS)
    made = foreign_definition("prog", resumable=True, tools=(*tools, "no.such"))
    definition, notes = guarded(made, Mounted(*LEGS), "en", 0)
    asks = {grant.name: grant.ask for grant in definition.grants if grant.verb == "act"}
    assert asks == {"web.read": False, "diary.read": False, "mail.send": True, "no.such": False}
    assert len(notes) == 1
    assert "no.such" in notes[0]


@pytest.mark.parametrize("missing", range(3))
def test_a_foreign_program_with_two_of_them_keeps_its_grants(missing: int) -> None:
    tools = tuple(one.spec.name for at, one in enumerate(LEGS) if at != missing)
    made = foreign_definition("prog", resumable=True, tools=tools)
    assert guarded(made, Mounted(*LEGS), "en", 0) == (made, ())
