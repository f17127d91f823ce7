"""A dry run: the whole program, the real decisions, and nothing that leaves or stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ergos.app.dry_run import DryReport, dry_run
from ergos.app.dry_stage import DryOptions
from ergos.app.home import Home, home_at
from ergos.base.errors import UsageError
from tests.app.steps_house import House, played
from tests.app.test_steps_end_to_end import CLERK, SMALL, WRITER
from tests.lib.pdfs import pdf

NOW_NS = 1_767_225_600 * 10**9


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, {"invoices": False, "here": True, "feeds": False, "out": True})


def home_of(folder: Path) -> Home:
    here = folder / "dry"
    here.mkdir(exist_ok=True)
    rooms = "\n".join(
        f'{name} = {{path = "{folder / name}", write = {"true" if write else "false"}}}'
        for name, write in (("invoices", False), ("here", True), ("feeds", False), ("out", True))
    )
    (here / "settings.toml").write_text(f"[tools.files.roots]\n{rooms}\n")
    return home_at(here, {"HOME": str(folder), "ERGOS_OWNER": "me"})


async def dry(house: House, path: Path, **options: Any) -> DryReport:
    return await dry_run(path, home_of(house.folder).settings, DryOptions(now_ns=NOW_NS, **options))


def shown(report: DryReport) -> list[tuple[str, str, str]]:
    return [(f"{call.verb} {call.name}", call.decision, call.how) for call in report.calls]


@played
async def test_the_whole_program_runs_and_nothing_is_written(house: House) -> None:
    before = sorted(str(path) for path in house.folder.rglob("*"))
    path = house.agent(CLERK)
    report = await dry(house, path)
    assert shown(report) == [
        ("act sources.read", "allowed", "simulated"),
        ("think extract", "allowed", ""),
        ("think accept", "allowed", ""),
        ("ask owner", "asked", ""),
        ("act table.append", "allowed", "simulated"),
    ]
    assert (report.triggers, report.state, report.failure) == (("invoice",), "waiting", "")
    assert report.calls[-1].args == {
        "path": "here:/ledger.csv",
        "row": {"supplier": "Example Ltd", "number": "EX-1", "date": "2026-01-15", "total": {"amount": "1234.50", "currency": "EUR"}},
    }  # fmt: skip
    assert {call.on for call in report.calls} == {"invoice"}
    after = sorted(str(path) for path in house.folder.rglob("*"))
    assert set(after) - set(before) == {str(path), str(path / "AGENT.md"), str(house.folder / "dry"),
                                        str(house.folder / "dry" / "settings.toml")}  # fmt: skip


@played
async def test_what_its_owner_would_be_asked_is_shown(house: House) -> None:
    report = await dry(house, house.agent(WRITER))
    last = report.calls[-1]
    assert (last.name, last.decision, last.how) == ("press.publish", "asked", "simulated")
    assert "approve every press.publish" in last.why


@played
async def test_a_call_that_no_grant_covers_is_denied(house: House) -> None:
    report = await dry(
        house, house.agent(CLERK.replace('path: "here:/ledger.csv", row: any', 'path: "here:/x.csv", row: any'))
    )
    last = report.calls[-1]
    assert (last.name, last.decision, last.how, last.value) == ("table.append", "denied", "", None)
    assert "may not act" in last.why
    assert "may not act" in report.failure


@played
async def test_reading_is_real_where_that_is_asked_for(house: House) -> None:
    (house.folder / "invoices" / "a.pdf").write_bytes(pdf(SMALL))
    report = await dry(house, house.agent(CLERK), read=True)
    assert shown(report) == [
        ("act sources.read", "allowed", "read"),
        ("think extract", "allowed", ""),
        ("think accept", "allowed", ""),
        ("act table.append", "allowed", "simulated"),
    ]
    assert report.calls[-1].args["row"]["supplier"] == "Acme GmbH"
    assert not list((house.folder / "here").iterdir())


@played
async def test_an_event_that_is_given_is_what_the_trigger_tells(house: House) -> None:
    report = await dry(house, house.agent(CLERK), event={"path": "invoices:/mine.pdf"}, answers=("no",))
    assert report.calls[0].args == {"at": ["invoices:/mine.pdf"]}
    assert report.calls[-1].value == "no"
    with pytest.raises(UsageError, match="has no trigger 'evening'"):
        await dry(house, house.agent(CLERK), trigger="evening")


@played
async def test_recorded_answers_come_before_made_up_ones(house: House) -> None:
    path = house.agent(CLERK)
    folder = path / "checks" / "recorded"
    folder.mkdir(parents=True)
    document = {
        "id": "0" * 16, "url": "u", "title": "t", "text": "\n".join(SMALL), "source": "s", "published_ns": None, "language": "de",
    }  # fmt: skip
    import json

    (folder / "a.json").write_text(
        json.dumps({"tool": "sources.read", "value": {"documents": [{**document, "language": "und"}]}})
    )
    report = await dry(house, path)
    assert report.calls[0].how == "recorded"
    assert report.calls[-1].args["row"]["number"] == "A-17"


@played
async def test_a_program_of_its_own_runs_dry_like_steps(house: House) -> None:
    path = house.agent(
        """
        name: own
        grants: [{act: notify.owner}, {act: mine}]
        settings: {n: 1}
        """
    )
    (path / "agent.py").write_text(
        "async def agent(ctx):\n"
        "    said = await ctx.ask('Which?', ['left', 'right'])\n"
        "    await ctx.settled(ctx.act('files.delete', path='x'))\n"
        "    await ctx.act('mine', text=said)\n"
        "    return said\n"
    )
    (path / "tools").mkdir()
    (path / "tools" / "own.py").write_text(
        "from pathlib import Path\nfrom ergos.lib.tool import tool\n\n"
        '@tool(effect="irreversible")\n'
        "def mine(text: str) -> str:\n"
        f"    Path({str(house.folder / 'harm')!r}).touch()\n"
        '    return "done"\n'
    )
    report = await dry(house, path, answers=("right",))
    assert shown(report) == [
        ("ask owner", "asked", ""),
        ("act files.delete", "denied", ""),
        ("act mine", "allowed", "simulated"),
    ]
    assert (report.state, report.outcome) == ("done", "right")
    assert not (house.folder / "harm").exists()


@played
async def test_a_program_that_fails_says_why(house: House) -> None:
    path = house.agent("name: own")
    (path / "agent.py").write_text("async def agent(ctx):\n    raise ValueError('no')\n")
    report = await dry(house, path)
    assert report.state == "failed"
    assert "ValueError: no" in report.failure
