"""A real server of the loopback kind and the simulator play the same programs; times are compared in the benchmark."""

import asyncio

import pytest

from ergos.base.errors import UsageError
from ergos.sim.grid.agreement import Conversation, played, prose, simulated
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.programs import Turn
from ergos.sim.grid.workloads import Mix, mixed
from ergos.sim.loopback.server import LoopbackOptions, LoopbackServer

SHAPE = EngineShape()
FEW = mixed(3, Mix(programs_per_s=4.0, length_s=4.0, shares=(0.3, 0.0, 0.3, 0.4), cancelled=0.0))


async def both(options):
    servers = [LoopbackServer(options), LoopbackServer(options)]
    try:
        for server in servers:
            await server.start()
        return await played(FEW, tuple(server.url for server in servers), scale=options.scale, model="loopback-1"), [
            server.calls for server in servers
        ]
    finally:
        for server in servers:
            await server.stop()


def test_a_server_and_the_simulator_see_the_same_programs():
    options = LoopbackOptions(mode="engine", scale=400.0, engine=SHAPE)
    finished, _ = asyncio.run(both(options))
    expected = simulated(FEW, SHAPE, 2)
    assert [program.pid for program in finished] == [program.pid for program in expected]
    assert not any(program.lost for program in (*finished, *expected))
    assert all(program.model_ns > 0 for program in finished)


def test_a_server_that_counts_otherwise_is_found_out():
    async def asked():
        server = LoopbackServer(LoopbackOptions(directive=LoopbackOptions().directive))
        await server.start()
        try:
            return await played(FEW, (server.url + "/nowhere",), scale=400.0, model="loopback-1")
        finally:
            await server.stop()

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(asked())
    found = caught.value
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, UsageError)


def test_a_conversation_has_the_tokens_of_its_turns_and_begins_anew_after_a_compaction():
    talk = Conversation()
    sizes = []
    for turn in (
        Turn(((1, 512), (9, 100)), 10, 50, 100),
        Turn(((1, 512), (9, 140)), 10, 50, 30),
        Turn(((1, 512), (10, 60)), 10, 50, 60),
    ):
        messages = talk.asked(turn)
        sizes.append(sum(len(f"<|{m['role']}|>{m['content']}") for m in messages) + len("<|assistant|>"))
        talk.answered("x" * 40)
    assert sizes == [4 * 612, 4 * 652, 4 * 572]
    assert prose(7, 100)[:64] != prose(8, 100)[:64]
    assert prose(7, 100) == prose(7, 200)[:100]
