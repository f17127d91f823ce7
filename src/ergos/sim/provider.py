"""The model vendors outside, as simulated: they answer, lag, limit, break, lie, and keep an invoice of their own.

Rules: they survive every crash of the kernel; an honest one bills what was used, and at most the worst case of a
sending where it broke off; how a sending goes is drawn when it arrives, so that the same seed gives the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DeadlineError, ValueShapeError
from ergos.base.money import Amount
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.kernel.models import EndpointSpec, Hints, Limits, ModelPrice, Outline, Reply, Text, Usage
from ergos.kernel.ports import ModelCame, Sink
from ergos.sim.world import World

Fate = Literal[
    "answers",
    "slow",
    "limited",
    "down",
    "refuses",
    "breaks",
    "broken_late",
    "cut_off",
    "sorry",
    "garbled",
    "stalls",
    "late",
]
FATES: Final[tuple[Fate, ...]] = (
    "answers",
    "answers",
    "answers",
    "answers",
    "answers",
    "answers",
    "answers",
    "answers",
    "slow",
    "slow",
    "slow",
    "limited",
    "down",
    "refuses",
    "breaks",
    "broken_late",
    "cut_off",
    "sorry",
    "garbled",
    "stalls",
    "late",
)
FREE_FATES: Final = frozenset({"limited", "down", "refuses"})
"""What an endpoint answers with an error status is not billed."""
Tale = Literal["true", "none", "nothing", "much", "negative", "odd"]
TALES: Final[tuple[Tale, ...]] = (
    "true",
    "true",
    "true",
    "true",
    "true",
    "true",
    "none",
    "nothing",
    "much",
    "negative",
    "odd",
)
"""What is said of the tokens used; all but the first two are lies."""
STALL_S: Final = 6_000.0  # seconds of silence; longer than any deadline
LINGER_S: Final = 0.5  # seconds a called-off sending may take to come to an end
AFTER_S: Final = (0.0, 1.0, 4.0, 30.0, -1.0, float("inf"), float("nan"))
"""Seconds an endpoint says to wait; some are no length of time."""
INPUT_TOKENS: Final = 20  # of every simulated prompt, at most
OUTPUT_TOKENS: Final = 30  # of every simulated answer, at most

_CHEAP: Final = ModelPrice(input=1_000_000, output=2_000_000, cached=100_000)
_USUAL: Final = ModelPrice(input=2_000_000, output=4_000_000, per_call=3)
_DEAR: Final = ModelPrice(input=5_000_000, output=9_000_000, cache_written=6_000_000)


def _spec(name: str, price: ModelPrice | None, slots: int | None = None, **more: str | int) -> EndpointSpec:
    limits = Limits(slots=slots, requests_per_minute=cast("int | None", more.get("requests_per_minute")))
    return EndpointSpec(
        name=name,
        model=name.partition("/")[2],
        dialect="openai.chat",
        local=slots is not None,
        price=price,
        output_tokens_max=OUTPUT_TOKENS,
        limits=limits,
        by_name_only=name.startswith("named/"),
        replica_of=str(more.get("replica_of", "")),
    )


ENDPOINTS: Final[tuple[tuple[EndpointSpec, ...], ...]] = (
    (_spec("near/a", _CHEAP, 2),),
    (
        _spec("unknown/x", None),
        _spec("near/a", _USUAL, 1, replica_of="near"),
        _spec("near/b", _DEAR, 2, replica_of="near"),
    ),
    (
        _spec("far/big", _DEAR, requests_per_minute=40),
        _spec("far/small", _CHEAP, requests_per_minute=40),
        _spec("named/x", _USUAL, 1),
    ),
    (
        _spec("near/a", _USUAL, 1, replica_of="near"),
        _spec("near/b", _USUAL, 1, replica_of="near"),
        _spec("far/small", _CHEAP),
    ),
)
"""What may be configured, by seed: one, replicas with a model of unknown price, clouds, replicas beside a cloud."""


class Sending(msgspec.Struct):
    """One sending as the vendor sees it."""

    number: int
    pid: int
    words: str
    endpoint: str
    worst: Amount
    """The most an honest vendor bills."""
    fate: Fate = "answers"
    honest: bool = True
    billed: int = 0
    """Micro-dollars on the invoice; while it is under way, what is billed if it is never heard of again."""
    under_way: bool = True

    @property
    def billable(self) -> bool:
        """Whether somebody may have been paid for it."""
        return self.under_way or self.fate not in FREE_FATES


class SimModels:
    """Implements the `Models` port."""

    def __init__(self, world: World, seed: int) -> None:
        self._world: Final = world
        self._entropy: Final = SeededEntropy(f"models/{seed}")
        self._specs: Final = ENDPOINTS[self._entropy.below(len(ENDPOINTS), stream="endpoints")]
        self.watch: Callable[[Sending], None] = lambda _: None
        """Judges a sending at the moment it arrives."""
        self.overfull: Callable[[str], None] = lambda _: None
        self.sendings: Final[list[Sending]] = []
        self._running: Counter[tuple[int, str]] = Counter()
        """Sendings under way by life and endpoint, those being called off not counted."""

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        """The same in every life."""
        return self._specs

    def outline(self, args: dict[str, Plain]) -> Outline:
        """What a call needs. Raises: ValueShapeError."""
        body = args.get("body")
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            raise ValueShapeError("messages is missing")
        most = body.get("max_tokens", body.get("output_tokens_max"))
        neutral = args.get("dialect") == "neutral"
        return Outline(
            dialect="neutral" if neutral else "openai.chat",
            model=str(body.get("model", "auto")),
            input_tokens=INPUT_TOKENS,
            output_tokens_max=most if isinstance(most, int) else None,
            stream=body.get("stream") is True,
        )

    async def perform(
        self,
        endpoint: str,
        args: dict[str, Plain],
        *,
        deadline_ns: int,
        hints: Hints,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
    ) -> ModelCame:
        """One sending. Raises: ModelError and its children, DeadlineError."""
        del deadline_ns
        world, life = self._world, self._world.life
        body = cast("dict[str, Plain]", args["body"])
        spec = next(one for one in self._specs if one.name == endpoint)
        sending = self._arrived(spec, args, int(hints.session))
        try:
            await self._go(sending, body, sink, on_first)
            usage = self._used(sending, spec)
        except asyncio.CancelledError:
            self._left(life, endpoint)
            if sending.fate == "late" and life == world.life and not world.calm:
                await asyncio.sleep(LINGER_S)
            sending.under_way = life != world.life  # of a dead kernel nobody hears the end
            raise
        except ModelError:
            self._over(sending, life, 0 if sending.fate in FREE_FATES else sending.billed)
            raise
        except DeadlineError:
            self._over(sending, life, sending.billed)
            raise
        self._over(sending, life, spec.price.of(usage) if spec.price is not None else 0)
        left = (None, None, 10**9, 3, 0, -5)[self._entropy.below(6, stream="left")] if not world.calm else None
        return ModelCame(value=_value(args, sending), usage=self._told(sending, usage), remaining_requests=left)

    # A sending

    def _arrived(self, spec: EndpointSpec, args: dict[str, Plain], pid: int) -> Sending:
        self._world.starts(pid, spec.name)
        draw = self._entropy.below
        worst = self.outline(args).worst(spec) if spec.price is not None else Amount()
        sending = Sending(len(self.sendings) + 1, pid, words_of(args), spec.name, worst)
        if not self._world.calm:
            sending.fate = FATES[draw(len(FATES), stream="fate")]
        sending.billed = draw(worst.microusd + 1, stream="bill") if worst.microusd else 0
        self.watch(sending)
        self.sendings.append(sending)
        running = self._running
        running[self._world.life, spec.name] += 1
        slots = spec.limits.slots
        if slots is not None and running[self._world.life, spec.name] > slots:
            self.overfull(f"{running[self._world.life, spec.name]} calls run on {slots} slots of {spec.name}")
        return sending

    async def _go(
        self, sending: Sending, body: dict[str, Plain], sink: Sink | None, on_first: Callable[[], None] | None
    ) -> None:
        """Time passes, pieces come, or it fails. Raises: ModelError and its children, DeadlineError."""
        draw, fate = self._entropy.below, sending.fate
        await asyncio.sleep(draw(400, stream="lag") / 1000 + (draw(20, stream="slow") if fate == "slow" else 0))
        match fate:
            case "limited":
                after_s = AFTER_S[draw(len(AFTER_S), stream="after")]
                raise RateLimitedError("slow down", status=429, retry_after_s=after_s)
            case "down":
                raise ModelError("overloaded", status=500 + draw(4, stream="status"))
            case "refuses":
                raise ModelRequestError("no such thing", status=400)
            case "breaks":
                raise ModelError("the connection broke")
            case "stalls":
                await asyncio.sleep(STALL_S)
                raise DeadlineError
            case _:
                pass
        if on_first is not None:
            on_first()
        await asyncio.sleep(draw(200, stream="write") / 1000)
        if sink is not None and body.get("stream") is True:
            for piece in (f"{sending.words} ", f"said {sending.number}"):
                sink(piece.encode())
                await asyncio.sleep(draw(100, stream="piece") / 1000)
                if fate in ("cut_off", "sorry"):
                    break
        if fate in ("cut_off", "broken_late"):
            raise ModelError("the connection broke in the middle")
        if fate == "sorry":
            raise ModelError("overloaded in the middle of an answer", status=529)
        if fate == "garbled":
            raise ModelReplyError("this is no answer")

    def _used(self, sending: Sending, spec: EndpointSpec) -> Usage:
        """Tokens truly used, within the worst case."""
        del spec
        draw = self._entropy.below
        output = sending.worst.tokens - INPUT_TOKENS
        read = 1 + draw(INPUT_TOKENS, stream="read")
        return Usage(
            input_tokens=read,
            output_tokens=1 + draw(max(1, output), stream="written"),
            cached_tokens=draw(read, stream="cached"),
            cache_written_tokens=draw(2, stream="stored"),
        )

    def _told(self, sending: Sending, usage: Usage) -> Usage:
        """What the vendor says was used."""
        tale: Tale = "true" if self._world.calm else TALES[self._entropy.below(len(TALES), stream="tale")]
        sending.honest = tale != "odd"  # the other lies are found out, and charged in full
        match tale:
            case "none":
                return Usage(known=False)
            case "nothing":
                return Usage()
            case "much":
                return Usage(input_tokens=10**7, output_tokens=10 ** (3 if sending.number % 2 else 400))
            case "negative":
                return Usage(input_tokens=usage.input_tokens, output_tokens=-(10**9))
            case "odd":
                return Usage(input_tokens=9, output_tokens=1, cached_tokens=10**6, cache_written_tokens=-(10**6))
            case _:
                return usage

    def _over(self, sending: Sending, life: int, billed: int) -> None:
        self._left(life, sending.endpoint)
        sending.billed, sending.under_way = billed, False

    def _left(self, life: int, endpoint: str) -> None:
        self._running[life, endpoint] -= 1


def words_of(args: dict[str, Plain]) -> str:
    """What a call says, in either format: the text of its last message."""
    messages = cast("list[dict[str, Plain]]", cast("dict[str, Plain]", args["body"])["messages"])
    last = messages[-1]
    if args.get("dialect") == "neutral":
        return str(cast("list[dict[str, Plain]]", last["parts"])[-1]["text"])
    return str(last["content"])


def _value(args: dict[str, Plain], sending: Sending) -> Plain:
    """The answer; its number tells it from every other."""
    said = f"{sending.words} said {sending.number}"
    if args.get("dialect") == "neutral":
        return msgspec.to_builtins(Reply(parts=(Text(said),)))
    long = "." * 600 if sending.number % 4 == 0 else "."
    return {"status": 200, "type": "text/plain", "body": said + long}
