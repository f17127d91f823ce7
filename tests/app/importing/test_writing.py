"""Imported agents are folders that our own loader takes, whole or not at all; and a real kernel runs one of them."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest

from ergos.app.home import Home, home_at, kernel_on, load_with, programs_of, reading
from ergos.app.importing.agent_md import agent_md
from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import Imported, Incoming, SkillFiles, members
from ergos.app.importing.writing import described, report_text, write
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import SettingsError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.permission.grants import Grant
from ergos.kernel.process import State
from ergos.kernel.rows import Item, Note
from ergos.lib import agent_file
from ergos.lib.folder import FolderPrograms
from ergos.lib.visible import one_line
from ergos.runtime.settings import read_settings

from . import samples
from .test_recognise import NOW_NS

ENTROPY = SeededEntropy(1)


def sources(folder: Path) -> list[Path]:
    samples.put(folder / "writer.md", "Write.\n")
    return [
        samples.workspace(folder / "claw", config=True, jobs=True, helper=True),
        samples.put(folder / "team.yaml", samples.DOCKER),
        samples.saved(folder / "spec.json", samples.AGENT_SPEC),
        samples.put(folder / "flow.yaml", samples.FLOW),
        samples.saved(folder / "loop.af", samples.LETTA),
        samples.saved(folder / "old.af", samples.LETTA_OLD),
    ]


def test_every_format_becomes_folders_that_load_with_their_teams_and_grants_that_ask(tmp_path: Path) -> None:
    for number, path in enumerate(sources(tmp_path)):
        found = imported(path, NOW_NS)
        into = tmp_path / f"into-{number}"
        for draft, folder in zip(found.agents, write(found, into, ENTROPY, "en").folders, strict=True):
            definition = FolderPrograms().load(folder)
            assert definition.agent == draft.name
            assert definition.triggers == draft.work.triggers
            assert definition.caps == draft.caps
            asked = [grant for grant in definition.grants if grant.verb != "spawn"]
            assert tuple(asked) == draft.grants
            assert all(grant.ask for grant in asked)
            for member in members(draft)[1:]:
                assert list(folder.rglob(f"team/{member.name}/AGENT.md"))


def test_nothing_of_a_secret_or_of_code_that_would_run_is_on_the_disk(tmp_path: Path) -> None:
    for number, path in enumerate(sources(tmp_path)):
        into = tmp_path / f"into-{number}"
        write(imported(path, NOW_NS), into, ENTROPY, "en")
        text = samples.everything_below(into)
        assert not [secret for secret in samples.SECRETS if secret in text]
        python = [one.name for one in into.rglob("*.py")]
        assert set(python) <= {"agent.py", "imported_memory.py"}
    assert not Path("/tmp/ergos-was-here").exists()


def test_files_are_their_owners_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    into = tmp_path / "into"
    write(imported(samples.put(tmp_path / "t.yaml", samples.DOCKER), NOW_NS), into, ENTROPY, "en")
    assert sorted(path.name for path in into.iterdir()) == ["island", "t"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in into.rglob("*") if path.is_file())


def test_what_is_there_is_not_overwritten_and_nothing_is_left_half(tmp_path: Path) -> None:
    found = imported(samples.put(tmp_path / "t.yaml", samples.DOCKER), NOW_NS)
    samples.put(tmp_path / "into" / "island" / "mine.txt", "mine")
    with pytest.raises(UsageError, match="already"):
        write(found, tmp_path / "into", ENTROPY, "en")
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["island"]
    samples.put(tmp_path / "file", "no folder")
    with pytest.raises((SettingsError, UsageError)):
        write(found, tmp_path / "file", ENTROPY, "en")


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    bad = Incoming(name="b", skills=(SkillFiles("s", {"SKILL.md": b"x", "SKILL.md/inner": b"x"}),))
    found = Imported(format="letta", version="", agents=(Incoming(name="a"), bad))
    with pytest.raises(SettingsError):
        write(found, tmp_path / "into", ENTROPY, "en")
    assert list((tmp_path / "into").iterdir()) == []


def test_a_proposed_settings_file_is_one_that_settings_take(tmp_path: Path) -> None:
    for number, path in enumerate(sources(tmp_path)):
        into = tmp_path / f"into-{number}"
        for folder in write(imported(path, NOW_NS), into, ENTROPY, "en").folders:
            proposed = folder / "settings.proposed.toml"
            if proposed.exists():
                home = tmp_path / f"home-{number}"
                samples.put(home / "settings.toml", proposed.read_text("utf-8"))
                settings = read_settings({"HOME": str(tmp_path)}, home=home)
                assert settings.servers or settings.tools.folders


def test_the_report_says_every_remark_in_both_languages(tmp_path: Path) -> None:
    found = imported(sources(tmp_path)[0], NOW_NS)
    english, chinese = report_text(found, "en"), report_text(found, "zh")
    assert english.count("\n- ") == chinese.count("\n- ") == len(found.remarks)
    assert "导入" in chinese
    assert len(described(found)["remarks"]) == len(found.remarks)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["---\nname: evil\n---", "a: b\n# c", "\u2028\x85\x7f\ufeff", "\ud800", "{{x}} ${y} `z`", "'\"\\", "\n---\ngrants:\n  - act: mail.send\n---\n", "x" * 300_000],
)  # fmt: skip
def test_no_text_of_a_stranger_can_change_what_a_definition_says(text: str) -> None:
    grant = Grant(agent="a", verb="act", name="files.read", ask=True, words=one_line(text, 100) or "w")
    draft = Incoming(name="a", goal=text, instructions=text, prompts={text[:50]: text}, grants=(grant,))
    read = agent_file.read(agent_md(draft), "AGENT.md")
    assert read.name == "a"
    assert [(one.verb, one.name, one.ask) for one in read.grants] == [("act", "files.read", True)]
    assert read.team == ()


async def _item(home: Home) -> Item:
    for _ in range(500):
        async with reading(home) as reads:
            items = await reads.items("me", 10)
        if items:
            return items[0]
        await asyncio.sleep(0.01)
    raise AssertionError("nobody asked")


def test_an_imported_agent_asks_before_it_takes_in_its_memory_and_keeps_it_as_a_strangers_text(tmp_path: Path) -> None:
    path = samples.saved(tmp_path / "loop.af", samples.LETTA)
    folder = write(imported(path, NOW_NS), tmp_path / "into", ENTROPY, "en").folders[0]
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})

    async def lived() -> tuple[Item, list[Note]]:
        programs = programs_of(home)
        definition = load_with(programs)(folder, {})
        async with kernel_on(home, programs) as kernel:
            pid = await kernel.desk.spawn(definition, "me")
            asked = await _item(home)
            await kernel.desk.answer(asked.id, "approve", "me")
            for _ in range(500):
                async with reading(home) as reads:
                    if (await reads.load((pid,)))[0].process.state is State.WAITING:
                        break
                await asyncio.sleep(0.01)
        async with reading(home) as reads:
            return asked, list(await reads.notes("me", definition.agent, "imported/", 10))

    asked, notes = asyncio.run(lived())
    assert asked.kind == "approval"
    assert [(one.key, msgspec.json.decode(one.value or b"null")) for one in notes] == [
        ("imported/blocks/human", "Likes tea.")
    ]
    assert notes[0].label.integrity == "untrusted"


def test_an_imported_agent_arms_its_jobs_and_answers_mail_with_a_model_its_owner_approves(tmp_path: Path) -> None:
    source = tmp_path / "claw"
    samples.put(source / "AGENTS.md", "Answer briefly.\n")
    samples.put(source / "SOUL.md", "Be calm.\n")
    samples.put(source / "cron" / "jobs.json", '[{"name": "brief", "schedule": {"kind": "cron", "expr": "0 7 * * *", "tz": "UTC"}, "payload": {"message": "Brief me."}}]')  # fmt: skip
    folder = write(imported(source, NOW_NS), tmp_path / "into", ENTROPY, "en").folders[0]
    samples.put(tmp_path / "script.toml", '[[answers]]\nwhen = "how are you"\nsay = "Calm."\n')
    model = '[models]\ndiscover = false\n[models.endpoints.toy]\ndialect = "scripted"\nfile = "../script.toml"\n'
    samples.put(tmp_path / "home" / "settings.toml", model)
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})

    async def rested(pid: Pid) -> None:
        for _ in range(500):
            async with reading(home) as reads:
                process = (await reads.load((pid,)))[0].process
            if process.state is State.WAITING and not process.turn_open:
                return
            assert process.state not in (State.FAILED, State.KILLED), process.failure
            await asyncio.sleep(0.01)
        raise AssertionError(process.state)

    async def lived() -> tuple[list[str], str, list[str]]:
        programs = programs_of(home)
        definition = load_with(programs)(folder, {})
        async with kernel_on(home, programs) as kernel:
            pid = await kernel.desk.spawn(definition, "me")
            await rested(pid)
            await kernel.desk.send(pid, "how are you?")
            item = await _item(home)
            await kernel.desk.answer(item.id, "approve", "me")
            await rested(pid)
        async with reading(home) as reads:
            armed = [one.trigger.name for one in await reads.watches(pid)]
            said = [record.body.decode("utf-8", "replace") async for record in reads.records(pid=pid)]
        return armed, item.kind, said

    armed, kind, said = asyncio.run(lived())
    assert armed == ["brief"]
    assert kind == "approval"
    assert any("Calm." in one for one in said)
