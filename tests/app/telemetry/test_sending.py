"""A collector that is slow, dead or in a bad mood costs nobody anything but what it did not take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ergos.app.telemetry import names, sending
from ergos.app.telemetry.sending import Sender
from ergos.app.telemetry.spans import Measured, Span
from ergos.drivers.host import HostClock
from tests.app.telemetry.collector import Collector, collecting, plain


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BACKOFF_S", 0.01)
    monkeypatch.setattr(sending, "BEAT_S", 0.01)


def span(number: int) -> Span:
    return Span(
        trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name=f"s{number}", start_ns=1, end_ns=2, attributes={}
    )  # fmt: skip


def played(play: Callable[[Collector, Sender], Awaitable[None]], url: str = "") -> Collector:
    async def run(collector: Collector) -> None:
        await play(collector, Sender(url or collector.url, {}, HostClock()))

    with collecting() as collector:
        asyncio.run(run(collector))
        return collector


def test_everything_arrives_once_in_batches():
    async def play(_: Collector, sender: Sender) -> None:
        for number in range(1_200):
            sender.tell(span(number))
        await sender.finish(5)
        assert (sender.sent.spans, sender.sent.dropped, sender.sent.failures) == (1_200, 0, 0)

    found = played(play)
    assert len(found.messages) == 3
    assert [one.name for one in found.spans] == [f"s{number}" for number in range(1_200)]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_could_not_be_taken_now_is_sent_again(status: int):
    async def play(collector: Collector, sender: Sender) -> None:
        collector.statuses = [status, status]
        sender.tell(span(1))
        await sender.finish(5)
        assert (sender.sent.spans, sender.sent.dropped, sender.sent.fault) == (1, 0, "")

    assert len(played(play).spans) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_what_is_refused_for_good_is_dropped_and_counted(status: int):
    async def play(collector: Collector, sender: Sender) -> None:
        collector.statuses = [status]
        sender.tell(span(1))
        await sender.finish(5)
        assert (sender.sent.spans, sender.sent.dropped, sender.sent.failures) == (0, 1, 1)
        assert str(status) in sender.sent.fault

    found = played(play)
    assert plain(found.metrics[names.DROPPED].sum.data_points[0].attributes) == {}
    assert found.metrics[names.DROPPED].sum.data_points[0].as_int == 1


def test_a_full_queue_drops_what_comes_last_and_counts_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "QUEUE_MAX", 10)

    async def play(_: Collector, sender: Sender) -> None:
        for number in range(25):
            sender.tell(span(number))
        assert sender.sent.dropped == 15
        await sender.finish(5)

    assert [one.name for one in played(play).spans] == [f"s{number}" for number in range(10)]


def test_a_dead_collector_is_given_up_and_telling_goes_on():
    async def play(_: Collector, sender: Sender) -> None:
        running = asyncio.ensure_future(sender.run())
        for number in range(10):
            sender.tell(span(number))
            await asyncio.sleep(0.02)
        assert sender.sent.failures > 0
        assert not running.done()
        running.cancel()
        await asyncio.wait({running})
        await sender.finish(0.5)

    played(play, "http://127.0.0.1:9")


def test_a_hanging_collector_does_not_keep_the_end_waiting():
    async def play(collector: Collector, sender: Sender) -> None:
        collector.hold.clear()
        sender.tell(span(1))
        sender.tell(span(2))
        async with asyncio.timeout(5):
            await sender.finish(0.1)
        collector.hold.set()

    played(play)


def test_metrics_are_told_from_time_to_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "METRICS_S", 0.0)

    async def play(collector: Collector, sender: Sender) -> None:
        running = asyncio.ensure_future(sender.run())
        sender.tell(Measured(metric=names.SPENT, value=3))
        for _ in range(300):
            if collector.metrics:
                break
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        await sender.finish(1)

    assert played(play).metrics[names.SPENT].sum.data_points[0].as_int == 3
