"""A real kernel, a model server and a collector: what agents do arrives as spans, events and metrics of the conventions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergos.app.home import Home, home_at, kernel_on, programs_of, reading
from ergos.app.pulse import Pulse
from ergos.app.telemetry.contexts import Contexts
from ergos.app.telemetry.follower import FILE
from ergos.app.telemetry.running import telling
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock
from ergos.kernel.packages import Definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.telemetry_settings import TelemetrySettings
from ergos.sim.loopback.server import LoopbackServer
from tests.app.telemetry.collector import Collector, collecting, plain

SOURCE = """
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool

RICH = Caps(process=Amount(9_000_000, -1))


@tool(effect="pure", trusted=True)
def weather(city: str) -> str:
    return "sunny in " + city


@tool(effect="idempotent", reach="own")
def breaks(what: str) -> str:
    raise ValueError(what)


@agent()
async def helper(ctx: Context):
    return await ctx.receive()


@agent(team=["helper"], grants=[may("act", "weather"), may("act", "breaks"), may("think", "model.*")], caps=RICH)
async def forecaster(ctx: Context):
    try:
        await ctx.act("breaks", what="the secret word")
    except Exception:
        pass
    pid = await ctx.spawn("helper")
    await ctx.send(pid, "the secret word")
    await ctx.wait(pid)
    seen = await ctx.act("weather", city="Lisbon")
    said = await ctx.chat("Say this in other words: " + seen)
    return said.text
