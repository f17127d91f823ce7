"""The newsroom end to end: what it publishes holds, and what does not hold is never published."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from ergos.base.clock import Monotone
from ergos.base.documents import Brief, Fault
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import Intended, Resulted, decode_body
from ergos.kernel.process import Process, State
from ergos.lib.folder import FolderPrograms
from ergos.runtime.desk import Ended
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.verify.grounding import faults

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"
FEEDS = NEWSROOM / "feeds"
SOURCES = ["agents-en.xml", "agents-zh.xml", "systems-en.atom", "research.json", "notes", "open-source-record.pdf"]

CARELESS = '''
"""A cheaper writer that gets figures wrong."""

from ergos.base.money import Price
from ergos.lib.task import solver
from ergos.verify.briefing import WRITE
from ergos.verify.briefing import write as good

import msgspec


@solver(WRITE, kind="model", name="aaa.careless")
def careless(inputs):
    brief = good.function(inputs)
    if ALWAYS or inputs.previous is None:
        section = brief.sections[0]
        wrong = msgspec.structs.replace(section.sentences[0], text="Exactly 98,765 penguins voted for it.")
        section = msgspec.structs.replace(section, sentences=(wrong, *section.sentences[1:]))
        brief = msgspec.structs.replace(brief, sections=(section, *brief.sections[1:]))
    return brief
'''


class Run(msgspec.Struct):
    """What a run of the newsroom left behind."""

    ended: Ended
    processes: tuple[Process, ...]
    announcements: list[dict[str, str]]
    briefs: list[Brief]
    faults: list[tuple[Fault, ...]]


def run(folder: Path, newsroom: Path = NEWSROOM, *, answer: str = "approve", **settings: object) -> Run:
    """Run the team on sources and answer its approvals."""
    out = folder / "out"

    async def work() -> Run:
        programs = FolderPrograms()
        merged = {"sources": [str(FEEDS / name) for name in SOURCES], "out": str(out), **settings}
        store = SqliteStore(folder / "ergos.db")
        parts = Parts(store=store, clock=Monotone(HostClock()), entropy=HostEntropy(), programs=programs)
        async with Kernel(parts) as kernel:
            pid = await kernel.desk.spawn(programs.load(newsroom, settings=merged), "alice")
            end = asyncio.ensure_future(kernel.desk.end_of(pid))
            while not end.done():
                await asyncio.sleep(0.02)
                for item in await store.items("alice", 10):
                    await kernel.desk.answer(item.id, answer, "alice")  # type: ignore[arg-type]
            written, found, tasks = [], [], {}
            async for record in store.records():
                body = decode_body(record.body)
                if isinstance(body, Intended) and body.call.kind == "think":
                    tasks[record.pid, body.call.key] = body.call.name
                task = tasks.get((record.pid, body.key)) if isinstance(body, Resulted) else None
                if task == "write":
                    written.append(msgspec.convert(await kernel.machine.vault.value(body.value), Brief))
                elif task == "review":
                    found.append(msgspec.convert(await kernel.machine.vault.value(body.value), tuple[Fault, ...]))
            lines = out / "announcements.jsonl"
            announced = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
            return Run(await end, await store.processes(live_only=False), announced, written, found)

    return asyncio.run(asyncio.wait_for(work(), 100))


def with_careless_writer(folder: Path, *, always: bool) -> Path:
    """A copy of the newsroom that has one more, cheaper-named solver of `write`."""
    copy = folder / "newsroom"
    shutil.copytree(NEWSROOM, copy, ignore=shutil.ignore_patterns("feeds"))
    (copy / "tools" / "careless.py").write_text(CARELESS.replace("ALWAYS", str(always)))
    return copy


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_published_holds_against_its_sources(language: str, tmp_path: Path) -> None:
    ran = run(tmp_path, language=language)
    assert [process.agent for process in ran.processes] == ["newsroom", "checker", "writer", "insight", "news"]
    assert all(process.state is State.DONE for process in ran.processes)
    assert len(ran.announcements) == 1
    brief = ran.briefs[-1]
    assert brief.language == language
    assert faults(brief) == ()
    assert all(sentence.citations for section in brief.sections for sentence in section.sentences)
    page = Path(ran.announcements[0]["page"])
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert brief.title in page.with_suffix(".md").read_text().replace("\\", "")


def test_a_denied_brief_is_not_published(tmp_path: Path) -> None:
    ran = run(tmp_path, answer="deny")
    assert ran.announcements == []
    assert next(process for process in ran.processes if process.agent == "checker").state is State.FAILED


def test_a_faulty_version_goes_back_and_the_repaired_one_is_published(tmp_path: Path) -> None:
    ran = run(tmp_path, with_careless_writer(tmp_path, always=False))
    assert len(ran.briefs) == 2
    assert [len(found) > 0 for found in ran.faults] == [True, False]
    assert any(fault.kind == "number" for fault in ran.faults[0])
    assert len(ran.announcements) == 1
    assert "penguins" not in Path(ran.announcements[0]["page"]).read_text()


def test_a_writer_that_never_gets_it_right_is_never_published_and_the_loop_ends(tmp_path: Path) -> None:
    ran = run(tmp_path, with_careless_writer(tmp_path, always=True))
    assert len(ran.briefs) == 5
    assert all(ran.faults)
    assert ran.announcements == []


def test_unreadable_and_hostile_sources_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xml"
    bomb.write_text('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";" * 1}&{chr(97 + n)};">' for n in range(20)
    ) + "]><rss>&t;</rss>")
    binary = tmp_path / "picture.xml"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    sources = [str(bomb), str(binary), str(tmp_path / "missing.xml"), str(FEEDS / "agents-en.xml")]
    ran = run(tmp_path, sources=sources)
    assert isinstance(ran.ended.outcome, dict)
    unread = ran.ended.outcome["news"]["unread"]
    assert len(unread) >= 2
    assert all(one["why"] for one in unread)
    assert ran.ended.outcome["news"]["documents"] >= 10
    assert len(ran.announcements) == 1


def test_no_sources_at_all_gives_an_honest_empty_brief(tmp_path: Path) -> None:
    ran = run(tmp_path, sources=[])
    assert ran.briefs[-1].sections == ()
    assert all(process.state is State.DONE for process in ran.processes)
