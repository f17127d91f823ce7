"""Every route of the whole site, asked by one owner about what is another's: it answers as about what does not exist.

The routes are found, not listed: those of the API by its own description, those of pages by the application. What is in
a path, a query, a form or a body is filled in by its name, once with what is alice's and once with what is nobody's; bob
must not see a difference, byte for byte, nor a word of alice's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import pytest

from ergos.base.errors import UnknownProcessError
from ergos.base.ids import Pid
from ergos.runtime.control import Signal
from tests.server.sites import NOBODYS, Call, Site, Standing, Things
from tests.server.sweeps import api_calls, page_calls

WORDS_OF_ALICE: Final = ("azure", "alice's own note", "question of alice", "landlord of alice", "alice-only")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


def plain(site: Site, things: Things, text: str) -> str:
    """An answer without what was asked for and without the time of day."""
    text = unquote(unquote(text)).replace(site.csrf, "CSRF")  # pages carry their own address, some twice encoded
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC)?", "TIME", text)
    text = re.sub(r'"id":"[0-9a-f]{12}"', '"id":"N"', text)  # of a grant: follows from what is granted
    text = re.sub(r"(?<!\d)1[6-9]\d{17}(?!\d)|(?<!\d)\d{2}:\d{2}(:\d{2})?(?!\d)", "TIME", text)
    text = re.sub(r"\d+ ?(s|min|h|d|秒|分钟|小时|天)( ago|前)", "AGO", text)
    return site.nobodys.hidden(things.hidden(text))


async def compared(site: Site, ours: list[Call], theirs: list[Call], things: Things) -> list[str]:
    """What differs, or says a word of alice's."""
    assert len(ours) == len(theirs)
    faults: list[str] = []
    for about_alice, about_nobody in zip(ours, theirs, strict=True):
        status, said = await site.ask(about_alice)
        other, nothing = await site.ask(about_nobody)
        asked = f"{about_alice.method} {about_alice.path} {about_alice.body.decode()} {about_alice.headers.get('hx-request', '')}"
        if status >= 500:
            faults.append(f"{asked}: {status} {said[:300]}")
        if (
            status == 415
            or (status == 403 and "earlier sign-in" in said)
            or (status in {303, 401} and "/enter" in said)
        ):
            faults.append(f"{asked}: did not get past the entrance: {status} {said[:200]}")
        left, right = plain(site, things, said), plain(site, things, nothing)
        if (status, left) != (other, right):
            at = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), 0)
            faults.append(
                f"{asked}: {status} {other}\n  alice's  {left[max(0, at - 60) : at + 90]!r}\n  nobody's {right[max(0, at - 60) : at + 90]!r}"
            )
        echoed = f"{about_alice.path} {about_alice.body.decode()}"
        faults += [f"{asked}: says {word!r}" for word in WORDS_OF_ALICE if word in said and word not in echoed]
    return faults


@pytest.mark.parametrize("path", ["/api/v1/events", "/live", "/frame/strip", "/api/v1/live", "/api/v1/status"])
def test_what_one_owner_does_moves_nothing_the_other_sees(stage: Standing, path: str) -> None:
    site = stage.site
    headers = site.as_program if path.startswith("/api") else site.as_person
    if path in {"/api/v1/events", "/live"}:
        headers |= {"accept": "text/event-stream"}

    async def watched() -> tuple[int, str]:
        asking = asyncio.ensure_future(site.ask(Call("GET", path, headers, b"")))
        await asyncio.sleep(0.05)
        pid = await site.estate.start("alice", "azure")
        await site.estate.seat("alice").perform(Signal(pid=pid, name="kill", by="alice"))
        await site.estate.written()
        return await asking

    status, said = stage.run(watched())
    assert status == 200
    for word in (*WORDS_OF_ALICE, "alice"):
        assert word not in said


@pytest.mark.parametrize("which", [0, 1, 2])
def test_no_operation_of_the_api_tells_one_owner_of_another(stage: Standing, which: int) -> None:
    site = stage.site
    things = site.alices[which]
    ours, theirs = list(api_calls(site, things)), list(api_calls(site, site.nobodys))
    assert len(ours) > 40
    faults = stage.run(compared(site, ours, theirs, things))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("which", [0])
def test_no_page_and_no_form_tells_one_owner_of_another(stage: Standing, which: int) -> None:
    site = stage.site
    things = site.alices[which]
    ours, theirs = list(page_calls(site, things)), list(page_calls(site, site.nobodys))
    assert len(ours) > 60
    faults = stage.run(compared(site, ours, theirs, things))
    assert not faults, "\n".join(faults)


def test_what_was_asked_about_another_owners_things_changed_none_of_them(stage: Standing) -> None:
    async def states() -> dict[str, str]:
        await stage.site.estate.written()
        rows = await stage.site.estate.ground.reads.processes(owner="alice", limit=100)
        return {row.agent: str(row.state.value) for row in rows}

    assert set(stage.run(states()).values()) == {"waiting"}
    assert {item.id for item in stage.run(stage.site.estate.ground.reads.items("alice", 100))} == set(
        stage.site.estate.items["alice"].values()
    )


def test_a_leak_is_found(stage: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lax(principal: object, pid: Pid, whose: object) -> None:
        if pid == NOBODYS:
            raise UnknownProcessError(f"there is no process {pid}")

    monkeypatch.setattr("ergos.app.access.seat.check_process", lax)
    site, things = stage.site, stage.site.alices[0]
    for path in ("/api/v1/processes/{}", "/api/v1/processes/{}/records"):
        ours, theirs = (Call("GET", path.format(pid), site.as_program, b"") for pid in (things.pid, NOBODYS))
        assert stage.run(compared(site, [ours], [theirs], things))
