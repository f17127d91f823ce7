"""A real broker on this machine (mosquitto), and people who publish."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


class Mosquitto:
    def __init__(self, folder: Path, *, password: str = "") -> None:
        assert MOSQUITTO is not None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/"]
        if password:
            (folder / "passwords").write_text(password)
            lines += ["allow_anonymous false", f"password_file {folder}/passwords"]
        else:
            lines.append("allow_anonymous true")
        config.write_text("\n".join([*lines, "user root" if hasattr(__import__("os"), "geteuid") else "", ""]))
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("the broker did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def publish(self, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False) -> None:
        publish(self.port, topic, payload, qos=qos, retain=retain)


@contextlib.contextmanager
def brokering(folder: Path, **how: Any) -> Iterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("no broker: install mosquitto")
    broker = Mosquitto(folder, **how)
    try:
        yield broker
    finally:
        broker.stop()


def publish(port: int, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False) -> None:
    """One message of somebody else's, taken by the broker on return."""
    mqtt = pytest.importorskip("paho.mqtt.client", reason="no MQTT library: install ergos[mqtt]")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"other-{threading.get_ident()}-{time.monotonic_ns()}")
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(10)
    finally:
        client.disconnect()
        client.loop_stop()
