"""Topic triggers: which can be attended to, and what one that cannot says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergos.base.clock import ManualClock
from ergos.base.errors import UsageError, ValueShapeError
from ergos.base.ids import Pid
from ergos.drivers.watchers.queues import emit
from ergos.drivers.watchers.topic import TopicWatcher
from ergos.kernel.trigger_settings import Broker
from ergos.kernel.triggers import Topic
from tests.drivers.watchers.bells import Kept, entropy, until
from tests.drivers.watchers.brokers import brokering

KEY = (Pid(1), "t")
ORDERS = Topic(name="t", topic="orders")
SHOP = Topic(name="t", topic="shop/#", broker="shop")


def play(home: Path, test: Callable[[TopicWatcher, Kept], Awaitable[None]], port: int = 1) -> None:
    async def whole() -> None:
        kept = Kept()
        brokers = {"shop": Broker(host="127.0.0.1", port=port, tls=False)}
        watcher = TopicWatcher(home, brokers, kept, None, entropy())
        try:
            await test(watcher, kept)
        finally:
            await watcher.close()

    asyncio.run(whole())


def test_what_can_be_attended_to_has_nothing_to_be_seen(tmp_path: Path) -> None:
    async def test(watcher: TopicWatcher, kept: Kept) -> None:
        for trigger in (ORDERS, SHOP):
            looked = watcher.look(trigger, None)
            assert (looked.happenings, looked.fault, looked.again_ns) == ((), "", None)
            assert watcher.look(trigger, looked.cursor).cursor == looked.cursor

    play(tmp_path, test)


@pytest.mark.parametrize(
    "trigger",
    [Topic(name="t", topic="../x"), Topic(name="t", topic=""), Topic(name="t", topic="a/#/b", broker="shop"), Topic(name="t", topic="a", broker="none")],
)  # fmt: skip
def test_what_can_never_work_says_so_when_it_is_looked_at(tmp_path: Path, trigger: Topic) -> None:
    async def test(watcher: TopicWatcher, kept: Kept) -> None:
        watcher.attend(KEY, trigger)
        assert kept.rung == [KEY]
        with pytest.raises((UsageError, ValueShapeError)):
            watcher.look(trigger, None)

    play(tmp_path, test)


def test_a_trigger_that_changed_is_told_what_it_is_for_now(tmp_path: Path) -> None:
    async def test(watcher: TopicWatcher, kept: Kept) -> None:
        watcher.attend(KEY, ORDERS)
        watcher.attend(KEY, Topic(name="t", topic="returns"))
        for number, queue in enumerate(("orders", "returns")):
            emit(tmp_path, queue, queue, ManualClock(number + 1), entropy(number))
        await until(lambda: bool(kept.told))
        await asyncio.sleep(0.3)
        assert kept.values() == [{"topic": "returns", "value": "returns"}]

    play(tmp_path, test)


def test_a_topic_of_a_broker_is_told(tmp_path: Path) -> None:
    pytest.importorskip("paho.mqtt.client", reason="no MQTT library: install ergos[mqtt]")
    with brokering(tmp_path / "broker") as broker:

        async def test(watcher: TopicWatcher, kept: Kept) -> None:
            watcher.attend(KEY, SHOP)
            await until(lambda: watcher._lines["shop"]._line > 0)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(broker.publish, "shop/1", '"x"')
            await until(lambda: kept.values() == [{"topic": "shop/1", "value": "x"}])
            watcher.leave(KEY)
            watcher.leave(KEY)

        play(tmp_path, test, broker.port)
