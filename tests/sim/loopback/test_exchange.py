from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.sim.grid.cloud import CloudShape
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape, Job
from ergos.sim.loopback.calls import Call, content_digest
from ergos.sim.loopback.exchange import fault_of
from ergos.sim.loopback.mind import think
from ergos.sim.loopback.server import LoopbackOptions, answered
from ergos.sim.loopback.tokens import blocks, prompt_of, written_bytes
from ergos.sim.loopback.wire_chat import ChatWire
from tests.sim.loopback.stage import QUESTION, Stage, chat, on_stage, until

SHAPE = EngineShape(sequences_max=3, kv_tokens=64_000)
FAST = LoopbackOptions(mode="engine", scale=200.0, engine=SHAPE)
LONG = "Please weigh what follows with care. " * 60


def job_of(call: Call, body: dict[str, object]) -> Job:
    """The call as the engine was given it, made from its request alone."""
    request = ChatWire().read(body).request
    reply = think(request, call.digest)
    names = blocks(prompt_of(request) + written_bytes(reply), SHAPE.block_tokens)
    return Job(call.number, reply.usage.input_tokens, reply.usage.output_tokens, names)


def test_the_server_answers_when_the_engine_core_does_as_discrete_events() -> None:
    bodies = [chat(LONG + f"{QUESTION} {n % 4}", max_tokens=40, stream=n % 2 == 0) for n in range(16)]

    async def play(stage: Stage) -> list[Call]:
        async def ask(n: int) -> None:
            await asyncio.sleep(0.004 * n)
            assert (await stage.post("/v1/chat/completions", bodies[n])).status_code == 200

        await asyncio.gather(*(ask(n) for n in range(16)))
        return answered(stage.server.calls)

    calls = on_stage(play, FAST)
    by_content = {call.digest: body for call, body in ((call, _body(call, bodies)) for call in calls)}
    engine, done, cached = Engine(SHAPE), dict[int, int](), dict[int, int]()

    def take(until_ns: int) -> None:
        for event in engine.step(until_ns):
            if event.kind == "done":
                done[event.job] = event.at_ns
            cached[event.job] = event.cached_tokens

    for call in sorted(calls, key=lambda call: call.came_ns):
        take(call.came_ns)
        engine.submit(job_of(call, by_content[call.digest]), call.came_ns)
    while (due := engine.next_ns()) is not None:
        take(due)
    assert {call.number: call.done_ns for call in calls} == done
    assert {call.number: call.cached_tokens for call in calls} == cached
    assert any(cached.values())


def _body(call: Call, bodies: list[dict[str, object]]) -> dict[str, object]:
    return next(body for body in bodies if content_digest(body) == call.digest)


def test_answers_are_the_same_in_every_mode() -> None:
    async def play(stage: Stage) -> list[bytes]:
        whole = await stage.chat(QUESTION)
        stream = await stage.chat(QUESTION, stream=True)
        return [whole.content, stream.content]

    cloud = LoopbackOptions(mode="cloud", scale=100.0)
    assert on_stage(play) == on_stage(play, FAST) == on_stage(play, cloud)


def test_usage_tells_what_the_engines_cache_knew() -> None:
    async def play(stage: Stage) -> list[int]:
        found: list[int] = []
        for _ in range(2):
            reply = await stage.openai.chat.completions.create(
                model="m", messages=[{"role": "user", "content": LONG}], stream=False
            )
            found.append(reply.usage.prompt_tokens_details.cached_tokens)
        return found

    first, second = on_stage(play, FAST)
    assert first == 0
    assert second > 400
    assert second % SHAPE.block_tokens == 0


def test_a_call_too_large_for_the_engine_is_refused_as_the_vendor_would() -> None:
    async def play(stage: Stage) -> dict[str, object]:
        answer = await stage.chat("x" * 300_000)
        assert answer.status_code == 400
        return answer.json()["error"]

    assert on_stage(play, FAST)["code"] == "context_length_exceeded"


