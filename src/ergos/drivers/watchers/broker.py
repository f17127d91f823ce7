"""One MQTT broker: one connection, one session that the broker keeps while this home is away.

Rules: a message is acknowledged only when it is durable for everybody it concerns, so the broker brings it again after
a crash; then it is told under the key it had. That key is on disk before it is told: a broker numbers deliveries, and
by number and content a second delivery is known from an equal message. What a broker kept for whoever subscribes
(retained) was there before, and is nothing that happens. The line is taken up again by itself, later and later.

Source: MQTT 3.1.1, sections 3.1.2.4 (session), 3.3.1.1 (DUP), 4.3.2 (QoS 1), 4.4 (redelivery).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import deque
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain, decode, encode
from ergos.base.entropy import Entropy
from ergos.base.errors import ErgosError, UnknownProcessError, ValueShapeError
from ergos.base.ids import Pid
from ergos.base.world_errors import SecretError
from ergos.drivers.watchers.backlog import Backlog
from ergos.drivers.watchers.mqtt_client import RECONNECT_S, Came, MqttClient, client_of, hang_up
from ergos.drivers.watchers.topics import fits
from ergos.drivers.whole_file import replace_file
from ergos.kernel.egress import Secrets
from ergos.kernel.trigger_settings import Broker
from ergos.kernel.triggers import Bell, Happening

GATHER_S: Final = 0.2  # seconds from the first who attends until the line is taken up, so that all of a boot are there
UNCLAIMED_S: Final = 10.0  # seconds in which somebody may still come to attend to what a session brings
RETRY_S: Final = 15.0  # seconds until a message that could not even be kept is offered again
ARRIVED_MAX: Final = 1_000  # messages that wait here; a broker sends 20 or so before it wants them acknowledged
PAYLOAD_BYTES_MAX: Final = 64 * 1024  # bytes told of a message
FLIGHTS_MAX: Final = 512  # deliveries remembered
FAULT_S: Final = 60.0  # seconds a line may be down before that is a fault

Key: TypeAlias = tuple[Pid, str]


class Flight(msgspec.Struct, array_like=True):
    """A delivery that was taken up."""

    number: int
    digest: str
    key: str


class Memory(msgspec.Struct, kw_only=True):
    """What is known of a broker over restarts."""

    client: str
    filters: list[str] = []
    flights: list[Flight] = []


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A message, as it came."""

    topic: str
    payload: bytes
    qos: int
    number: int
    again: bool
    line: int
    """Which connection brought it: only there it can be acknowledged."""


