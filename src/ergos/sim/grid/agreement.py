"""Whether the two front ends of the engine agree: the same programs in simulation, and over HTTP in scaled time.

The programs are played against OpenAI-compatible servers, call by call, with texts whose tokens are those of the
workload; the servers must count four bytes a token, write exactly `max_tokens` under `ignore_eos`, and work as
`engine.Engine` does with the same shape.

Rules: replicas take calls in turn, here as in the simulation; time comes from the event loop.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ergos.base.errors import UsageError
from ergos.drivers.http.client import HttpClient
from ergos.drivers.http.exchange import ClientLimits
from ergos.sim.grid.baselines import RoundRobin
from ergos.sim.grid.courses import Course
from ergos.sim.grid.des import Replica, Simulation
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.outcomes import Finished
from ergos.sim.grid.programs import Program, Turn, Workload
from ergos.sim.grid.scenarios import Scenario
from ergos.sim.grid.workloads import SECOND_NS

TOKEN_BYTES: Final = 4  # of the servers' count
CALL_DEADLINE_S: Final = 120.0  # of real time
CONNECTIONS_MAX: Final = 512
USER: Final = "<|user|>"
SYSTEM: Final = "<|system|>"
ASSISTANT: Final = "<|assistant|>"
"""Marks that a server puts before each message, and after the last."""


def simulated(workload: Workload, shape: EngineShape, replicas: int) -> tuple[Finished, ...]:
    """The programs' ends as the discrete-event simulator has them."""
    names = tuple(f"replica-{number}" for number in range(replicas))
    engines: dict[str, Replica] = {name: Engine(shape) for name in names}
    scenario = Scenario(workload=workload, block_tokens=shape.block_tokens)
    return Simulation(scenario, engines, RoundRobin(names)).run().programs


async def played(workload: Workload, urls: tuple[str, ...], *, scale: float, model: str) -> tuple[Finished, ...]:
    """The programs' ends as a client has them, in the servers' time, which passes `scale` times as fast as ours."""
    client = HttpClient(ClientLimits(pool_per_origin_max=CONNECTIONS_MAX, connections_max=CONNECTIONS_MAX))
    player = Player(client, urls, scale, model)
    try:
        async with asyncio.TaskGroup() as tasks:
            runs = [tasks.create_task(player.play(program)) for program in workload.programs]
    finally:
        await client.close()
    return tuple(run.result() for run in runs)


class Player:
    """A client that plays programs."""

    def __init__(self, client: HttpClient, urls: tuple[str, ...], scale: float, model: str) -> None:
        self._client: Final = client
        self._urls: Final = urls
        self._scale: Final = scale
        self._model: Final = model
        self._loop: Final = asyncio.get_running_loop()
        self._start_s: Final = self._loop.time()
        self._turn = 0

    async def play(self, program: Program) -> Finished:
        """One program, from its arrival to its last answer."""
        await self._until(program.arrival_ns)
        course = Course(program)
        while True:
            before = course.stage
            async with asyncio.TaskGroup() as tasks:
                for chain in range(len(course.places)):
                    tasks.create_task(self._chain(course, chain))
            if course.stage == before:
                took_ns = self._now_ns() - program.arrival_ns
                return Finished(program.pid, took_ns, took_ns - program.pause_ns, lost=False)

    async def _chain(self, course: Course, chain: int) -> None:
        """The turns of a chain, each a request that carries the whole conversation."""
        talk = Conversation()
        while True:
            turn = course.turn(chain)
            self._turn += 1
            url = self._urls[self._turn % len(self._urls)]
            talk.answered(await self._ask(url, talk.asked(turn), turn))
            step = course.answered(chain)
            if turn.pause_ns:
                await asyncio.sleep(turn.pause_ns / SECOND_NS / self._scale)
            if step != "turn":
                return

    async def _ask(self, url: str, messages: list[dict[str, str]], turn: Turn) -> str:
        asked = {"model": self._model, "messages": messages, "max_tokens": turn.output_tokens, "ignore_eos": True}
        headers = {"content-type": "application/json"}
        body = msgspec.json.encode(asked)
        address = f"{url}/v1/chat/completions"
        reply = await self._client.request("POST", address, headers, body, deadline_s=CALL_DEADLINE_S)
        if reply.status != 200:
            raise UsageError(f"{address} answered {reply.status} — it must be a server of the loopback kind")
        said = msgspec.json.decode(reply.body, type=Said)
        counted = (said.usage.prompt_tokens, said.usage.completion_tokens)
        wanted = (turn.prompt_tokens, turn.output_tokens)
        if counted != wanted:
            raise UsageError(
                f"{address} counted {counted} tokens, not {wanted} — it must be a server of the loopback kind"
            )
        return said.choices[0].message.content

    async def _until(self, at_ns: int) -> None:
        await asyncio.sleep(max(0.0, self._start_s + at_ns / SECOND_NS / self._scale - self._loop.time()))

    def _now_ns(self) -> int:
        return int((self._loop.time() - self._start_s) * self._scale * SECOND_NS)


class Conversation:
    """Messages whose bytes make the tokens of turns: what a turn adds is one message of the user."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self._stem = -1
        self._bytes = 0

    def asked(self, turn: Turn) -> list[dict[str, str]]:
        """The conversation with a turn's new message; after a compaction it begins anew."""
        stem = turn.segments[-1][0]
        if stem != self._stem:
            self._stem, self.messages, self._bytes = stem, [], 0
            for shared, tokens in turn.segments[:-1]:
                self._say("system", SYSTEM, prose(shared, tokens * TOKEN_BYTES - len(SYSTEM)))
        missing = turn.prompt_tokens * TOKEN_BYTES - self._bytes - len(USER) - len(ASSISTANT)
        self._say("user", USER, prose(stem * 1_000 + len(self.messages), max(missing, 1)))
        return self.messages

    def answered(self, text: str) -> None:
        """The answer becomes part of it."""
        self._say("assistant", ASSISTANT, text)

    def _say(self, role: str, mark: str, text: str) -> None:
        self.messages.append({"role": role, "content": text})
        self._bytes += len(mark) + len(text)


def prose(stem: int, size: int) -> str:
    """So many bytes of text that is never the same for two stems, from its first block on."""
    word = f"{stem} lorem ipsum dolor sit amet "
    return (word * (size // len(word) + 1))[:size]


class Counted(msgspec.Struct, frozen=True):
    """Tokens as a server counts them."""

    prompt_tokens: int
    completion_tokens: int


class Worded(msgspec.Struct, frozen=True):
    """A message."""

    content: str


class Choice(msgspec.Struct, frozen=True):
    """One of one."""

    message: Worded


class Said(msgspec.Struct, frozen=True):
    """An answer, as far as it matters here."""

    choices: tuple[Choice, ...]
    usage: Counted