"""
SETTINGS = """
[models]
discover = false
auto = ["mine"]
[models.endpoints.mine]
base_url = "http://127.0.0.1:{port}/v1"
dialect = "openai.chat"
model = "loopback-1"
price = {{ input = 1, output = 2 }}
"""


class Scene:
    """A home, a model server and a collector."""

    def __init__(self, folder: Path, collector: Collector) -> None:
        self.folder, self.collector = folder, collector
        self.home: Home
        self.contexts = Contexts()

    async def begin(self) -> LoopbackServer:
        loopback = LoopbackServer(clock=HostClock())
        await loopback.start(0)
        (self.folder / "home").mkdir(exist_ok=True)
        (self.folder / "home" / "settings.toml").write_text(SETTINGS.format(port=loopback.port))
        (self.folder / "agents.py").write_text(SOURCE)
        self.home = home_at(self.folder / "home", {"HOME": str(self.folder), "ERGOS_OWNER": "me"})
        return loopback

    async def run(self, play: Callable[[Kernel], Awaitable[None]], **how: object) -> None:
        """A kernel that tells the collector, for as long as this takes."""
        programs = programs_of(self.home)
        settings = TelemetrySettings(**{"endpoint": self.collector.url, **how})
        async with kernel_on(self.home, programs) as kernel:

            async def head() -> int:
                await kernel.machine.store.flush()
                return (await kernel.machine.store.head()).seq

            pulse = Pulse(kernel, head)
            telling_ = telling(
                self.home, settings, pulse.moved, HostClock(), secret=lambda name: f"Bearer {name}",
                contexts=self.contexts,
            )  # fmt: skip
            async with telling_:
                await play(kernel)
            pulse.close()

    def definition(self) -> Definition:
        return programs_of(self.home).load(self.folder / "agents.py")


def staged(folder: Path, play: Callable[[Scene, Kernel], Awaitable[None]], **how: object) -> Collector:
    async def played(collector: Collector) -> None:
        scene = Scene(folder, collector)
        loopback = await scene.begin()
        try:
            await scene.run(lambda kernel: play(scene, kernel), **how)
        finally:
            await loopback.stop()

    with collecting() as collector:
        asyncio.run(played(collector))
        return collector


async def one_run(scene: Scene, kernel: Kernel) -> None:
    pid = await kernel.desk.spawn(scene.definition(), "me")
    scene.contexts.note(pid, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    ended = await asyncio.wait_for(kernel.desk.end_of(pid), 10)
    assert ended.process.state == "done", ended


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Collector:
    """One run, told without content."""
    return staged(tmp_path_factory.mktemp("told"), one_run, headers=(("authorization", "collector"),))


def test_process_turn_and_call_are_one_trace(told: Collector):
    names = [span.name for span in told.spans]
    assert {"create_agent forecaster", "invoke_agent forecaster", "execute_tool weather", "create_agent helper"} < set(
        names
    )
    assert len({span.trace_id for span in told.spans}) == 1
    process, turn = told.named("create_agent forecaster"), told.named("invoke_agent forecaster")
    assert (process.parent_span_id, turn.parent_span_id) == (b"", process.span_id)
    for name in ("execute_tool weather", "execute_tool breaks", "chat mine", "spawn helper", "create_agent helper"):
        assert told.named(name).parent_span_id == turn.span_id, name
    assert told.named("invoke_agent helper").parent_span_id == told.named("create_agent helper").span_id
    assert len({span.span_id for span in told.spans}) == len(told.spans)
    for span in told.spans:
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano


def test_a_model_call_has_the_attributes_of_the_conventions(told: Collector):
    span = told.named("chat mine")
    found = plain(span.attributes)
    assert span.kind == 3
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.request.model"] == "mine"
    assert found["gen_ai.response.model"] == "loopback-1"
    assert found["gen_ai.response.finish_reasons"] == ["stop"]
    assert found["gen_ai.agent.name"] == "forecaster"
    assert found["gen_ai.usage.input_tokens"] > 0
    assert found["gen_ai.usage.output_tokens"] > 0
    assert found["ergos.cost.microusd"] > 0
    [event] = told.events
    assert event.event_name == "gen_ai.client.inference.operation.details"
    assert event.span_id == span.span_id
    turn = plain(told.named("invoke_agent forecaster").attributes)
    assert turn["gen_ai.usage.input_tokens"] == found["gen_ai.usage.input_tokens"]
    assert turn["ergos.cost.microusd"] == found["ergos.cost.microusd"]


def test_a_failed_call_says_so_by_its_code(told: Collector):
    span = told.named("execute_tool breaks")
    assert span.status.code == 2
    assert plain(span.attributes)["error.type"] == "E501"
    assert plain(span.attributes)["gen_ai.tool.name"] == "breaks"


def test_no_content_is_told_unasked(told: Collector):
    for message in told.messages:
        raw = message.SerializeToString()
        assert b"secret word" not in raw
        assert b"Lisbon" not in raw


def test_metrics_are_those_of_the_conventions(told: Collector):
    metrics = told.metrics
    assert metrics["gen_ai.client.operation.duration"].histogram.data_points[0].count == 1
    usage = {
        plain(point.attributes)["gen_ai.token.type"]: point.sum
        for point in metrics["gen_ai.client.token.usage"].histogram.data_points
    }
    assert usage == {
        "input": plain(told.named("chat mine").attributes)["gen_ai.usage.input_tokens"],
        "output": plain(told.named("chat mine").attributes)["gen_ai.usage.output_tokens"],
    }
    assert sum(point.count for point in metrics["gen_ai.execute_tool.duration"].histogram.data_points) == 2
    assert sum(point.count for point in metrics["gen_ai.invoke_agent.duration"].histogram.data_points) == 2
    assert metrics["ergos.spent"].sum.data_points[0].as_int > 0


def test_a_message_carries_the_resource_and_the_secret_headers(told: Collector):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    first = told.received(ExportTraceServiceRequest)[0].resource_spans[0]
    assert plain(first.resource.attributes)["service.name"] == "ergos"
    assert first.scope_spans[0].schema_url.startswith("https://opentelemetry.io/schemas/gen-ai/")
    assert {headers["authorization"] for headers in told.headers} == {"Bearer collector"}


def test_content_is_told_where_its_owner_asked_for_it(tmp_path: Path):
    found = staged(tmp_path, one_run, content=True)
    assert "Lisbon" in str(plain(found.named("execute_tool weather").attributes)["gen_ai.tool.call.arguments"])
    assert "sunny" in str(plain(found.named("execute_tool weather").attributes)["gen_ai.tool.call.result"])
    assert "other words" in str(plain(found.named("chat mine").attributes)["gen_ai.input.messages"])
    assert "secret word" in found.named("execute_tool breaks").status.message


def test_a_sample_of_nothing_tells_no_span_and_all_metrics(tmp_path: Path):
    found = staged(tmp_path, one_run, sample=0.0)
    assert found.spans == []
    assert found.events == []
    assert "gen_ai.client.operation.duration" in found.metrics


def test_a_restart_goes_on_where_it_stopped_and_tells_nothing_twice(tmp_path: Path):
    async def played(collector: Collector) -> None:
        scene = Scene(tmp_path, collector)
        loopback = await scene.begin()

        async def begun(kernel: Kernel) -> None:
            await one_run(scene, kernel)
            definition = programs_of(scene.home).load(Path(f"{tmp_path / 'agents.py'}::helper"))
            await kernel.desk.spawn(definition, "me")
            await asyncio.sleep(0.1)

        async def ended(kernel: Kernel) -> None:
            await kernel.desk.send(Pid(3), "end")
            await asyncio.wait_for(kernel.desk.end_of(Pid(3)), 5)

        try:
            await scene.run(begun)
            first = len(collector.spans)
            await scene.run(ended)
            assert [span.name for span in collector.spans[first:]] == ["receive mail", "invoke_agent helper"]
            again = [span for span in collector.spans if span.name == "create_agent helper"]
            assert collector.spans[-1].parent_span_id in {span.span_id for span in again}
            (scene.home.folder / FILE).write_text("garbage")
            await scene.run(ended_already)
            async with reading(scene.home) as reads:
                assert (await reads.head()).seq > 0
        finally:
            await loopback.stop()

    async def ended_already(_: Kernel) -> None:
        await asyncio.sleep(0.05)

    with collecting() as collector:
        asyncio.run(played(collector))
        assert len({span.span_id for span in collector.spans}) == len(collector.spans)


def test_a_collector_that_hangs_slows_nobody(tmp_path: Path):
    async def play(scene: Scene, kernel: Kernel) -> None:
        scene.collector.hold.clear()
        for _ in range(3):
            await one_run(scene, kernel)
        scene.collector.hold.set()

    assert len(staged(tmp_path, play).spans) > 20


def test_a_home_that_asks_for_nothing_is_told_nothing(tmp_path: Path):
    async def played() -> None:
        home = home_at(tmp_path, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})

        async def never(_: int, __: float) -> int:
            raise AssertionError

        async with telling(home, None, never, HostClock(), secret=str) as sender:
            assert sender is None

    asyncio.run(played())
