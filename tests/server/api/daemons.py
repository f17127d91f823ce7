"""`ergos up` in a process of its own, with agents at work, and tokens for three people at its door."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import person
from ergos.drivers.host import HostClock, HostEntropy
from tests.server.api.rig import BASE, home_in

ROOT: Final = Path(__file__).resolve().parents[3]
PEOPLE: Final = {
    "alice": person("alice", "owner", "alice", keeper_of="alice"),
    "vera": person("vera", "viewer", "alice", keeper_of="alice"),
    "bob": person("bob", "owner", "bob", keeper_of="alice"),
}
"""The keeper; who only reads; another owner."""


class Daemon(msgspec.Struct):
    """A kernel behind its gate."""

    port: int
    tokens: dict[str, str]
    running: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE}"

    def ask(self, method: str, path: str, body: Any = None, who: str | None = "alice", **headers: str) -> Any:
        """Status and JSON of an answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["authorization"] = f"Bearer {self.tokens.get(who, who)}"
        if body is not None:
            sent["content-type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
        return status, json.loads(raw) if raw else None


@contextmanager
def daemon(folder: Path) -> Iterator[Daemon]:
    home = home_in(folder)
    register = Register(home.folder, HostClock(), HostEntropy(), keeper="alice")
    tokens = {
        name: register.issue(label=f"token-of-{name}", who=who, decides=who.role == "owner")
        for name, who in PEOPLE.items()
    }
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environ = {**os.environ, "ERGOS_OWNER": "alice", "HOME": str(folder)}
    command = [sys.executable, "-m", "ergos.cli.main", "up", "--foreground"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [*command, "--home", str(home.folder), "--port", str(port)], cwd=ROOT, env=environ, stdout=log, stderr=log
        )
        stands = Daemon(port, tokens, running)
        try:
            _wait(stands, folder / "log")
            yield stands
        finally:
            running.terminate()
            running.wait(30)


def _wait(stands: Daemon, log: Path) -> None:
    for _ in range(300):
        try:
            status, said = stands.ask("GET", "/version")
            assert status == 200, (status, said, log.read_text())
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def work(stands: Daemon) -> None:
    """Agents of two owners that have ended, listen, wait for an answer and wait for an approval."""
    for who in ("alice", "bob"):
        for agent in ("quick", "broken", "listener", "asker", "asker", "payer", "payer"):
            assert stands.ask("POST", "/processes", {"agent": agent, "memory": "hello"}, who)[0] == 201
    for _ in range(300):
        if (
            len(stands.ask("GET", "/inbox")[1]["waiting"])
            == 4
            == len(stands.ask("GET", "/inbox", who="bob")[1]["waiting"])
        ):
            return
        time.sleep(0.05)
    raise AssertionError("the agents did not come to wait")
