"""One engine core, two front ends: `python bench/loopback_agreement.py` plays the same programs through both.

Once as discrete events, once against the loopback server over HTTP in scaled wall time, with prompts whose bytes share
what the simulated prompts share. Prints the mean completion time of programs and of their model calls in both.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
from functools import cache

from ergos.sim.grid.baselines import RoundRobin
from ergos.sim.grid.des import Simulation
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.programs import Chain, Program, Turn
from ergos.sim.grid.scenarios import Scenario
from ergos.sim.grid.workloads import Mix, mixed
from ergos.sim.loopback.tokens import TOKEN_BYTES

SHAPE = EngineShape()
BLOCK_BYTES = SHAPE.block_tokens * TOKEN_BYTES
FRAME_BYTES = len("<|user|><|assistant|>")  # what the server puts around one message


@cache
def block_text(stem: int, index: int) -> str:
    return hashlib.shake_128(f"{stem}:{index}".encode()).hexdigest(BLOCK_BYTES // 2)


def text_of(turn: Turn) -> str:
    parts: list[str] = []
    for stem, tokens in turn.segments:
        size = tokens * TOKEN_BYTES
        parts.append("".join(block_text(stem, index) for index in range(-(-size // BLOCK_BYTES)))[:size])
    return "".join(parts)[:-FRAME_BYTES]


class Played:
    """Programs against a server."""

    def __init__(self, port: int, scale: float) -> None:
        self.port, self.scale = port, scale
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, turn: Turn) -> None:
        """One model call."""
        body = json.dumps(
            {
                "model": "m",
                "messages": [{"role": "user", "content": text_of(turn)}],
                "max_tokens": turn.output_tokens,
                "ignore_eos": True,
            }
        ).encode()
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection("127.0.0.1", self.port)
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        head_ = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head_, head_
        size = int(head_.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        await reader.readexactly(size)
        self.free.append((reader, writer))

    async def chain(self, chain: Chain) -> float:
        """Play it; the pause after its last turn."""
        for place, turn in enumerate(chain):
            await self.ask(turn)
            if place + 1 < len(chain):
                await asyncio.sleep(turn.pause_ns / 1e9 / self.scale)
        return chain[-1].pause_ns / 1e9 / self.scale

    async def program(self, program: Program, start: float) -> float:
        """Its completion time in the engine's seconds."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, start + program.arrival_ns / 1e9 / self.scale - loop.time()))
        arrived = loop.time()
        for number, stage in enumerate(program.stages):
            pauses = await asyncio.gather(*(self.chain(chain) for chain in stage))
            if number + 1 < len(program.stages):
                await asyncio.sleep(max(pauses))
        return (loop.time() - arrived) * self.scale


async def over_http(programs: tuple[Program, ...], port: int, scale: float) -> list[float]:
    played = Played(port, scale)
    start = asyncio.get_running_loop().time() + 0.2
    return list(await asyncio.gather(*(played.program(program, start) for program in programs)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--scale", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=0.5, help="programs a second")
    parser.add_argument("--seconds", type=float, default=200.0, help="for which programs come, in the engine's time")
    given = parser.parse_args()
    mix = Mix(
        programs_per_s=given.rate, length_s=given.seconds, shares=(0.45, 0.0, 0.15, 0.4), cancelled=0.0, burst_s=30.0,
        burst_period_s=100.0,
    )  # fmt: skip
    for seed in range(1, given.seeds + 1):
        workload = mixed(seed, mix)
        outcome = Simulation(Scenario(workload=workload), {"a": Engine(SHAPE)}, RoundRobin(("a",))).run()
        events = statistics.fmean(finished.jct_ns for finished in outcome.programs) / 1e9
        command = [sys.executable, "-m", "ergos.sim.loopback", "--print-port", "--mode", "engine"]
        with subprocess.Popen([*command, "--scale", str(given.scale)], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            found = asyncio.run(over_http(workload.programs, port, given.scale))
            server.terminate()
        over = statistics.fmean(found)
        waits = statistics.fmean(finished.model_ns for finished in outcome.programs) / 1e9
        waits_over = over - statistics.fmean(program.pause_ns for program in workload.programs) / 1e9
        print(
            f"seed {seed}: {len(workload.programs)} programs, load {outcome.load:.2f}, hit {outcome.hit:.2f}; mean "
            f"completion {events:.2f} s as discrete events, {over:.2f} s over HTTP x{given.scale:g}: "
            f"{(over / events - 1) * 100:+.1f} %; waiting for the model {waits:.2f} s and {waits_over:.2f} s: "
            f"{(waits_over / waits - 1) * 100:+.1f} %",
            flush=True,
        )


if __name__ == "__main__":
    main()
