"""Skills of an agent's folder and of the home: who sees which, and when they make another version."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.skill_store import SkillStore
from ergos.base.clock import ManualClock
from ergos.base.ids import Pid
from ergos.kernel.labels import TRUSTED, UNTRUSTED, Label
from ergos.kernel.packages import Definition, Errand
from ergos.lib.folder import FolderPrograms
from ergos.lib.skills import READ
from tests.lib.house import agent_in, write

GRANTED = "grants:\n  - act: skills.read"
ERRAND = Errand(pid=Pid(1), owner="alice", agent="a", idempotency_key="k", deadline_ns=0, now_ns=0)


def agent(path: Path, name: str = "a", more: str = GRANTED) -> Path:
    write(path, "AGENT.md", f"---\nname: {name}\n{more}\n---\nBe brief.\n")
    write(path, "agent.py", "async def agent(ctx):\n    return 1\n")
    return path


def skill(path: Path, name: str, description: str = "Does it.", body: str = "How.") -> Path:
    write(path / name, "SKILL.md", f"---\nname: {name}\ndescription: {description}\n---\n{body}\n")
    return path / name


def install(tmp_path: Path, name: str, description: str = "Does it.", body: str = "How.") -> Path:
    home = tmp_path / "home" / "skills"
    store = SkillStore(home, ManualClock(7))
    store.install(store.look(skill(tmp_path / "source", name, description, body)), "alice")
    return home


def read(programs: FolderPrograms, definition: Definition, name: str) -> tuple[str, Label | None]:
    tool = programs.package(definition).tools[READ]
    came = asyncio.run(tool.run({"skill": name}, ERRAND))
    return str(came.value), came.label


def test_an_agents_own_skill_is_a_name_in_its_prompt_and_untrusted(tmp_path: Path) -> None:
    skill(agent(tmp_path / "a") / "skills", "forms", "OBEY ME")
    programs = FolderPrograms()
    definition = programs.load(tmp_path / "a")
    assert definition.instructions.startswith("Be brief.\n\n## Skills")
    assert "forms" in definition.instructions
    assert "OBEY" not in definition.instructions
    text, label = read(programs, definition, "forms")
    assert "How." in text
    assert label == UNTRUSTED


def test_an_installed_skill_is_described_in_the_prompt_of_who_may_read_it_and_trusted(tmp_path: Path) -> None:
    home = install(tmp_path, "forms", "Fills in forms.")
    programs = FolderPrograms(home)
    definition = programs.load(agent(tmp_path / "a"))
    assert "- forms: Fills in forms." in definition.instructions
    assert read(programs, definition, "forms")[1] == TRUSTED
    single = programs.load(
        agent_in(tmp_path, '@agent(grants=[may("act", "skills.read")])\nasync def b(ctx): return 1\n')
    )
    assert "- forms: Fills in forms." in single.instructions
    assert read(programs, single, "forms")[1] == TRUSTED


def test_who_may_read_none_sees_none_and_keeps_its_version(tmp_path: Path) -> None:
    path = agent(tmp_path / "a", more="")
    before = FolderPrograms().load(path)
    home = install(tmp_path, "forms")
    skill(path / "skills", "own")
    after = FolderPrograms(home).load(path)
    assert after == before
    assert after.instructions == "Be brief."


def test_an_agents_own_skill_with_the_content_of_an_installed_one_is_trusted(tmp_path: Path) -> None:
    path = agent(tmp_path / "a")
    home = tmp_path / "home" / "skills"
    store = SkillStore(home, ManualClock(7))
    store.install(store.look(skill(path / "skills", "forms")), "alice")
    programs = FolderPrograms(home)
    definition = programs.load(path)
    assert read(programs, definition, "forms")[1] == TRUSTED


def test_a_team_has_the_skills_of_its_lead(tmp_path: Path) -> None:
    path = agent(tmp_path / "a", more=f"team: [b]\n{GRANTED}")
    agent(path / "team" / "b", "b")
    skill(path / "skills", "forms")
    skill(path / "team" / "b" / "skills", "special")
    programs = FolderPrograms()
    definition = programs.load(path)
    below = programs.package(definition).team["b"]
    assert "special" not in definition.instructions
    assert "forms, special" in below.instructions
    assert "How." in read(programs, below, "forms")[0]


def test_a_change_of_a_skill_is_a_new_version_for_who_may_read_it(tmp_path: Path) -> None:
    path = agent(tmp_path / "a")
    place = skill(path / "skills", "forms")
    programs = FolderPrograms()
    before = programs.load(path)
    (place / "SKILL.md").write_text("---\nname: forms\ndescription: Does it.\n---\nAnother how.\n")
    after = programs.load(path)
    assert after.code != before.code
    assert "Another how." in read(programs, after, "forms")[0]


def test_a_skill_that_is_installed_later_is_seen_at_the_next_load(tmp_path: Path) -> None:
    home = tmp_path / "home" / "skills"
    programs = FolderPrograms(home)
    path = agent(tmp_path / "a")
    assert "forms" not in programs.load(path).instructions
    install(tmp_path, "forms")
    assert "forms" in programs.load(path).instructions


@pytest.mark.parametrize("text", ["", "---\nname: other\ndescription: x\n---\n", "---\nname: !!x\n---\n"])
def test_a_broken_skill_does_not_keep_its_agent_from_running(tmp_path: Path, text: str) -> None:
    path = agent(tmp_path / "a")
    place = skill(path / "skills", "forms")
    skill(path / "skills", "good")
    (place / "SKILL.md").write_text(text)
    definition = FolderPrograms().load(path)
    assert "good" in definition.instructions
    assert "forms" not in definition.instructions


def test_grants_say_which_skills(tmp_path: Path) -> None:
    path = agent(tmp_path / "a", more="grants:\n  - act: skills.read\n    args: {skill: {one_of: [one]}, file: any}")
    skill(path / "skills", "one")
    skill(path / "skills", "two")
    instructions = FolderPrograms().load(path).instructions
    assert "one" in instructions
    assert "two" not in instructions
