"""Every route of the whole site, asked by somebody whose role does not reach that far: nothing happens."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from ergos.app.access.register import Register
from ergos.app.access.roles import Role, person
from ergos.drivers.host import HostEntropy
from tests.server.sites import Site, Standing, Things
from tests.server.sweeps import api_calls, page_calls


def as_somebody(site: Site, owner: str, role: Role, *, fresh: bool) -> Site:
    """The same site with somebody else's credentials."""
    clock = site.estate.kernel.machine.parts.clock
    register = Register(site.estate.home.folder, clock, HostEntropy(), keeper="alice")
    who = person(owner, role, owner, keeper_of="alice")
    token = register.issue(label=f"{owner}-{role}", who=who, decides=fresh and role == "owner")
    secret = register.sign_in(who, clock.now_ns() if fresh else 0)
    found = register.principal_of_session(secret)
    assert found
    return msgspec.structs.replace(site, token=token, cookie=f"{site.cookie.partition('=')[0]}={secret}", csrf=found[1])


async def own_things(site: Site, owner: str, agent: str) -> Things:
    """What is this owner's own."""
    estate = site.estate
    seat = estate.seat(owner)
    process = (await seat.process(estate.pids[owner][agent])).process
    grants = await seat.own.given(agent, await seat.definition(process), 0)
    number = estate.items[owner].get(agent, 1)
    return Things(process.pid, number, agent, grants[0].id, process.definition, f"{owner}-viewer", owner)


async def kept(site: Site) -> dict[str, object]:
    """All that is written down anywhere in the home, as far as a request could change it."""
    await site.estate.written()
    folder, clock = site.estate.home.folder, site.estate.kernel.machine.parts.clock
    files = {str(path): path.stat().st_mtime_ns for path in (*folder.glob("agents/**/*"), *folder.glob("*.toml"))}
    register = Register(folder, clock, HostEntropy(), keeper="alice")
    return {
        "records": (await site.estate.kernel.machine.store.head()).seq,
        "inbox": [item.id for item in await site.estate.ground.reads.items(None, 100)],
        "access": sorted(one.label for one in register.listed()),
        **files,
    }


async def swept(site: Site, things: Things) -> list[str]:
    """Ask everything; what went wrong."""
    faults: list[str] = []
    for call in (*api_calls(site, things, every=True), *page_calls(site, things, every=True)):
        if call.path.startswith("/preferences") or "/wait" in call.path:
            continue  # is everybody's own; takes as long as a process that does not end
        status, said = await site.ask(call)
        if status >= 500 or status == 429 or (status == 401 and "token" in said):
            faults.append(f"{call.method} {call.path}: {status} {said[:200]}")
    return faults


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.mark.parametrize("owner", ["alice", "bob"])
def test_a_viewer_changes_nothing_anywhere(stage: Standing, owner: str) -> None:
    site = stage.site

    async def play() -> None:
        viewer = as_somebody(site, owner, "viewer", fresh=True)
        things = await own_things(site, owner, "payer")
        before = await kept(site)
        faults = await swept(viewer, things)
        after = await kept(site)
        assert after == before, {key for key in {*before, *after} if before.get(key) != after.get(key)}
        assert not faults, "\n".join(faults)

    stage.run(play())


def test_an_owner_who_did_not_sign_in_lately_decides_nothing(stage: Standing) -> None:
    site = stage.site

    async def play() -> None:
        stale = as_somebody(site, "bob", "owner", fresh=False)
        things = await own_things(site, "bob", "payer")
        calls = [*api_calls(stale, things, every=True), *page_calls(stale, things, every=True)]
        deciding = [
            call
            for call in calls
            if call.method != "GET" and any(word in call.path for word in ("approve", "grant", "decide", "enter"))
        ]
        assert len(deciding) >= 5
        for call in deciding:
            if call.method == "DELETE" or call.path.endswith("/preview") or call.path == "/enter":
                continue  # taking a grant back, and looking at what it would be, need no fresh sign-in
            status, said = await stale.ask(call)
            assert status in {303, 400, 401, 403, 404, 409, 422}, (call, status, said[:300])
        await site.estate.written()
        assert things.number in {item.id for item in await site.estate.ground.reads.items("bob", 100)}
        facts = await site.estate.ground.reads.facts()
        assert not [name for name in facts if name.startswith("grant/bob/")]

    stage.run(play())
