"""One kernel asks another through the door: over real HTTP, killed in the middle, and called back with a token."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ergos.app.home import Home, home_at, kernel_on, load_with, programs_of, reading
from ergos.app.peers_called import delegations_of
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.delegation import Narrowing, narrow
from ergos.kernel.mounts import Offer
from ergos.kernel.peers import SHA256, A2aSettings, PeerSettings
from ergos.kernel.process import State
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_delegations import delegation_pass
from ergos.server.a2a_peers import Peers
from tests.a2a.standing import Stand, standing

TOKEN = "what A shows B"
PORT = 7_543

WORKER = """
import asyncio
from pathlib import Path

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible", reach="own", roles={"text": "plain", "seconds": "plain"})
async def carve(text: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    with (Path(__file__).parent / "stone").open("a") as stone:
        stone.write(text + "\\n")
    return f"carved {text}"


@tool(effect="pure")
async def linger(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "lingered"


@agent(grants=[may("act", "carve"), may("act", "linger")])
async def worker(ctx: Context):
    word, _, rest = ctx.memory["value"]["text"].partition(" ")
    if word == "ask":
        await ctx.send(0, {"a2a": {"state": "input-required", "message": rest}})
        return f"you said {(await ctx.receive()).body}"
    if word == "linger":
        return await ctx.act("linger", seconds=float(rest))
    return await ctx.act("carve", text=rest, seconds=float(word))
"""
ASKER = """
from ergos.lib.agent import Context, agent, may


@agent(grants=[may("act", "peers.bob.ask")])
async def asker(ctx: Context):
    found = await ctx.act("peers.bob.ask", message=MESSAGE)
    if found["state"] == "input_required":
        found = await ctx.act("peers.bob.ask", message=f"to {found['message']} I say blue", task=found["task"])
    return {"state": found["state"], "text": found["text"]}
"""
RUNNER = """
import asyncio, sys
from pathlib import Path
from ergos.app.home import home_at, kernel_on, programs_of
async def main():
    home = home_at(Path(sys.argv[1]), {"HOME": sys.argv[1], "ERGOS_OWNER": "alice"})
    async with kernel_on(home, programs_of(home)):
        print("up", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A kernel that publishes a worker, for one peer."""
    folder = tmp_path_factory.mktemp("bob")
    (folder / "worker").mkdir()
    (folder / "worker" / "agent.py").write_text(WORKER)
    accepts = SHA256 + hashlib.sha256(TOKEN.encode()).hexdigest()
    gate = Peers(A2aSettings(peers={"alice": PeerSettings(name="alice", accepts=accepts, tasks_max=50)}), None)
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "bob"})
    with standing(home, (folder / "worker" / "agent.py",), gatekeeper=gate, repeats=True) as up:
        yield up


def stone(bob: Stand) -> list[str]:
    """What was carved, by whomever."""
    path = bob.home.folder.parent / "worker" / "stone"
    return path.read_text().split() if path.exists() else []


def alice(folder: Path, bob: Stand, **more: str) -> Home:
    """A home that may ask Bob's worker."""
    (folder / "home").mkdir(exist_ok=True)
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    (folder / "home" / "settings.toml").write_text(
        f'[a2a.peers.bob]\nurl = "{bob.base}/a2a/worker"\ntoken = "secret:bob"\ndeadline_s = 60\n{extra}'
    )
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "alice"})
    HomeVault(home.folder, FileSigner(home.key), HostEntropy()).set("bob", TOKEN)
    return home


async def approved(kernel: Kernel) -> Offer:
    servers = kernel.machine.parts.servers
    assert servers is not None
    offer = msgspec.convert(await servers.look("peers.bob"), Offer)
    await kernel.desk.pin("peers.bob", offer.pin.digest, offer.pin.plain, "alice")
    return offer


async def asked(kernel: Kernel, home: Home, folder: Path, message: str) -> Pid:
    path = folder / "asker.py"
    path.write_text(f"MESSAGE = {message!r}\n{ASKER}")
    return await kernel.desk.spawn(load_with(programs_of(home))(path, {}), "alice")


async def bodies(home: Home, pid: Pid | None = None) -> list[dict[str, Any]]:
    async with reading(home) as reads:
        return [json.loads(record.body) async for record in reads.records(pid=pid)]


def test_a_kernel_asks_another_through_the_door(tmp_path: Path, bob: Stand):
    home = alice(tmp_path, bob)

    async def play() -> tuple[Offer, Plain, Pid]:
        async with kernel_on(home, programs_of(home)) as kernel:
            offer = await approved(kernel)
            pid = await asked(kernel, home, tmp_path, "0 door")
            return offer, (await asyncio.wait_for(kernel.desk.end_of(pid), 60)).outcome, pid

    offer, outcome, pid = asyncio.run(play())
    assert not offer.unusable
    assert offer.pin.tools[0].annotations["signature"]["state"] == "verified"  # type: ignore[index]
    assert outcome == {"state": "completed", "text": "carved door"}
    assert stone(bob).count("door") == 1
    written = asyncio.run(bodies(home, pid))
    result = next(body for body in written if body["k"] == "result")
    assert result["label"][0] == "untrusted"
    everything = asyncio.run(bodies(home))
    assert any(body["k"] == "reach" and (body["rule"], body["pid"]) == ("peers.bob", pid) for body in everything)
    assert TOKEN not in json.dumps(everything)


def test_what_a_peer_asks_back_is_answered_once_the_owner_has_seen_what_leaves(tmp_path: Path, bob: Stand):
    home = alice(tmp_path, bob)

    async def play() -> tuple[str, Plain]:
        async with kernel_on(home, programs_of(home)) as kernel:
            await approved(kernel)
            pid = await asked(kernel, home, tmp_path, "ask Which colour?")
            found: list[Any] = []
            for _ in range(600):
                found = list(await kernel.machine.store.items(None, 9))
                if found:
                    break
                await asyncio.sleep(0.05)
            await kernel.desk.answer(found[0].id, "approve", "alice", None)
            return found[0].text, (await asyncio.wait_for(kernel.desk.end_of(pid), 60)).outcome

    text, outcome = asyncio.run(play())
    assert "would leave for another reader" in text
    assert isinstance(outcome, dict)
    assert outcome["state"] == "completed"
    assert "to Which colour? I say blue" in str(outcome["text"])


@pytest.mark.parametrize("cap", ["", 'per_day = "0.30usd"', 'per_day = "0.01usd"'])
def test_what_a_request_may_cost_is_set_aside_or_it_is_not_made(tmp_path: Path, bob: Stand, cap: str):
    home = alice(tmp_path, bob, price='"0.25usd"')
    settings = home.folder / "settings.toml"
    settings.write_text(f"[budget]\n{cap}\n{settings.read_text()}")
    home = home_at(home.folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})

    async def play() -> Any:
        async with kernel_on(home, programs_of(home)) as kernel:
            await approved(kernel)
            pid = await asked(kernel, home, tmp_path, "0 paid")
            return await asyncio.wait_for(kernel.desk.end_of(pid), 60)

    ended = asyncio.run(play())
    if "0.30" in cap:
        assert ended.process.state is State.DONE
        written = asyncio.run(bodies(home, ended.process.pid))
        assert next(body["charge"] for body in written if body["k"] == "result") == [250_000, 0]
    else:
        assert ended.process.state is State.FAILED
        assert not any(body["k"] == "intent" for body in asyncio.run(bodies(home, ended.process.pid)))


