"""An agent's tool runs once its owner approved exactly it; nothing else of it, before or after, ever does."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.app.making import PENDING_MAX, PROPOSE, MadeTools, Workshop, change_of, grants_of, propose_tool
from ergos.base.clock import ManualClock
from ergos.base.errors import BoundError, DefinitionError, SettingsError, UsageError
from ergos.base.ids import Pid
from ergos.drivers.sandbox.sandboxes import NoSandboxes, open_sandboxes
from ergos.kernel.packages import Errand
from ergos.lib.tool_making import Draft, Report, Tried

ERRAND = Errand(pid=Pid(7), owner="alice", agent="scribe", idempotency_key="k", deadline_ns=0, now_ns=0)
PASSED = Report(sandbox="tests", tests=(Tried("test_f"),))
TESTS = "from f import f\n\ndef test_f():\n    assert f('x') == 'X'\n"


def source(result: str = "a.upper()", *, effect: str = "pure", name: str = "f") -> str:
    return f'from ergos.lib.tool import tool\n\n@tool(effect="{effect}", name="{name}")\ndef f(a: str) -> str:\n    "In capitals."\n    return {result}\n'


def draft(result: str = "a.upper()", *, agent: str = "scribe", **declared: str) -> Draft:
    return Draft(owner="alice", agent=agent, source=source(result, **declared), tests=TESTS)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "made", ManualClock(7))


def mounted(workshop: Workshop) -> MadeTools:
    return MadeTools(workshop, NoSandboxes("tests"))


def approved(workshop: Workshop, one: Draft) -> None:
    workshop.keep(one, PASSED)
    workshop.approve("f", one.digest[:12], "alice")


def test_a_draft_waits_and_is_no_tool(workshop: Workshop) -> None:
    assert workshop.keep(draft(), PASSED) == "pending"
    mounts = mounted(workshop)
    assert mounts.tool("made.f") is None
    assert mounts.names() == ()
    assert mounts.why_not("made.f") == "its owner has not approved it yet"
    assert mounts.why_not("made.nothing") == mounts.why_not("files.read") == ""


def test_an_approved_draft_is_a_tool_and_its_agent_asks_for_one_grant(workshop: Workshop) -> None:
    one = draft()
    workshop.keep(one, PASSED)
    grants = workshop.approve("made.f", one.digest, "alice")
    assert grants == grants_of(one)
    assert [(grant.agent, grant.verb, grant.name) for grant in grants] == [("scribe", "act", "made.f")]
    tool = mounted(workshop).tool("made.f")
    assert tool is not None
    assert tool.spec.effect == "pure"
    assert mounted(workshop).names() == ("made.f",)
    assert workshop.lock.read()["made.f"].by == "alice"


def test_another_draft_of_the_name_changes_nothing_until_it_is_approved(workshop: Workshop) -> None:
    first, second = draft(), draft("a.lower()")
    approved(workshop, first)
    before = mounted(workshop).tool("made.f")
    workshop.keep(second, PASSED)
    after = mounted(workshop).tool("made.f")
    assert before is not None
    assert after is not None
    assert before.digest == after.digest
    standing = workshop.standing("f")
    assert standing.approved is not None
    assert standing.pending is not None
    workshop.approve("f", second.digest, "alice")
    now = mounted(workshop).tool("made.f")
    assert now is not None
    assert now.digest != before.digest
    assert workshop.standing("f").pending is None


@pytest.mark.parametrize("digest", ["", "3f", "0" * 12, "0" * 64])
def test_an_approval_names_the_digest_that_was_shown(workshop: Workshop, digest: str) -> None:
    workshop.keep(draft(), PASSED)
    with pytest.raises(UsageError):
        workshop.approve("f", digest, "alice")
    assert mounted(workshop).names() == ()


def test_a_draft_that_is_replaced_while_it_is_looked_at_is_not_approved_in_its_place(workshop: Workshop) -> None:
    shown, swapped = draft(), draft("__import__('os').name")
    workshop.keep(shown, PASSED)
    workshop.keep(swapped, PASSED)
    with pytest.raises(UsageError, match="look at it again"):
        workshop.approve("f", shown.digest, "alice")


@pytest.mark.parametrize("how", ["edited", "replaced", "emptied", "gone", "huge"])
def test_what_changes_on_disk_after_its_approval_is_disabled(workshop: Workshop, tmp_path: Path, how: str) -> None:
    one = draft()
    approved(workshop, one)
    mounts = mounted(workshop)
    assert mounts.tool("made.f") is not None
    path = tmp_path / "made" / f"{one.digest}.json"
    content = path.read_bytes()
    if how == "edited":
        path.write_bytes(content.replace(b"upper", b"lower"))
    elif how == "replaced":
        path.write_bytes(msgspec.json.encode({"draft": draft("a"), "report": PASSED}))
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "huge":
        path.write_bytes(content + b" " * 10_000_000)
    else:
        path.unlink()
    assert mounts.tool("made.f") is None
    assert mounts.names() == ()
    assert "changed on disk" in mounts.why_not("made.f")
    path.write_bytes(content)
    assert mounts.tool("made.f") is not None, "as it was approved, it is the tool again"


@pytest.mark.parametrize(
    "text", ["", "{", '{"version": 1, "pins": {"made.f": {"digest": "../../x", "by": "a", "at_ns": 1}}}']
)
def test_a_damaged_lock_approves_nothing(workshop: Workshop, tmp_path: Path, text: str) -> None:
    approved(workshop, draft())
    (tmp_path / "made" / "made.lock").write_text(text)
    mounts = mounted(workshop)
    assert mounts.tool("made.f") is None
    assert mounts.names() == ()
    assert mounts.why_not("made.f") != ""


def test_a_lock_that_names_a_draft_of_another_tool_makes_none(workshop: Workshop) -> None:
    one, other = draft(), draft(name="g")
    approved(workshop, one)
    workshop.keep(other, PASSED)
    workshop.lock.change(lambda pins: {"made.f": msgspec.structs.replace(pins["made.f"], digest=other.digest)})
    assert mounted(workshop).tool("made.f") is None
    assert "another name" in mounted(workshop).why_not("made.f")


def test_rejecting_throws_the_draft_away_and_keeps_what_was_approved(workshop: Workshop) -> None:
    first, second = draft(), draft("a")
    approved(workshop, first)
    workshop.keep(second, PASSED)
    workshop.reject("f", second.digest)
    assert workshop.standing("f").pending is None
    assert mounted(workshop).names() == ("made.f",)
    with pytest.raises(UsageError):
        workshop.reject("f", second.digest)


def test_an_approval_can_be_taken_back(workshop: Workshop) -> None:
    approved(workshop, draft())
    workshop.withdraw("f")
    assert mounted(workshop).names() == ()
    with pytest.raises(UsageError):
        workshop.withdraw("f")


def test_the_newest_draft_of_an_agent_takes_the_place_of_its_older_one(workshop: Workshop, tmp_path: Path) -> None:
    for result in ("a", "a + a", "a.lower()"):
        workshop.keep(draft(result), PASSED)
    assert len(list((tmp_path / "made").glob("*.json"))) == 1


def test_drafts_of_several_agents_under_one_name_are_bounded_and_replaced_too(
    workshop: Workshop, tmp_path: Path
) -> None:
    for number in range(PENDING_MAX):
        workshop.keep(draft(agent=f"agent{number}"), PASSED)
    for result in ("a.lower()", "a.title()"):
        workshop.keep(draft(result, agent="agent0"), PASSED)
        workshop.keep(draft(result, agent="agent1"), PASSED)
    assert len(list((tmp_path / "made").glob("*.json"))) == PENDING_MAX
    with pytest.raises(BoundError):
        workshop.keep(draft(agent="one more"), PASSED)


def test_what_is_approved_already_is_not_asked_for_again(workshop: Workshop) -> None:
    approved(workshop, draft())
    assert workshop.keep(draft(), PASSED) == "approved"
    assert workshop.standing("f").pending is None


def test_drafts_that_wait_are_bounded(workshop: Workshop) -> None:
    for number in range(PENDING_MAX):
        workshop.keep(draft(name=f"f{number}"), PASSED)
    with pytest.raises(BoundError):
        workshop.keep(draft(name="more"), PASSED)
    workshop.keep(draft("a", name="f0"), PASSED)


@pytest.mark.parametrize(
    "report",
    [Report(sandbox="x"), Report(sandbox="x", fault="no"), Report(sandbox="x", tests=(Tried("a"), Tried("b", "no")))],
)
def test_a_draft_whose_tests_did_not_pass_is_not_kept(workshop: Workshop, report: Report) -> None:
    with pytest.raises(DefinitionError):
        workshop.keep(draft(), report)
    assert workshop.standings() == ()


def test_agents_propose_at_once_and_none_is_lost(workshop: Workshop) -> None:
    threads = [threading.Thread(target=workshop.keep, args=(draft(name=f"f{number}"), PASSED)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(workshop.standings()) == 10


def test_owners_see_their_own(workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    assert [one.name for one in workshop.standings("alice")] == ["made.f"]
    assert workshop.standings("bob") == ()


def test_a_change_is_shown_as_definition_sentences_and_diff(workshop: Workshop) -> None:
    first, second = draft(), draft("a.lower()", effect="irreversible")
    workshop.keep(first, PASSED)
    new = change_of(workshop.standing("f"))
    assert new is not None
    assert new.more == ("scribe may use made.f with any arguments.",)
    assert "+    return a.upper()" in new.source
    workshop.approve("f", first.digest, "alice")
    assert change_of(workshop.standing("f")) is None
    workshop.keep(second, PASSED)
    update = change_of(workshop.standing("f"), "zh")
    assert update is not None
    assert update.more == (), "it asks for nothing that was not granted"
    assert [line for line in update.source if line[:1] in "+-" and line[:2] not in ("++", "--")] == [
        '-@tool(effect="pure", name="f")', '+@tool(effect="irreversible", name="f")', "-    return a.upper()", "+    return a.lower()",
    ]  # fmt: skip
    assert update.definition["effect"] == "irreversible"
    workshop.keep(draft("a", agent="stranger"), PASSED)
    other = change_of(workshop.standing("f"))
    assert other is not None
    assert other.more == ("stranger may use made.f with any arguments.",)


def test_a_home_whose_folder_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("a file")
    with pytest.raises(SettingsError):
        Workshop(tmp_path / "made", ManualClock(7)).keep(draft(), PASSED)


# The tool by which agents propose


def propose(folder: Path, workshop: Workshop, **args: str) -> dict[str, Any]:
    async def go() -> Any:
        box = open_sandboxes(folder)
        if box.name == "none":
            pytest.skip("this machine has no sandbox")
        try:
            tool = propose_tool(workshop, box)
            given: dict[str, Any] = {"source": source(), "tests": TESTS, "why": "I need it.", **args}
            assert tool.misfit(given) == ""
            return (await tool.run(given, ERRAND)).value
        finally:
            box.close()

    return asyncio.run(go())


def test_a_proposal_is_tried_in_the_sandbox_and_waits(workshop: Workshop, tmp_path: Path) -> None:
    came = propose(tmp_path, workshop)
    assert (came["state"], came["tool"]) == ("pending", "made.f")
    standing = workshop.standing("f")
    assert standing.pending is not None
    assert standing.pending.draft.digest == came["digest"]
    assert (standing.pending.draft.owner, standing.pending.draft.agent) == ("alice", "scribe")
    again = propose(tmp_path, workshop)
    assert again == came
    assert len(workshop.standings()) == 1


@pytest.mark.parametrize(
    "args",
    [
        {"tests": TESTS.replace("'X'", "'Y'")},
        {"source": "print('x')"},
        {"tests": ""},
        {"why": "\u202e"},
        {"source": source("1 / 0")},
    ],
)
def test_a_proposal_with_faults_is_refused_with_what_is_wrong_and_nobody_is_asked(
    workshop: Workshop, tmp_path: Path, args: dict[str, str]
) -> None:
    came = propose(tmp_path, workshop, **args)
    assert came["state"] == "refused"
    assert came["faults"]
    assert workshop.standings() == ()


def test_a_proposal_changes_what_is_the_owners_alone(workshop: Workshop) -> None:
    spec = propose_tool(workshop, NoSandboxes("tests")).spec
    assert (spec.name, spec.effect, spec.goes) == (PROPOSE, "idempotent", "own")


def test_an_approved_proposal_runs_in_the_sandbox(workshop: Workshop, tmp_path: Path) -> None:
    came = propose(tmp_path, workshop)
    workshop.approve("f", came["digest"], "alice")

    async def go() -> object:
        box = open_sandboxes(tmp_path)
        try:
            tool = MadeTools(workshop, box).tool("made.f")
            assert tool is not None
            return (await tool.run({"a": "hello"}, ERRAND)).value
        finally:
            box.close()

    assert asyncio.run(go()) == "HELLO"


def test_what_is_no_file_among_the_drafts_is_no_draft(workshop: Workshop, tmp_path: Path) -> None:
    workshop.keep(draft(), PASSED)
    os.mkfifo(tmp_path / "made" / f"{'a' * 64}.json")
    (tmp_path / "made" / f"{'b' * 64}.json").symlink_to(tmp_path / "made" / f"{draft().digest}.json")
    (tmp_path / "made" / f"{'c' * 64}.json").mkdir()
    assert [one.name for one in workshop.standings()] == ["made.f"]
