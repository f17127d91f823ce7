"""The simulated vendors: the same for the same seed, honest in what they bill, dishonest in what they say."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.kernel.models import Hints, Reply
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.provider import ENDPOINTS, FREE_FATES, STALL_S, Sending, SimModels
from ergos.sim.world import World


def said(words: str, *, stream: bool = False) -> dict[str, Plain]:
    message: Plain = {"role": "user", "content": words}
    return {"dialect": "openai.chat", "body": {"model": "auto", "messages": [message], "stream": stream}}


def sent(seed: int, calls: int = 60, *, calm: bool = False) -> list[tuple[Sending, object, bytes]]:
    """Sendings, what came of each, and what was heard of it."""
    world, loop = World(1), VirtualLoop()
    world.calm = calm
    models = SimModels(world, seed)
    name = next(spec.name for spec in models.endpoints() if spec.price is not None)
    found: list[tuple[Sending, object, bytes]] = []

    async def every() -> None:
        for number in range(calls):
            heard: list[bytes] = []
            args, hints = said(f"line {number}", stream=number % 2 == 0), Hints(session="7")
            try:
                came: object = await models.perform(name, args, deadline_ns=0, hints=hints, sink=heard.append)
            except ErgosError as error:
                came = error
            found.append((models.sendings[-1], came, b"".join(heard)))

    try:
        loop.run_until_complete(every())
    finally:
        finish(loop)
    return found


def test_the_same_seed_gives_the_same_vendors() -> None:
    def told(seed: int) -> list[tuple[str, int]]:
        return [(one.fate, one.billed) for one, _, _ in sent(seed)]

    assert told(3) == told(3)
    assert told(3) != told(4)


def test_no_honest_vendor_bills_more_than_the_worst_case_and_none_bills_an_error_status() -> None:
    everything = [one for seed in range(6) for one, _, _ in sent(seed)]
    assert all(0 <= one.billed <= one.worst.microusd for one in everything)
    assert not any(one.billed for one in everything if one.fate in FREE_FATES)
    assert not any(one.under_way for one in everything)
    assert {one.fate for one in everything} >= {"answers", "limited", "down", "breaks", "cut_off", "garbled", "stalls"}


def test_what_is_heard_of_a_stream_begins_what_is_answered() -> None:
    for _, came, heard in sent(2):
        if heard and not isinstance(came, ErgosError):
            assert came.value["body"].encode().startswith(heard)  # type: ignore[attr-defined,union-attr]


def test_on_a_calm_day_everything_is_answered_and_nobody_lies() -> None:
    for one, came, _ in sent(5, calm=True):
        assert not isinstance(came, ErgosError), came
        assert came.usage.known  # type: ignore[attr-defined]
        assert one.honest


def test_a_neutral_call_gets_a_reply() -> None:
    world, loop = World(1), VirtualLoop()
    world.calm = True
    models = SimModels(world, 1)
    message: Plain = {"role": "user", "parts": [{"type": "text", "text": "hi"}]}
    args: dict[str, Plain] = {"dialect": "neutral", "body": {"model": "auto", "messages": [message]}}
    name = next(spec.name for spec in models.endpoints() if spec.price is not None)
    work = models.perform(name, args, deadline_ns=0, hints=Hints(session="1"))
    came = loop.run_until_complete(work)
    finish(loop)
    import msgspec

    assert msgspec.convert(came.value, Reply).text.startswith("hi said ")


def test_what_is_no_call_is_refused_and_unknown_prices_are_among_the_endpoints() -> None:
    with pytest.raises(ValueShapeError):
        SimModels(World(1), 1).outline({"dialect": "openai.chat", "body": {}})
    assert any(spec.price is None for endpoints in ENDPOINTS for spec in endpoints)


def test_a_sending_that_is_called_off_is_over_and_one_of_a_dead_kernel_never_is() -> None:
    for dies in (False, True):
        world, loop = World(1), VirtualLoop()
        models = SimModels(world, 3)
        name = next(spec.name for spec in models.endpoints() if spec.price is not None)

        async def scene(world: World = world, models: SimModels = models, name: str = name, dies: bool = dies) -> None:
            work = models.perform(name, said("x"), deadline_ns=0, hints=Hints(session="1"))
            task = asyncio.ensure_future(work)
            await asyncio.sleep(0)
            world.life += dies
            task.cancel()
            await asyncio.wait((task,), timeout=STALL_S)

        loop.run_until_complete(scene())
        finish(loop)
        assert models.sendings[0].under_way == dies
