"""How a client is set up before it talks to anybody."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from ergos.base.errors import SettingsError
from ergos.drivers.watchers.mqtt_client import client_of, hang_up
from ergos.kernel.trigger_settings import Broker

pytest.importorskip("paho.mqtt.client", reason="no MQTT library: install ergos[mqtt]")


def made(**settings: Any) -> Any:
    async def whole() -> Any:
        loop = asyncio.get_running_loop()
        return client_of("shop", Broker(**settings), "me", "pw", loop, cast("Any", None))

    return asyncio.run(whole())


def test_without_tls_only_this_machine_is_talked_to() -> None:
    with pytest.raises(SettingsError):
        made(host="mqtt.example.org", tls=False)


def test_over_tls_the_name_of_the_broker_is_verified() -> None:
    client = made(host="mqtt.example.org")
    context = client._ssl_context
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    hang_up(client)


def test_certificates_that_are_not_there_are_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="No such file"):
        made(host="h", ca_file="/nowhere/ca.pem")


def test_the_session_is_kept_and_nothing_is_acknowledged_by_itself() -> None:
    client = made(host="127.0.0.1", tls=False)
    assert client._clean_session is False
    assert client._manual_ack is True
    hang_up(client)
