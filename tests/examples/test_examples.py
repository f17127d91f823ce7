"""Every example does what its first line says, on a real kernel, and the journal says the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest

from ergos.app.equipment import JoinedMounts
from ergos.app.making import MadeTools, propose_tool, workshop_at
from ergos.base.money import Amount
from ergos.drivers.host import HostClock
from ergos.drivers.models.catalogue import Catalogue, open_catalogue
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.drivers.tools.seal import Seal
from ergos.kernel.endpoints import EndpointSettings, ModelSettings
from ergos.kernel.events import (
    Answered,
    Asked,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Resulted,
)
from ergos.kernel.packages import Mounts, Programs
from ergos.kernel.process import State
from ergos.kernel.tool_settings import ToolSettings
from ergos.lib.folder import FolderPrograms
from ergos.runtime.machine import Parts
from tests.drivers.tools.errands import at_rest
from tests.lib.house import Cut, House, ended, item, records, run, until

EXAMPLES: Final = Path(__file__).parents[2] / "examples"


def calls(journal: list[object], kind: str) -> list[Called]:
    return [record for record in journal if isinstance(record, Called) and record.call.kind == kind]


def test_every_example_can_be_loaded() -> None:
    names = {FolderPrograms().load(path).agent for path in EXAMPLES.glob("*.py")}
    assert names == {
        "hello", "doorman", "counter", "lead", "treasurer", "surveyor", "librarian", "host", "watcher", "reader", "grocer",
        "clerk", "scribe", "bookkeeper", "inventor",
    }  # fmt: skip


def test_hello_greets_and_writes_one_record_for_its_local_call(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        definition = programs.load(EXAMPLES / "hello.py")
        async with House(tmp_path).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(definition, "alice"))
            assert end.outcome == "HELLO ALICE!"
            journal = await records(kernel, end.process.pid)
            assert [call.call.name for call in calls(journal, "act")] == ["shout"]
            assert not [record for record in journal if isinstance(record, Intended)]

    asyncio.run(scenario())


def test_effects_does_one_of_each(tmp_path: Path) -> None:
    end = asyncio.run(run(tmp_path, EXAMPLES / "effects.py", str(tmp_path)))
    assert end.outcome == [3, "3 seats", "printed", "ding"]
    assert (tmp_path / "bell").read_text() == "ding\n"


@pytest.mark.parametrize(("verdict", "rings"), [("done", 1), ("redo", 2), ("fail", 1)])
def test_effects_after_a_crash_each_class_is_treated_as_it_says(tmp_path: Path, verdict: str, rings: int) -> None:
    """All three calls happened and none was recorded; then the power failed."""

    async def crash() -> int:
        cut = Cut(programs := FolderPrograms(), "book", "print_page", "ring")
        async with House(tmp_path).dying(cut) as kernel:
            pid = await kernel.desk.spawn(programs.load(EXAMPLES / "effects.py"), "alice", str(tmp_path))
            await asyncio.gather(*(asyncio.wait_for(event.wait(), 10) for event in cut.done.values()))
            return pid

    async def recover(pid: int) -> None:
        programs = FolderPrograms()
        programs.load(EXAMPLES / "effects.py")
        async with House(tmp_path).running(programs) as kernel:
            doubt = await item(kernel, "doubt")
            assert "ring" in doubt.text
            assert (tmp_path / "bell").read_text() == "ding\n", "it was repeated without asking"
            await kernel.desk.answer(doubt.id, verdict, "alice", "ding" if verdict == "done" else None)
            end = await ended(kernel, pid)
            journal = await records(kernel, pid)
            repeated = {record.key.split(":")[1]: record.why for record in journal if isinstance(record, Repeated)}
            assert repeated.pop("book") == "idempotent"
            assert repeated == ({"ring": "owner"} if verdict == "redo" else {}), "what the probe found was done again"
            assert len([record for record in journal if isinstance(record, Doubted)]) == 1
            if verdict == "fail":
                assert end.process.state is State.FAILED
            else:
                assert end.outcome == [3, "3 seats", "printed", "ding"]

    recovered = asyncio.run(crash())
    asyncio.run(recover(recovered))
    assert (tmp_path / "bell").read_text() == "ding\n" * rings
    assert len(list(tmp_path.glob("booking-*"))) == 1, "the same key on both attempts"
    assert len(list(tmp_path.glob("page-*"))) == 1


def test_mailbox_adds_up_across_a_restart_and_idles_in_between(tmp_path: Path) -> None:
    async def first() -> int:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(EXAMPLES / "mailbox.py"), "alice")
            await kernel.desk.send(pid, 2)
            await kernel.desk.send(pid, 3)
            await until(
                lambda: kernel.machine.table[pid].process.state is State.WAITING and not kernel.machine.table[pid].mail
            )
            return pid

    async def second(pid: int) -> None:
        programs = FolderPrograms()
        programs.load(EXAMPLES / "mailbox.py")
        async with House(tmp_path).running(programs) as kernel:
            await kernel.desk.send(pid, 37)
            await kernel.desk.send(pid, "stop")
            assert (await ended(kernel, pid)).outcome == 42
            journal = await records(kernel, pid)
            assert [record.memory for record in journal if isinstance(record, Committed)]
            assert len([record for record in journal if isinstance(record, Committed)]) == 3
            assert len(calls(journal, "receive")) == 4

    asyncio.run(second(asyncio.run(first())))


def test_team_counts_the_words_of_both_texts(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "team.py"), "alice"))
            assert end.outcome == {"proverb": 4, "chorus": 3}
            journal = await records(kernel)
            assert len(calls(journal, "spawn")) == 2
            assert len(calls(journal, "send")) == 2
            assert [record.state for record in journal if isinstance(record, Exited)] == ["done"] * 3

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("approve", "480 euros to landlord"), ("deny", "not paid: alice denied this call")]
)
def test_approval_waits_for_its_owner_and_does_as_told(tmp_path: Path, verdict: str, outcome: str) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(EXAMPLES / "approval.py"), "alice")
            question = await item(kernel, "approval")
            assert not [record for record in await records(kernel, pid) if isinstance(record, Intended)]
            await kernel.desk.answer(question.id, verdict, "alice")
            assert (await ended(kernel, pid)).outcome == outcome
            journal = await records(kernel, pid)
            assert [type(record) for record in journal if isinstance(record, Asked | Answered)] == [Asked, Answered]
            assert len([record for record in journal if isinstance(record, Intended)]) == (verdict == "approve")

    asyncio.run(scenario())


def test_budget_is_never_passed_and_the_program_copes(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "budget.py"), "alice"))
            assert end.outcome == {"images": ["Hangzhou.tiff", "Shenzhen.tiff"], "missing": ["Beijing", "Chengdu"]}
            journal = await records(kernel, end.process.pid)
            refused = [record.failure for record in journal if isinstance(record, Refused)]
            assert [failure.code for failure in refused] == ["E302"]
            assert "$0.80" in refused[0].what
            assert sum(record.charge.microusd for record in journal if isinstance(record, Resulted)) == 800_000
            accounts, _ = await kernel.meters("paid/")
            assert accounts["paid/photograph"] == Amount(800_000, 0)

    asyncio.run(scenario())


def test_solve_escalates_only_where_the_check_finds_a_fault(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "solve.py"), "alice"))
            assert end.outcome == [["apple", "pear"], ["date", "fig", "fig"]]
            journal = await records(kernel, end.process.pid)
            solvers = [record.call.solver for record in journal if isinstance(record, Intended)]
            results = [record for record in journal if isinstance(record, Resulted)]
            assert solvers == ["careless", "careless", "careful"]
            assert [bool(record.faults) for record in results] == [False, True, False]
            assert "'fig' stands 1 times" in results[1].faults[0]
            assert [record.charge.microusd for record in results] == [1, 1, 500]

    asyncio.run(scenario())


def test_memory_is_shared_by_processes_of_one_owner_and_can_be_erased(tmp_path: Path) -> None:
    async def scenario() -> list[object]:
        said: list[object] = []
        for guests in (("bob", "bob"), ("bob", "forget bob", "bob")):
            programs = FolderPrograms()
            definition = programs.load(EXAMPLES / "memory.py")
            async with House(tmp_path).running(programs) as kernel:
                for guest in guests:
                    end = await ended(kernel, await kernel.desk.spawn(definition, "alice", guest))
                    said.append(end.outcome)
                other = await ended(kernel, await kernel.desk.spawn(definition, "eve", "bob"))
                assert other.outcome in ("Welcome, bob.", "Welcome back, bob: visit 2.")
        return said

    welcome = "Welcome back, bob: visit {}."
    assert asyncio.run(scenario()) == [
        "Welcome, bob.",
        welcome.format(2),
        welcome.format(3),
        "forgotten",
        "Welcome, bob.",
    ]


def test_loop_is_broken_after_the_calls_its_supervision_allows(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "loop.py"), "alice"))
            assert end.process.state is State.FAILED
            assert end.process.failure is not None
            assert end.process.failure.code == "E402"
            assert len(calls(await records(kernel, end.process.pid), "act")) == 10

    asyncio.run(scenario())


async def scripted() -> Catalogue:
    """The model of examples/scripted.toml, found as a home finds it."""
    endpoint = EndpointSettings(name="scripted", kind="scripted", file=str(EXAMPLES / "scripted.toml"))
    return await open_catalogue(ModelSettings(endpoints=(endpoint,), discover=False), {}, HostClock())


def test_chat_fills_in_a_form_and_the_call_is_journaled_and_paid_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path, await scripted()).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "chat.py"), "alice"))
            assert isinstance(end.outcome, dict)
            assert end.outcome["event"] == {"name": "book fair", "city": "Hangzhou", "visitors": 12000}
            journal = await records(kernel, end.process.pid)
            (intent,) = [record for record in journal if isinstance(record, Intended)]
            assert (intent.call.kind, intent.call.name) == ("think", "model.auto")
            (result,) = [record for record in journal if isinstance(record, Resulted)]
            assert result.charge.tokens == end.outcome["tokens"] > 0

    asyncio.run(scenario())


def test_chat_without_any_model_says_what_to_do(tmp_path: Path) -> None:
    end = asyncio.run(run(tmp_path, EXAMPLES / "chat.py"))
    assert end.process.state is State.FAILED
    assert end.process.failure is not None
    assert end.process.failure.code == "E307"
    assert "ergos models" in end.process.failure.remedy


def test_tools_loop_calls_under_its_own_grants_and_the_model_copes_with_the_denied_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path, await scripted()).running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "tools_loop.py"), "alice"))
            assert isinstance(end.outcome, dict)
            assert "245 cents" in str(end.outcome["answer"])
            journal = await records(kernel, end.process.pid)
            made = calls(journal, "act")
            assert sorted(call.call.name for call in made) == ["price", "price", "total"]
            assert all(call.call.key.startswith("call_") for call in made), "each under the id the model gave it"
            assert [record.failure.code for record in journal if isinstance(record, Refused)] == ["E301"]
            assert len([record for record in journal if isinstance(record, Intended)]) == 3, "three model calls"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("approve", "900 to eve@example.net"), ("deny", "not paid: alice denied this call")]
)
def test_permission_what_a_page_says_is_not_done_without_its_owner(tmp_path: Path, verdict: str, outcome: str) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(EXAMPLES / "permission.py"), "alice")
            question = await item(kernel, "approval")
            assert "eve@example.net comes neither from you nor from a source you trust" in question.text
            (asked,) = [record for record in await records(kernel, pid) if isinstance(record, Asked)]
            assert asked.rule == "grounding"
            await kernel.desk.answer(question.id, verdict, "alice")
            assert (await ended(kernel, pid)).outcome == outcome

    asyncio.run(scenario())


class Furnished(House):
    """A house with the built-in tools and those that agents make."""

    mounts: Mounts

    def parts(self, programs: Programs) -> Parts:
        return msgspec.structs.replace(super().parts(programs), mounts=self.mounts)


@asynccontextmanager
async def furnished(folder: Path, *, sandbox: bool) -> AsyncIterator[Furnished]:
    box = open_sandboxes(folder) if sandbox else None
    if box is not None and not isinstance(box, HostSandboxes):
        pytest.skip("this machine has no sandbox")
    parts = BuiltinParts(workspaces=workspaces_of(folder, "alice", ToolSettings()), sandboxes=box, seal=Seal(b"k" * 32))
    own, house = builtins(parts), Furnished(folder)
    house.mounts = BuiltinMounts(own)
    if box is not None:
        workshop = workshop_at(folder)
        proposing = {**own, "tools.propose": propose_tool(workshop, box)}
        house.mounts = JoinedMounts((BuiltinMounts(proposing), MadeTools(workshop, box)))
    try:
        yield house
    finally:
        if box is not None:
            await at_rest(box)
            box.close()


def test_workspace_keeps_to_the_folder_its_grant_names(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with furnished(tmp_path, sandbox=False) as house, house.running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "workspace.py"), "alice"))
            assert isinstance(end.outcome, dict)
            assert end.outcome["found"] == ["notes/friday.md"]
            assert "path profile.md is not inside notes" in str(end.outcome["refused"])

    asyncio.run(scenario())
    assert sorted(path.name for path in (tmp_path / "work" / "scribe").rglob("*.md")) == ["friday.md", "monday.md"]


def test_code_mode_calls_pass_the_door_one_by_one(tmp_path: Path) -> None:
    pytest.importorskip("pydantic_monty", reason="the extra 'code' is not installed")

    async def scenario() -> None:
        programs = FolderPrograms()
        async with furnished(tmp_path, sandbox=True) as house, house.running(programs) as kernel:
            end = await ended(kernel, await kernel.desk.spawn(programs.load(EXAMPLES / "code_mode.py"), "alice"))
            assert isinstance(end.outcome, dict)
            assert (end.outcome["total"], end.outcome["calls"]) == (455, 3)
            assert "month secret is not one of june, july" in str(end.outcome["printed"])
            journal = await records(kernel, end.process.pid)
            assert [call.call.name for call in calls(journal, "act")] == ["sales", "sales"]
            assert [record.failure.code for record in journal if isinstance(record, Refused)] == ["E301"]

    asyncio.run(scenario())


def test_made_tool_is_called_once_its_owner_approved_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        programs = FolderPrograms()
        async with furnished(tmp_path, sandbox=True) as house, house.running(programs) as kernel:
            definition = programs.load(EXAMPLES / "made_tool.py")
            first = await ended(kernel, await kernel.desk.spawn(definition, "alice"))
            assert isinstance(first.outcome, dict)
            assert (first.outcome["tool"], first.outcome["state"]) == ("made.initials", "pending")
            workshop_at(tmp_path).approve("made.initials", str(first.outcome["digest"]), "alice")
            assert (await ended(kernel, await kernel.desk.spawn(definition, "alice"))).outcome == "GBH"

    asyncio.run(scenario())