def test_without_a_grant_or_an_approved_card_nobody_is_asked(tmp_path: Path, bob: Stand):
    home = alice(tmp_path, bob)

    async def play() -> Any:
        async with kernel_on(home, programs_of(home)) as kernel:
            pid = await asked(kernel, home, tmp_path, "0 unapproved")
            return await asyncio.wait_for(kernel.desk.end_of(pid), 60)

    ended = asyncio.run(play())
    assert ended.process.state is State.FAILED
    assert "not approved yet" in ended.process.failure.what
    assert "unapproved" not in stone(bob)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kernel_that_is_killed_in_the_middle_has_its_question_answered_exactly_once(
    tmp_path: Path, bob: Stand, moment: str
):
    home = alice(tmp_path, bob)
    word = f"killed-{moment}"

    async def begin() -> Pid:
        async with kernel_on(home, programs_of(home), drive=False) as kernel:
            await approved(kernel)
            return await asked(kernel, home, tmp_path, f"1 {word}")

    pid = asyncio.run(begin())
    first = running(home)
    wait_for(lambda: any(body["k"] == "intent" for body in asyncio.run(bodies(home, pid))), "the intent")
    if moment == "after":
        wait_for(lambda: word in stone(bob), "the worker")
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    second = running(home)
    try:
        wait_for(lambda: any(body["k"] == "result" for body in asyncio.run(bodies(home, pid))), "the answer")
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(30)
    wait_for(lambda: word in stone(bob), "the worker")
    assert stone(bob).count(word) == 1
    written = asyncio.run(bodies(home, pid))
    assert sum(body["k"] == "result" for body in written) == 1
    assert not any(body["k"] == "doubt" for body in written)


