"""A client of an MQTT broker, by paho: what is used of it, how it is set up, and what it tells.

Rules: over TLS with the broker's name verified, except to this machine itself; the session is kept by the broker; no
message is acknowledged unless we say so. paho has a thread of its own, for each broker one; what it sees is told on our
loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from ergos.base.errors import PortMissingError, SettingsError
from ergos.kernel.trigger_settings import Broker

KEEPALIVE_S: Final = 60
RECONNECT_S: Final = (1, 120)  # seconds until the line is taken up again: at first, and at most; doubles between
CONNECT_S: Final = 10.0

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class MqttClient(Protocol):
    """What is used of paho's client; all of it may be called from any thread."""

    def subscribe(self, topic: object, qos: int = 0) -> object:
        """Ask for what fits a filter, or several with the quality of each."""
        ...

    def unsubscribe(self, topic: object) -> object:
        """No more of a filter, or several."""
        ...

    def ack(self, mid: int, qos: int) -> object:
        """A message was taken."""
        ...

    def disconnect(self) -> object:
        """Hang up."""
        ...

    def loop_start(self) -> object:
        """Begin its thread, which takes up the line."""
        ...

    def loop_stop(self) -> object:
        """End its thread."""
        ...


class Came(Protocol):
    """A message as paho has it."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    retain: bool
    dup: bool


class Heard(Protocol):
    """Who is told, on the loop."""

    def connected(self, present: bool, said: str, refused: bool, /) -> None:  # noqa: FBT001 - in the order of paho
        """The line is up, or was refused; `present`: the broker kept a session."""
        ...

    def unreached(self) -> None:
        """Nobody answers."""
        ...

    def broke(self, why: str, /) -> None:
        """The line is down."""
        ...

    def subscribed(self, refused: bool, /) -> None:  # noqa: FBT001
        """Our filters were taken, or not."""
        ...

    def came(self, message: Came, /) -> None:
        """A message."""
        ...


def client_of(
    name: str, broker: Broker, identity: str, password: str | None, loop: asyncio.AbstractEventLoop, heard: Heard
) -> MqttClient:
    """A client that takes up the line by itself once its thread runs. Raises: SettingsError, PortMissingError, OSError.

    `name`: of the broker in the settings; `identity`: by which the broker knows the session.
    """
    try:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise PortMissingError("MQTT needs the extra `mqtt`", remedy="install ergos[mqtt]") from error
    if not broker.tls and broker.host not in _LOOPBACK:
        raise SettingsError(f"{broker.host} without TLS", remedy=f"set tls = true in [brokers.{name}]")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, identity, clean_session=False, manual_ack=True)
    client.connect_timeout = CONNECT_S
    client.reconnect_delay_set(*RECONNECT_S)
    if broker.user:
        client.username_pw_set(broker.user, password)
    if broker.tls:
        client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file or None))
    _listen(client, loop, heard)
    client.connect_async(broker.host, broker.port, keepalive=KEEPALIVE_S)
    return cast("MqttClient", client)


def hang_up(client: MqttClient) -> None:
    """Disconnect, and end the thread. Blocks for a moment."""
    client.disconnect()
    client.loop_stop()


def _listen(client: Any, loop: asyncio.AbstractEventLoop, heard: Heard) -> None:  # noqa: ANN401 - paho's own
    def told(function: Callable[..., None], *given: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(function, *given)

    def connected(_client: object, _mine: object, flags: Any, code: Any, _more: object) -> None:  # noqa: ANN401
        told(heard.connected, bool(flags.session_present), str(code), bool(code.is_failure))

    def unreached(*_given: object) -> None:
        told(heard.unreached)

    def broke(_client: object, _mine: object, _flags: object, code: object, _more: object) -> None:
        told(heard.broke, str(code))

    def subscribed(_client: object, _mine: object, _number: int, codes: Any, _more: object) -> None:  # noqa: ANN401
        told(heard.subscribed, any(one.is_failure for one in codes))

    def came(_client: object, _mine: object, message: Came) -> None:
        told(heard.came, message)

    client.on_connect, client.on_connect_fail, client.on_disconnect = connected, unreached, broke
    client.on_subscribe, client.on_message = subscribed, came