class BrokerLine:
    """One broker. Belongs to one loop; its callbacks come from a thread of paho's."""

    def __init__(
        self, name: str, broker: Broker, folder: Path, bell: Bell, secrets: Secrets | None, entropy: Entropy
    ) -> None:
        """`folder`: where what is known of brokers is kept."""
        self._name: Final = name
        self._broker: Final = broker
        self._path: Final = folder / f"{name}.json"
        self._bell: Final = bell
        self._secrets: Final = secrets
        self._entropy: Final = entropy
        self._attending: Final[dict[Key, str]] = {}
        self._backlog: Final = Backlog(folder / f"{name}.waiting", bell)
        self._arrived: Final[deque[Arrived]] = deque()
        self._client: MqttClient | None = None
        self._memory: Memory | None = None
        self._stir: asyncio.Future[None] | None = None
        self._missed = False
        """Something came for which there was no room; it is not acknowledged, and comes on another line."""
        self._unacknowledged: Final[set[int]] = set()
        self._work: asyncio.Task[None] | None = None
        self._start: asyncio.TimerHandle | None = None
        self._line = 0
        self._count = 0
        self._since = 0.0
        self._fault = ""
        self._fault_since = 0.0
        self._closed = False

    @property
    def fault(self) -> str:
        """Why nothing comes, or ''."""
        waited = asyncio.get_running_loop().time() - self._fault_since
        return self._fault if self._fault and waited >= FAULT_S else ""

    def attend(self, key: Key, topic: str) -> None:
        """Tell this trigger what comes under a filter."""
        self._attending[key] = topic
        if self._closed:
            return
        self._backlog.attend(key)
        if self._client is not None:
            self._client.subscribe(topic, qos=1)
        elif self._start is None:
            self._start = asyncio.get_running_loop().call_later(GATHER_S, self._begin)

    def leave(self, key: Key) -> None:
        """No more."""
        topic = self._attending.pop(key, None)
        self._backlog.leave(key)
        if topic is not None and topic not in self._attending.values() and self._client is not None:
            self._client.unsubscribe(topic)

    async def close(self) -> None:
        """Hang up; the broker keeps the session."""
        self._closed = True
        if self._start is not None:
            self._start.cancel()
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work
        await self._backlog.close()
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(hang_up, client)

    # Taking up the line

    def _begin(self) -> None:
        self._start = None
        if self._attending and self._work is None and not self._closed:
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            client = await self._taken_up()
            while self._arrived or not self._missed:
                if self._arrived:
                    await self._take(self._arrived.popleft())
                else:
                    self._stir = asyncio.get_running_loop().create_future()
                    await self._stir
            self._client, self._missed = None, False
            await asyncio.to_thread(hang_up, client)

    async def _taken_up(self) -> MqttClient:
        """A client whose thread takes up the line by itself."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                memory = self._memory or await asyncio.to_thread(self._remembered)
                client = await asyncio.to_thread(self._made, loop, memory.client)
            except (ErgosError, OSError, ValueError) as error:
                self._failed(error.what if isinstance(error, ErgosError) else str(error))
                await asyncio.sleep(RECONNECT_S[1])
            else:
                self._memory, self._client = memory, client
                client.loop_start()  # only now: what its thread tells is for a client that is known
                return client

    def _made(self, loop: asyncio.AbstractEventLoop, identity: str) -> MqttClient:
        """A client that is not connected yet. Raises: SettingsError, PortMissingError, SecretError, OSError."""
        return client_of(self._name, self._broker, identity, self._password(), loop, self)

    def _password(self) -> str | None:
        if not self._broker.secret:
            return None
        if self._secrets is None:
            raise SecretError("there are no secrets here")
        return self._secrets.get(self._broker.secret)

    # What paho's thread sees, told on the loop

    def connected(self, present: bool, said: str, refused: bool) -> None:  # noqa: FBT001 - in the order of paho
        """The line is up, or was refused."""
        if self._client is None or self._memory is None:
            return
        if refused:
            self._failed(f"{self._broker.host} did not let us in: {said}")
            return
        loop = asyncio.get_running_loop()
        self._fault, self._line, self._since = "", self._line + 1, loop.time()
        if not present:
            self._memory.flights.clear()
            self._unacknowledged.clear()
        wanted = sorted(set(self._attending.values()))
        stale = [topic for topic in self._memory.filters if topic not in wanted]
        if stale and present:
            self._client.unsubscribe(stale)
        self._memory.filters = wanted
        if wanted:
            self._client.subscribe([(topic, 1) for topic in wanted])

    def unreached(self) -> None:
        """Nobody answers."""
        self._failed(f"{self._broker.host}:{self._broker.port} cannot be reached")

    def broke(self, why: str) -> None:
        """The line is down; what was said before it went down says more."""
        self._failed(self._fault or f"the line to {self._broker.host} broke: {why}")

    def subscribed(self, refused: bool) -> None:  # noqa: FBT001
        """Our filters were taken, or not."""
        if refused:
            self._failed(f"{self._broker.host} does not let us subscribe")

    def _failed(self, why: str) -> None:
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        if not self._fault:
            self._fault_since = loop.time()
            loop.call_later(FAULT_S + 1, self._say)
        self._fault = why

    def _say(self) -> None:
        """A line that is down for long is looked at, so that the look tells why."""
        if self.fault and not self._closed:
            for key in list(self._attending):
                self._bell.ring(*key)

    # Messages

    def came(self, message: Came) -> None:
        """A message."""
        if self._closed or self._client is None:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        if message.retain or not topic or "+" in topic or "#" in topic:
            self._client.ack(message.mid, message.qos)
            return
        if len(self._arrived) >= ARRIVED_MAX:
            self._missed = self._missed or message.qos > 0
            return
        self._arrived.append(
            Arrived(
                topic=topic,
                payload=bytes(message.payload),
                qos=message.qos,
                number=message.mid,
                again=bool(message.dup),
                line=self._line,
            )
        )
        if self._stir is not None and not self._stir.done():
            self._stir.set_result(None)

    async def _take(self, message: Arrived) -> None:
        loop = asyncio.get_running_loop()
        while not self._concerned(message) and loop.time() < self._since + UNCLAIMED_S:  # noqa: ASYNC110 - or nobody
            await asyncio.sleep(GATHER_S)
        if self._concerned(message):
            while not await self._kept(message):  # noqa: ASYNC110 - what is not durable is not acknowledged
                await asyncio.sleep(RETRY_S)
        if self._client is not None and message.qos and message.line == self._line:
            self._client.ack(message.number, message.qos)
        self._unacknowledged.discard(message.number)

    def _concerned(self, message: Arrived) -> list[Key]:
        return [key for key, topic in self._attending.items() if fits(topic, message.topic)]

    async def _kept(self, message: Arrived) -> bool:
        """Whether it is durable for everybody it concerns."""
        try:
            name = await self._known(message)
        except OSError as error:
            self._failed(f"what came cannot be kept: {error.strerror or error}")
            return False
        happening = Happening(key=name, value={"topic": message.topic, **_payload(message.payload)})
        for key in self._concerned(message):
            try:
                if not await self._backlog.deliver(key, happening):
                    return False
            except UnknownProcessError:
                self._attending.pop(key, None)
        return True

    async def _known(self, message: Arrived) -> str:
        """The key of a message: that of its first delivery, where it was delivered before. Raises: OSError."""
        assert self._memory is not None
        digest = hashlib.blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=12).hexdigest()
        flights = self._memory.flights
        if message.qos:
            before = next((one for one in flights if one.number == message.number), None)
            same = before is not None and before.digest == digest
            if before is not None and same and (message.again or message.number in self._unacknowledged):
                return before.key
            if before is not None:
                flights.remove(before)
        self._count += 1
        key = f"{self._entropy.below(16**16, stream='watchers.flight'):016x}-{self._count}"
        if message.qos:
            flights.append(Flight(message.number, digest, key))
            del flights[:-FLIGHTS_MAX]
            self._unacknowledged.add(message.number)
            try:
                await asyncio.to_thread(replace_file, self._path, msgspec.json.encode(self._memory))
            except OSError:
                flights.pop()
                self._unacknowledged.discard(message.number)
                raise
        return key

    def _remembered(self) -> Memory:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            found = msgspec.json.decode(self._path.read_bytes(), type=Memory)
            if not self._broker.client or found.client == self._broker.client:
                return found
        own = f"ergos-{self._entropy.below(16**12, stream='watchers.client'):012x}"
        memory = Memory(client=self._broker.client or own)
        replace_file(self._path, msgspec.json.encode(memory))
        return memory


def _payload(payload: bytes) -> dict[str, Plain]:
    """JSON as data, anything else as text; what is too long is cut."""
    if len(payload) <= PAYLOAD_BYTES_MAX:
        try:
            value = decode(payload)
            encode(value)
        except (ValueShapeError, ValueError):
            return {"value": payload.decode("utf-8", "replace")}
        return {"value": value}
    return {"value": payload[:PAYLOAD_BYTES_MAX].decode("utf-8", "replace"), "cut": True}