def running(home: Home) -> subprocess.Popen[str]:
    """A kernel in a process of its own."""
    found = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(home.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert found.stdout is not None
    with found.stdout as said:
        assert said.readline() == "up\n"
    return found


def wait_for(done: Any, what: str) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited for {what} in vain")


def test_stop_is_passed_on_to_the_peer(tmp_path: Path, bob: Stand):
    home = alice(tmp_path, bob)

    async def play() -> None:
        async with kernel_on(home, programs_of(home)) as kernel:
            await approved(kernel)
            pid = await asked(kernel, home, tmp_path, "linger 50")
            await until(lambda: any(resident.flying for resident in kernel.machine.table.values()))
            await asyncio.sleep(1)
            await kernel.desk.halt("alice", on=True)
            await until(lambda: not any(resident.flying for resident in kernel.machine.table.values()))
            await kernel.desk.signal(pid, "kill", "alice")

    asyncio.run(play())
    written = asyncio.run(bodies(home, Pid(1)))
    assert any("its task is canceled" in json.dumps(body) for body in written)


async def until(done: Any) -> None:
    for _ in range(600):
        if done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("waited in vain")


def test_a_peer_calls_back_with_its_token_for_that_and_no_more(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    """Alice's home gives Bob a token; whoever shows it may begin one task of one agent within its budget."""
    folder = tmp_path
    for name in ("worker", "other"):
        (folder / name).mkdir()
        (folder / name / "agent.py").write_text(WORKER.replace("async def worker", f"async def {name}"))
    (folder / "home").mkdir()
    (folder / "home" / "settings.toml").write_text(
        '[a2a.peers.bob]\nurl = "https://bob.example"\ndelegates = ["worker"]\n'
        "[a2a.peers.bob.budget]\ntokens_per_task = 1000\nper_task = '1usd'\n"
    )
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "alice"})
    delegations = delegations_of(home.settings, FileSigner(home.key), HostClock())
    from tests.buses.a2a.host.stage import errand

    given = delegations.for_ask(home.settings.a2a.peers["bob"], errand(owner="alice"))
    assert given is not None
    token = str(given["token"])
    gate = Peers(home.settings.a2a, None, (delegation_pass(delegations),))
    paths = tuple(folder / name / "agent.py" for name in ("worker", "other"))
    with standing(home, paths, gatekeeper=gate, repeats=True) as up:
        said = send(up, "worker", token, "m1", "0 called-back")
        assert said["result"]["task"]["status"]["state"] == "TASK_STATE_COMPLETED"
        # The same message again is the same task; another one would be a second.
        again = send(up, "worker", token, "m1", "0 called-back")
        assert again["result"]["task"]["id"] == said["result"]["task"]["id"]
        assert "as many as you may" in json.dumps(send(up, "worker", token, "m2", "0 twice"))
        assert send(up, "other", token, "m3", "0 elsewhere") == {"status": 404}
        narrower = narrow(token, Narrowing(tasks=1))
        assert isinstance(narrower, str)
        assert "as many as you may" in json.dumps(send(up, "worker", narrower, "m6", "0 narrowed"))
        changed = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
        assert send(up, "worker", changed, "m4", "0 forged") == {"status": 401}
        delegations.revoke(token)
        assert send(up, "worker", token, "m5", "0 revoked") == {"status": 401}
        pid = Pid(1)
    written = asyncio.run(bodies(home, pid))
    assert "worker@bob." in json.dumps(written)
    carved = (folder / "worker" / "stone").read_text().split()
    assert carved == ["called-back"]


