"""Out and in again: what both formats can say stays the same; what is lost is said; nothing is overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.app.exporting.formats import exported, write_export
from ergos.app.exporting.leaving import load
from ergos.app.importing.agent_md import agent_md
from ergos.app.importing.recognise import imported
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import FORMATS, FormatName, Imported, Incoming, Kept, SkillFiles
from ergos.app.importing.tool_map import files_below
from ergos.app.importing.writing import write
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DefinitionError, UsageError
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.triggers import Files, Schedule
from ergos.lib.work import Step, Work

NOW_NS = 1_795_000_000 * 10**9
SHEET = b"---\nname: greet\ndescription: Greets people.\n---\n\nSay hello.\n"

NAMES = st.from_regex(r"[a-z][a-z0-9]{2,10}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp")), max_size=80).map(
    lambda one: " ".join(one.split())
)
TOOLS = ("files.read", "files.write", "files.edit", "http.fetch", "shell.run", "python.run")
TRIGGERS = (
    Schedule(name="daily", cron="0 7 * * 1-5", timezone="Europe/Berlin"),
    Schedule(name="often", rule="FREQ=HOURLY;INTERVAL=2"),
    Schedule(name="once", at="2127-01-01T08:00", timezone="UTC"),
)


def granted(name: str, tools: list[str]) -> tuple[Grant, ...]:
    thinks = Grant(agent=name, verb="think", name="model.*", ask=True, words="w")
    return (thinks, *(Grant(agent=name, verb="act", name=tool, ask=True, words="w") for tool in tools))


@st.composite
def drafts(draw: Callable[..., Any]) -> Incoming:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    members = tuple(
        Incoming(
            name=name,
            goal=draw(TEXTS),
            instructions=draw(TEXTS),
            grants=granted(name, draw(st.lists(st.sampled_from(TOOLS), unique=True))),
        )
        for name in names[1:]
    )
    triggers = tuple(draw(st.lists(st.sampled_from(TRIGGERS), unique=True)))
    return Incoming(
        name=names[0],
        goal=draw(TEXTS),
        instructions=draw(TEXTS),
        grants=granted(names[0], draw(st.lists(st.sampled_from(TOOLS), unique=True))),
        caps=draw(st.sampled_from((Caps(), Caps(process=Amount(2_500_000, -1)), Caps(process=Amount(10_000, 500))))),
        work=Work(triggers=triggers),
        prompts={one.name: draw(TEXTS.filter(bool)) for one in triggers},
        memory=tuple(
            draw(
                st.lists(
                    st.builds(Kept, st.sampled_from(("blocks/human", "blocks/notes")), TEXTS.filter(bool)),
                    max_size=2,
                    unique_by=lambda one: one.key,
                )
            )
        ),
        skills=draw(st.sampled_from(((), (SkillFiles("greet", {"SKILL.md": SHEET}),)))),
        team=members,
    )


def back(draft: Incoming, form: FormatName, folder: Path) -> Imported:
    """Out and in again."""
    place = write(Imported(format=form, version="", agents=(draft,)), folder / "in", SeededEntropy(1), "en").folders[0]
    target = write_export(
        exported(place, form), folder / "out" / (f"{draft.name}.yaml" if form == "docker-agent" else "x")
    )
    return imported(target, NOW_NS, form)


def said(draft: Incoming) -> tuple[str, str, list[str]]:
    return draft.name, draft.instructions, [one.name for one in draft.team]


def tools_of(draft: Incoming, known: set[str]) -> set[str]:
    return {one.name for one in draft.grants if one.verb == "act"} & known


CAN: dict[FormatName, set[str]] = {
    "docker-agent": {"files.read", "files.write", "files.edit", "http.fetch", "shell.run"},
    "agent-spec": set(TOOLS),
    "letta": {"files.read", "http.fetch", "python.run"},
    "openclaw": set(TOOLS),
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(draft=drafts(), form=st.sampled_from(FORMATS), number=st.integers(0, 10**9))
def test_what_both_can_say_survives_the_way_out_and_in(
    tmp_path: Path, draft: Incoming, form: FormatName, number: int
) -> None:
    folder = tmp_path / f"{number}-{form}-{len(list(tmp_path.iterdir()))}"
    found = back(draft, form, folder)
    again = found.agents[0]
    assert said(again) == said(draft)
    assert tools_of(again, CAN[form]) == tools_of(draft, CAN[form]) | (
        {"shell.run"} if form == "docker-agent" and "python.run" in tools_of(draft, set(TOOLS)) else set()
    )
    assert all(one.ask for one in again.grants)
    if form != "openclaw":
        assert again.goal == draft.goal or (form == "docker-agent" and not draft.goal)
    if form == "docker-agent":
        assert again.caps == draft.caps
    if form == "openclaw":
        shown = {one.name: (one.cron, one.rule, one.at) for one in again.work.triggers if isinstance(one, Schedule)}
        assert shown == {
            one.name: (one.cron, one.rule, one.at) for one in draft.work.triggers if isinstance(one, Schedule)
        }
        assert again.prompts == draft.prompts
    if form == "letta":
        assert {(one.key, one.text) for one in again.memory} == {(one.key, one.text) for one in draft.memory}
    if form != "agent-spec":
        assert [one.name for one in again.skills] == [one.name for one in draft.skills]


def agent(tmp_path: Path) -> Path:
    """A folder with everything that some format cannot say."""
    draft = Incoming(
        name="rich", goal="g", instructions="i", prompts={"plan": "p", "inbox": "q"},
        grants=(
            *granted("rich", ["calendar.add", "http.fetch"]),
            Grant(agent="rich", verb="act", name="files.read", args=files_below(("in", "notes:/"), "files.read")),
            Grant(agent="rich", verb="act", name="shell.run", args={"command": Matcher("equals", ("ls",))}, times=3),
        ),
        caps=Caps(day=Amount(1_000_000, -1)),
        work=Work(triggers=(Files(name="inbox", folder="in"), Schedule(name="odd", rule="FREQ=YEARLY;BYMONTH=2")), steps=(Step(id="a", verb="ask", given={"question": "?"}),)),
        memory=(Kept("USER", "tea"),),
    )  # fmt: skip
    folder = tmp_path / "rich"
    folder.mkdir()
    (folder / "AGENT.md").write_text(agent_md(draft), encoding="utf-8")
    (folder / "memory.json").write_bytes(msgspec.json.encode(draft.memory))
    (folder / "tools").mkdir()
    (folder / "tools" / "mine.py").write_text("x = 1\n")
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_format_cannot_say_is_named_and_never_written(tmp_path: Path, form: FormatName) -> None:
    found = exported(agent(tmp_path), form)
    lost = {(one.code, one.what) for one in found.remarks}
    assert ("I801", "steps") in lost
    assert ("I803", "mine.py") in lost
    assert ("I801", "budget: per_day") in lost
    assert ("I801", "the trigger inbox") in lost
    assert ("I801", "act: calendar.add") in lost
    assert ("I801", "times and expires of shell.run") in lost
    assert not any("mine" in path for path in found.files)


def test_a_bound_that_the_other_system_does_not_keep_is_said(tmp_path: Path) -> None:
    folder = agent(tmp_path)
    assert any(one.code == "I802" and "shell.run" in one.what for one in exported(folder, "openclaw").remarks)
    text = exported(folder, "docker-agent").files["rich.yaml"]
    assert isinstance(text, str)
    assert "- in\n" in text
    assert any(one.what == "the root notes:/" for one in exported(folder, "docker-agent").remarks)


def test_two_agents_of_one_name_are_said_and_ids_stay_their_own(tmp_path: Path) -> None:
    for place, team, text in (
        ("a", "[b, c]", "A"),
        ("a/team/b", "[]", "first"),
        ("a/team/c", "[b]", "C"),
        ("a/team/c/team/b", "[]", "second"),
    ):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "AGENT.md").write_text(f"---\nname: {place[-1]}\nteam: {team}\n---\n{text}\n")
    for form in ("docker-agent", "openclaw"):
        assert any(one.what == "a second agent b" for one in exported(tmp_path / "a", form).remarks)
    text = exported(tmp_path / "a", "agent-spec").files["a.agentspec.json"]
    ids = re.findall(r'"id": "([^"]*)"', str(text))
    assert len(ids) == len(set(ids))
    assert "first" in str(text)
    assert "second" in str(text)


def test_secrets_leave_with_no_export(tmp_path: Path) -> None:
    folder = agent(tmp_path)
    key = "sk-proj-" + "abcdefghijklmnop123456"
    (folder / "memory.json").write_bytes(msgspec.json.encode((Kept("USER", f"my key is {key}"),)))
    for form in FORMATS:
        assert key not in repr(exported(folder, form))


def test_nothing_is_overwritten_and_no_folder_is_no_agent(tmp_path: Path) -> None:
    folder = agent(tmp_path)
    found = exported(folder, "letta")
    target = write_export(found, tmp_path)
    assert target == tmp_path / "rich.af"
    assert json.loads(target.read_text("utf-8"))["agents"][0]["name"] == "rich"
    with pytest.raises(UsageError, match="already"):
        write_export(found, tmp_path)
    with pytest.raises(DefinitionError):
        exported(tmp_path / "nothing", "letta")


def test_a_team_that_is_its_own_team_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "AGENT.md").write_text("---\nname: a\nteam: [a]\n---\n")
    (folder / "team").mkdir()
    (folder / "team" / "a").symlink_to(folder)
    with pytest.raises(DefinitionError):
        load(folder, Findings())
