"""A foreign program, as simulated: it runs outside, outlives the kernel, dies by itself, and starts again.

It asks what its script says, some of it at once, some as streams; sometimes it goes away in the middle of a call.
Started again it begins at the beginning and must be told what it was told before.

Rules: what it does is drawn from its own stream of chance; it trusts nobody: every answer is held against what it
was told and what the journal has. Raises BrokenError for what should not be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ForeignTokenError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.syscalls import Answer
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.tokens import Visitor
from ergos.sim.billing import Bills, expect
from ergos.sim.world import World

NAMED: Final = "program-"
"""What the names of simulated foreign programs begin with."""
BUDGET: Final = Amount(2_500, -1)
TRIES: Final = 3  # times it asks the same before it goes on without an answer
MODELS: Final = ("auto", "auto", "auto", "near")


class Line(msgspec.Struct, frozen=True):
    """One call of a script."""

    words: str
    model: str
    stream: bool


class ForeignProgram:
    """One program and what it remembers; its process is in the kernel."""

    def __init__(self, world: World, seed: int, number: int) -> None:
        self._world: Final = world
        self._entropy: Final = SeededEntropy(f"foreign/{seed}/{number}")
        self._number: Final = number
        self._owner: Final = ("alice", "bob")[self._entropy.below(2, stream="owner")]
        self._resumable: Final = self._entropy.below(5, stream="lasting") > 0
        self._script: Final = self._written()
        self._at = 0
        self.pid: Pid | None = None
        self._visitor: Visitor | None = None
        self._starting = True
        """It does not know that it was let in."""
        self._earlier: Final[list[str]] = []
        """Tokens of earlier starts."""
        self._told: dict[str, list[str]] = {}
        """Answers it was told since it was started, by words, in order."""
        self._before: Final[dict[str, list[str]]] = {}
        """Answers that it was told in earlier starts, by words, in order, as far as it is sure."""
        self._known: dict[str, frozenset[str]] = {}
        """Answers that were durable when it was started, by words."""
        self._unsure: Final[set[str]] = set()
        """Words whose answer may have been given and never came."""
        self._asking: Final[set[str]] = set()
        self.over = False

    def _written(self) -> tuple[tuple[Line, ...], ...]:
        """Steps of one to three calls at once; now and then it says what it said before."""
        draw = self._entropy.below
        steps: list[tuple[Line, ...]] = []
        for step in range(1 + draw(4, stream="steps")):
            width = (1, 1, 2, 3)[draw(4, stream="width")]
            lines = [
                Line(
                    f"line {step}.{at}",
                    MODELS[draw(len(MODELS), stream="model")],
                    draw(2, stream="stream") == 0,
                )
                for at in range(width)
            ]
            if draw(4, stream="poll") == 0:
                lines[0] = Line("poll", "auto", stream=False)
            steps.append(tuple(lines))
        return tuple(steps)

    async def run(self, kernel: Kernel, bills: Callable[[], Bills], spawned: Callable[[Pid], None]) -> None:
        """Go on in this life of the kernel until the script is over. `bills` follows the journal first."""
        try:
            if self.pid is None:
                made = foreign_definition(
                    f"{NAMED}{self._number}", resumable=self._resumable, command=("run",), budget=BUDGET
                )
                self.pid = await kernel.desk.host(made, self._owner)
                spawned(self.pid)
            if self._starting or (self._asking and self._entropy.below(3, stream="dies too")):
                await self._start(kernel, bills)
            self._unsure.update(self._asking)
            while self._at < len(self._script):
                await self._step(kernel, bills)
            assert self._visitor is not None
            await kernel.desk.leave(self.pid, self._visitor.life, 0)
        except (ForeignTokenError, UnknownProcessError):
            pass  # its process has ended
        self.over = not kernel.machine.failed

    async def _start(self, kernel: Kernel, bills: Callable[[], Bills]) -> None:
        """It is started, or started again: from the beginning."""
        assert self.pid is not None
        lines = [line.words for step in self._script for line in step]
        known = {words: frozenset(bills().answers(self.pid, words)) for words in lines}
        if self._visitor is not None:
            self._earlier.append(kernel.reactor.guests.tokens.token(self._visitor))
        self._asking.clear()
        self._starting = True
        visitor = (await kernel.desk.enter(self.pid, ("run",))).visitor
        if visitor != self._visitor:
            for words, told in self._told.items():
                if words in self._unsure:
                    self._before.pop(words, None)
                elif len(told) > len(self._before.get(words, ())):
                    self._before[words] = told
            self._told, self._known = {}, known
            self._unsure.clear()
        self._visitor, self._at, self._starting = visitor, 0, False

    async def _step(self, kernel: Kernel, bills: Callable[[], Bills]) -> None:
        """Make the calls of one step at once; perhaps die in the middle of it."""
        draw = self._entropy.below
        await asyncio.sleep(draw(3_000, stream="thinks") / 1000)
        asked = [asyncio.ensure_future(self._ask(kernel, bills, line)) for line in self._script[self._at]]
        try:
            if not self._world.calm and draw(5, stream="dies") == 0:
                await asyncio.wait(asked, timeout=draw(4_000, stream="dies after") / 1000)
                await self._cancelled(asked)
                await self._start(kernel, bills)
                if self._earlier and draw(2, stream="thief") == 0:
                    await self._steal(kernel)
                return
            await asyncio.gather(*asked)
        finally:
            for one in asked:
                one.cancel()
        self._at += 1

    async def _cancelled(self, asked: Iterable[asyncio.Future[None]]) -> None:
        asked = tuple(asked)
        for one in asked:
            one.cancel()
        for came in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(came, Exception):
                raise came

    async def _steal(self, kernel: Kernel) -> None:
        """Somebody has an old token, or makes one up."""
        assert self._visitor is not None
        guests = kernel.reactor.guests
        token = self._earlier[self._entropy.below(len(self._earlier), stream="which")]
        visitor = guests.tokens.visitor_of(token)
        expect(visitor is not None, f"the token {token} is not known any more")
        assert visitor is not None
        if visitor == self._visitor:
            return  # of a program that goes on for ever
        forged = token.replace(f"-{visitor.pid}-", f"-{visitor.pid + 1}-", 1)
        expect(guests.tokens.visitor_of(forged) is None, f"the token {forged} was made up and is believed")
        answer = await self._call(kernel, visitor, Line("stolen", "auto", False), [])
        expect(answer.failure is not None, f"a token of an earlier start of process {self.pid} was good for an answer")

    async def _ask(self, kernel: Kernel, bills: Callable[[], Bills], line: Line) -> None:
        """One call until it is answered, or in vain."""
        draw, visitor = self._entropy.below, self._visitor
        assert visitor is not None
        self._asking.add(line.words)
        for _ in range(TRIES):
            pieces: list[bytes] = []
            written = bills().records(visitor.pid, line.words)
            leaves = not self._world.calm and draw(7, stream="leaves") == 0
            call = asyncio.ensure_future(self._call(kernel, visitor, line, pieces, gone=leaves))
            try:
                if leaves:
                    await asyncio.wait((call,), timeout=draw(3_000, stream="leaves after") / 1000)
                    self._unsure.add(line.words)
                    continue
                answer = await call
            finally:
                call.cancel()
            if kernel.machine.failed or kernel.reactor.stopping:
                await asyncio.sleep(3_600)  # it is cut off
            if answer.failure is None:
                self._judge(bills(), line, answer, pieces)
                break
            if answer.failure.code == "E309":
                raise ForeignTokenError(answer.failure.what)
            fresh = bills().records(visitor.pid, line.words) > written
            expect(fresh, f"process {self.pid} was told an old failure of {line.words!r}: {answer.failure}")
            await asyncio.sleep(draw(2_000, stream="again") / 1000)
        self._asking.discard(line.words)

    async def _call(
        self, kernel: Kernel, visitor: Visitor, line: Line, pieces: list[bytes], *, gone: bool = False
    ) -> Answer:
        message: Plain = {"role": "user", "content": line.words}
        body: dict[str, Plain] = {"model": line.model, "messages": [message], "stream": line.stream}
        sink = pieces.append if line.stream else None
        return await kernel.reactor.guests.call(
            visitor, "openai.chat", body, model=line.model, sink=sink, gone=lambda: gone
        )

    def _judge(self, bills: Bills, line: Line, answer: Answer, pieces: list[bytes]) -> None:
        """It is told something: may that be?"""
        assert self.pid is not None
        said = str(cast("dict[str, Plain]", answer.value)["body"])
        words = line.words
        whole = bills.answers(self.pid, words)
        expect(said in whole, f"process {self.pid} was told {said[:60]!r}, which is not durable")
        told = self._told.setdefault(words, [])
        expect(said not in told, f"process {self.pid} was told {said[:60]!r} twice in one life")
        streamed = b"".join(pieces).decode()
        expect(said.startswith(streamed), f"process {self.pid} heard {streamed!r} of the answer {said[:60]!r}")
        durable, before, at = self._known.get(words, frozenset()), self._before.get(words, ()), len(told)
        if words not in self._unsure:
            sent = at < len(durable) and said not in durable
            expect(not sent, f"process {self.pid} was told {words!r} before, and it was sent again")
            other = at < len(before) and said != before[at]
            expect(not other, f"process {self.pid} was told {before} before, now {said!r}")
        told.append(said)