CALLER = """
from ergos.lib.agent import Context, agent, may


@agent(grants=[may("act", "peers.alice.ask")])
async def caller(ctx: Context):
    found = await ctx.act("peers.alice.ask", message=ctx.memory["value"]["text"])
    return found["text"]
"""


def test_two_kernels_ask_each_other_with_a_token_for_that_alone(tmp_path: Path):
    """Alice asks Bob, and Bob's process calls her worker back with the token that came along: he has no other."""
    first, second = tmp_path / "alice", tmp_path / "bob"
    for folder, name, source in ((first, "worker", WORKER), (second, "caller", CALLER)):
        (folder / name).mkdir(parents=True)
        (folder / name / "agent.py").write_text(source)
        (folder / "home").mkdir()
    known = SHA256 + hashlib.sha256(TOKEN.encode()).hexdigest()
    opened = A2aSettings(peers={"alice": PeerSettings(name="alice", accepts=known, tasks_max=9)})
    at_bob = home_at(second / "home", {"HOME": str(second), "ERGOS_OWNER": "bob"})
    (second / "home" / "settings.toml").write_text(f'[a2a.peers.alice]\nurl = "http://127.0.0.1:{PORT}/a2a/worker"\n')
    at_bob = home_at(second / "home", {"HOME": str(second), "ERGOS_OWNER": "bob"})
    with standing(at_bob, (second / "caller" / "agent.py",), gatekeeper=Peers(opened, None), repeats=True) as bobs:
        (first / "home" / "settings.toml").write_text(
            f'[a2a.peers.bob]\nurl = "{bobs.base}/a2a/caller"\ntoken = "secret:bob"\ndelegates = ["worker"]\n'
            "[a2a.peers.bob.budget]\ntokens_per_task = 1000\n"
        )
        at_alice = home_at(first / "home", {"HOME": str(first), "ERGOS_OWNER": "alice"})
        HomeVault(at_alice.folder, FileSigner(at_alice.key), HostEntropy()).set("bob", TOKEN)
        delegations = delegations_of(at_alice.settings, FileSigner(at_alice.key), HostClock())
        gate = Peers(at_alice.settings.a2a, None, (delegation_pass(delegations),))
        paths = (first / "worker" / "agent.py",)
        with standing(at_alice, paths, gatekeeper=gate, repeats=True, port=PORT) as alices:

            async def pin(kernel: Kernel, name: str, owner: str) -> None:
                servers = kernel.machine.parts.servers
                assert servers is not None
                offer = msgspec.convert(await servers.look(f"peers.{name}"), Offer)
                await kernel.desk.pin(f"peers.{name}", offer.pin.digest, offer.pin.plain, owner)

            bobs.do(lambda: pin(bobs.kernel, "alice", "bob"))
            alices.do(lambda: pin(alices.kernel, "bob", "alice"))

            async def begin() -> Pid:
                return await asked(alices.kernel, at_alice, first, "0 there-and-back")

            async def approve() -> None:
                """What a stranger wrote leaves Bob's machine only with his word."""
                for _ in range(600):
                    found = list(await bobs.kernel.machine.store.items(None, 9))
                    if found:
                        await bobs.kernel.desk.answer(found[0].id, "approve", "bob", None)
                        return
                    await asyncio.sleep(0.02)
                raise AssertionError("nothing waits for Bob")

            async def end() -> Plain:
                return (await asyncio.wait_for(alices.kernel.desk.end_of(pid), 25)).outcome

            pid = alices.do(begin)
            bobs.do(approve)
            outcome = alices.do(end)
    assert outcome == {"state": "completed", "text": "carved there-and-back"}
    assert (first / "worker" / "stone").read_text().split() == ["there-and-back"]
    written = json.dumps([*asyncio.run(bodies(at_alice)), *asyncio.run(bodies(at_bob))])
    assert "worker@bob." in written
    assert "ergd1." not in written


def send(up: Stand, agent: str, token: str, message_id: str, text: str) -> dict[str, Any]:
    message = {"role": "ROLE_USER", "messageId": message_id, "parts": [{"text": text}]}
    reply = httpx.post(
        f"{up.base}/a2a/{agent}",
        json={"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}},
        headers={"authorization": f"Bearer {token}", "a2a-version": "1.0"},
        timeout=30,
    )
    return reply.json() if reply.status_code == 200 else {"status": reply.status_code}
