"""A broker of flesh and blood: sessions, acknowledgements, redelivery."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.base.errors import OverloadedError
from ergos.base.ids import Pid
from ergos.drivers.watchers import backlog
from ergos.drivers.watchers import broker as module
from ergos.drivers.watchers.broker import PAYLOAD_BYTES_MAX, BrokerLine
from ergos.drivers.whole_file import replace_file
from ergos.kernel.trigger_settings import Broker
from tests.drivers.watchers.bells import Kept, until
from tests.drivers.watchers.brokers import Mosquitto, brokering

pytest.importorskip("paho.mqtt.client", reason="no MQTT library: install ergos[mqtt]")
ONE, TWO = (Pid(1), "x"), (Pid(2), "y")
FILTER = "shop/+/orders"


class Bench:
    def __init__(self, home: Path, broker: Mosquitto) -> None:
        self.home, self.broker = home, broker
        self.kept = Kept()
        self.seed = 0
        self.line = self.made()

    def made(self, **more: Any) -> BrokerLine:
        self.seed += 1
        settings = Broker(**{"host": "127.0.0.1", "port": self.broker.port, "tls": False, **more})
        return BrokerLine("shop", settings, self.home, self.kept, Drawer(), SeededEntropy(self.seed))

    async def begin(self) -> None:
        self.line.attend(ONE, FILTER)
        await until(lambda: self.line._line > 0)
        await asyncio.sleep(0.2)

    async def restart(self) -> None:
        await self.line.close()
        self.line = self.made()
        self.line.attend(ONE, FILTER)

    async def say(self, topic: str, payload: str | bytes, **how: Any) -> None:
        await asyncio.to_thread(self.broker.publish, topic, payload, **how)

    def values(self, pid: int = 1) -> list[Any]:
        return [one.value["value"] for at, _, one in self.kept.told if at == pid]  # type: ignore[index, call-overload]


class Drawer:
    def get(self, name: str) -> str:
        return "right"


def play(home: Path, test: Callable[[Bench], Awaitable[None]]) -> None:
    with brokering(home / "broker") as broker:

        async def whole() -> None:
            bench = Bench(home / "own", broker)
            try:
                await test(bench)
            finally:
                await bench.line.close()

        asyncio.run(whole())


def test_messages_are_told_once_each_also_where_they_are_alike(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.begin()
        for payload in ('{"n": 1}', '{"n": 1}', "words", b"\xff\xfe", ""):
            await bench.say("shop/1/orders", payload)
        await bench.say("shop/1/others", "not ours")
        await until(lambda: len(bench.kept.told) == 5)
        assert bench.values() == [{"n": 1}, {"n": 1}, "words", "\ufffd\ufffd", ""]
        assert len({happening.key for _, _, happening in bench.kept.told}) == 5
        assert bench.kept.told[0][2].label.integrity == "untrusted"

    play(tmp_path, test)


def test_what_came_while_nothing_ran_is_told_afterwards(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.begin()
        await bench.line.close()
        await bench.say("shop/1/orders", "meanwhile")
        await bench.restart()
        await until(lambda: bench.values() == ["meanwhile"])

    play(tmp_path, test)


def test_a_message_told_and_not_acknowledged_comes_again_under_its_key(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.begin()
        client = bench.line._client
        assert client is not None
        client.ack = lambda mid, qos: None  # type: ignore[method-assign] - the machine dies before it is said
        await bench.say("shop/1/orders", "once")
        await until(lambda: bench.values() == ["once"])
        await bench.restart()
        await until(lambda: bench.kept.offers == 2)
        await bench.say("shop/1/orders", "once")
        await until(lambda: bench.kept.offers == 3)
        assert bench.values() == ["once", "once"]  # the second is another message

    play(tmp_path, test)


def test_what_cannot_be_taken_now_is_not_lost_and_keeps_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "RETRY_S", 0.1)

    async def test(bench: Bench) -> None:
        await bench.begin()
        bench.kept.refuses = OverloadedError("a storm")
        for number in range(40):
            await bench.say("shop/1/orders", str(number))
        await until(lambda: bench.kept.offers > 1)
        await bench.restart()
        await bench.say("shop/1/orders", "40")
        bench.kept.refuses = None
        await until(lambda: len(bench.kept.told) == 41)
        assert bench.values() == list(range(41))

    play(tmp_path, test)


def test_a_storm_at_one_holds_up_no_other(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.line.attend(TWO, "alarm")
        await bench.begin()
        bench.kept.refuses, bench.kept.refuses_to = OverloadedError("a storm"), {1}
        for number in range(60):
            await bench.say("shop/1/orders", str(number))
        await bench.say("alarm", "fire")
        await until(lambda: bench.values(2) == ["fire"])
        assert bench.values(1) == []

    play(tmp_path, test)


def test_what_cannot_be_kept_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.1)

    async def test(bench: Bench) -> None:
        await bench.begin()
        tries = [0]

        def full(path: Path, content: bytes) -> None:
            tries[0] += 1
            if tries[0] < 3:
                raise OSError(28, "No space left on device")
            replace_file(path, content)

        monkeypatch.setattr(module, "replace_file", full)
        await bench.say("shop/1/orders", "x")
        await until(lambda: bench.values() == ["x"])
        assert tries[0] == 3

    play(tmp_path, test)


def test_a_flood_is_taken_up_again_and_nothing_of_it_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ARRIVED_MAX", 3)

    async def test(bench: Bench) -> None:
        await bench.begin()
        await bench.line.close()
        for number in range(30):
            await bench.say("shop/1/orders", str(number))
        await bench.restart()
        await until(lambda: len(set(bench.values())) == 30, 40)
        assert len(bench.values()) == 30

    play(tmp_path, test)


def test_what_a_broker_kept_is_nothing_that_happens(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.say("shop/1/orders", "kept", retain=True)
        await bench.begin()
        await bench.say("shop/1/orders", "fresh", retain=True)
        await until(lambda: bench.values() == ["fresh"])
        await bench.restart()
        await bench.say("shop/1/orders", "last")
        await until(lambda: bench.values() == ["fresh", "last"])

    play(tmp_path, test)


def test_a_broker_that_went_away_is_found_again(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.begin()
        await asyncio.to_thread(bench.broker.stop)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(bench.broker.start)
        await bench.say("shop/1/orders", "after")
        await until(lambda: bench.values() == ["after"])

    play(tmp_path, test)


def test_several_share_a_line_and_each_hears_its_own(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        bench.line.attend(TWO, "shop/#")
        await bench.begin()
        await bench.say("shop/1/orders", "both")
        await bench.say("shop/news", "two")
        await until(lambda: bench.values(2) == ["both", "two"] and bench.values(1) == ["both"])
        bench.line.leave(ONE)
        await bench.say("shop/2/orders", "two alone")
        await until(lambda: bench.values(2)[-1] == "two alone")
        assert bench.values(1) == ["both"]
        assert sum("paho" in thread.name for thread in threading.enumerate()) <= 1

    play(tmp_path, test)


def test_a_long_payload_is_cut_and_a_deep_one_is_text(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.begin()
        await bench.say("shop/1/orders", "x" * (PAYLOAD_BYTES_MAX + 10))
        await bench.say("shop/1/orders", "[" * 5_000)
        await bench.say("shop/1/orders", "NaN")
        await until(lambda: len(bench.kept.told) == 3)
        cut, deep, nan = (one.value for _, _, one in bench.kept.told)
        assert isinstance(cut, dict)
        assert cut["cut"] is True
        assert len(str(cut["value"])) == PAYLOAD_BYTES_MAX
        assert bench.values()[1:] == ["[" * 5_000, "NaN"]
        assert deep
        assert nan

    play(tmp_path, test)


def test_a_broker_that_does_not_let_us_in_is_a_fault_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FAULT_S", 0.0)
    salt = os.urandom(12)
    right = hashlib.pbkdf2_hmac("sha512", b"right", salt, 101)
    line = f"ada:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(right).decode()}\n"
    with brokering(tmp_path / "broker", password=line) as broker:

        async def whole() -> None:
            bench = Bench(tmp_path / "own", broker)
            await bench.line.close()
            bench.line = bench.made()
            bench.line.attend(ONE, FILTER)
            await until(lambda: "let us in" in bench.line.fault)
            await until(lambda: (1, "x") in bench.kept.rung)
            await bench.line.close()
            bench.line = bench.made(user="ada", secret="pw")
            bench.line.attend(ONE, FILTER)
            await until(lambda: bench.line._line > 0)
            assert bench.line.fault == ""
            await bench.line.close()

        asyncio.run(whole())


CONNACK = b"\x20\x02\x00\x00"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00" * 100,
        CONNACK + b"\xff" * 50,
        CONNACK + b"\x32\xff\xff\xff\xff\xff",
        CONNACK + b"\x32\x05\x00\xffab",
        CONNACK + b"\x32\x07\x00\x02\xff\xfe\x00\x01x",
        CONNACK + b"\x32\x08\x00\x03a/#\x00\x01x",
        CONNACK + b"\x90\x01\x00",
        b"\x20\x02\x00\x77",
    ],
    ids=range(10),
)
def test_a_broker_that_talks_nonsense_tells_nothing(tmp_path: Path, said: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    talked = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = listener.accept()
                with one:
                    one.settimeout(5)
                    one.recv(1_000)
                    one.sendall(said)
                    talked.set()
                    one.settimeout(0.3)
                    one.recv(1_000)

    server = threading.Thread(target=serve)
    server.start()

    async def whole() -> None:
        kept = Kept()
        settings = Broker(host="127.0.0.1", port=listener.getsockname()[1], tls=False)
        line = BrokerLine("b", settings, tmp_path, kept, None, SeededEntropy(1))
        line.attend(ONE, FILTER)
        await until(talked.is_set)
        await asyncio.sleep(0.3)
        await line.close()
        assert kept.told == []

    asyncio.run(whole())
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    server.join(10)
    assert not server.is_alive()


def test_no_broker_is_a_fault_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FAULT_S", 0.0)

    async def whole() -> None:
        line = BrokerLine("b", Broker(host="127.0.0.1", port=1, tls=False), tmp_path, Kept(), None, SeededEntropy(1))
        line.attend(ONE, FILTER)
        await until(lambda: "cannot be reached" in line.fault)
        await line.close()
        far = BrokerLine("b", Broker(host="192.0.2.1", tls=False), tmp_path, Kept(), None, SeededEntropy(1))
        far.attend(ONE, FILTER)
        await until(lambda: "without TLS" in far.fault)
        await far.close()

    asyncio.run(whole())