def test_a_client_that_leaves_frees_its_place() -> None:
    async def play(stage: Stage) -> None:
        engine = stage.server.pace.core  # type: ignore[union-attr]
        slow = msgspec.json.encode(chat("[[mind: tokens=60000]]"))
        asking = asyncio.create_task(stage.http.post("/v1/chat/completions", content=slow))
        await until(lambda: engine.running)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: not engine.running)
        await until(lambda: stage.server.calls.calls[-1].outcome == "left")

    on_stage(play, LoopbackOptions(mode="engine", scale=1.0, engine=SHAPE))


def test_a_stalled_stream_keeps_its_place_in_the_engine() -> None:
    async def play(stage: Stage) -> None:
        engine = stage.server.pace.core  # type: ignore[union-attr]
        body = msgspec.json.encode(chat("[[mind: tokens=20000 stall]]", stream=True))
        async with stage.http.stream("POST", "/v1/chat/completions", content=body) as answer:
            async for _ in answer.aiter_bytes():
                break
            assert engine.running == 1
        await until(lambda: not engine.running)

    on_stage(play, FAST)


def test_the_death_of_the_engine_breaks_streams_and_answers_the_rest() -> None:
    async def play(stage: Stage) -> int:
        pace = stage.server.pace
        assert pace is not None
        whole = asyncio.create_task(stage.chat("[[mind: tokens=60000]]"))
        await until(lambda: pace.core.running)  # type: ignore[union-attr]
        pace.fail_all()
        return (await whole).status_code

    assert on_stage(play, LoopbackOptions(mode="engine", scale=1.0, engine=SHAPE)) == 500


@pytest.mark.parametrize("mode", ["cloud", "instant", "engine"])
def test_a_cloud_says_when_to_come_again(mode: str) -> None:
    cloud = CloudShape(requests_per_minute=8, tokens_per_minute=100_000)

    async def play(stage: Stage) -> None:
        answers = [await stage.chat("[[mind: tokens=2]]") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        limited = answers[-1]
        assert float(limited.headers["retry-after"]) > 0
        assert int(limited.headers["retry-after-ms"]) > 0
        assert limited.headers["x-ratelimit-limit-requests"] == "8"
        assert limited.headers["x-ratelimit-remaining-requests"] == "0"
        assert limited.json()["error"]["code"] == "rate_limit_exceeded"
        assert stage.server.exchange.quota.refused == 1  # type: ignore[union-attr]
        await asyncio.sleep(float(limited.headers["retry-after"]))
        assert (await stage.chat("[[mind: tokens=2]]")).status_code == 200

    on_stage(play, LoopbackOptions(mode=mode, scale=30.0, cloud=cloud, limited=True))  # type: ignore[arg-type]


def test_a_pause_delays_and_changes_nothing() -> None:
    async def play(stage: Stage) -> None:
        one, two = await stage.chat("x", seed=1), await stage.chat("x", seed=1)
        assert one.content == two.content
        assert (await stage.chat("[[mind: pause=0.01]]")).status_code == 200

    on_stage(play)


def test_every_call_is_logged_with_its_end() -> None:
    async def play(stage: Stage) -> list[Call]:
        await stage.post("/v1/chat/completions", chat("a"), **{"x-ergos-session": "p7"})
        await stage.post("/v1/chat/completions", chat("a"))
        await stage.post("/v1/chat/completions", {"model": "m"})
        return list(stage.server.calls.calls)

    calls = on_stage(play)
    assert [(call.occurrence, call.outcome, call.status, call.session) for call in calls] == [
        (1, "answered", 200, "p7"),
        (2, "answered", 200, ""),
        (1, "refused", 400, ""),
    ]


def test_an_error_by_status_has_openais_words() -> None:
    assert fault_of(401).code == "invalid_api_key"
    assert fault_of(503).kind == "server_error"
    assert fault_of(418).kind == "invalid_request_error"
