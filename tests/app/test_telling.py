"""Notices arrive where owners said, whole and without secrets; the receiver is real, the library is, too."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ergos.app.attendant import attending
from ergos.app.daemon import serving
from ergos.app.home import Home, home_at
from ergos.app.telling import AppriseTell
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.home_vault import HomeVault

pytest.importorskip("apprise", reason="apprise is not installed: pip install 'ergos[notify]'")
pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr':DeprecationWarning"
)  # of a module apprise attaches images with


class Receiver:
    """An HTTP server that keeps what it is told."""

    def __init__(self) -> None:
        self.came: list[dict[str, object]] = []
        came = self.came

        class Keeps(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Keeps)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.fixture
def vault(tmp_path: Path) -> HomeVault:
    return vault_of(tmp_path)


def vault_of(folder: Path) -> HomeVault:
    return HomeVault(folder, FileSigner(folder / "key"), HostEntropy(), ring=lambda: None)


def test_a_notice_arrives_whole_and_without_any_secret(receiver: Receiver, vault: HomeVault) -> None:
    vault.set("phone", receiver.address)
    vault.set("token", "sk-very-secret-12345")
    vault.set("word", "in")
    tell = AppriseTell(vault)
    body = "it said sk-very-secret-12345 in\\n the %s {mail} <b>\nsecond line"
    assert asyncio.run(tell.tell(("phone",), "about sk-very-secret-12345", body, "warning"))
    (came,) = receiver.came
    assert came["title"] == "about •••"
    assert came["message"] == "it said ••• in\\n the %s {mail} <b>\nsecond line"
    assert came["type"] == "warning"


def test_a_place_that_cannot_be_reached_is_said_and_never_raises(receiver: Receiver, vault: HomeVault) -> None:
    vault.set("phone", receiver.address)
    vault.set("gone", "json://127.0.0.1:9")
    vault.set("wrong", "this is no address")
    tell = AppriseTell(vault)
    assert not asyncio.run(tell.tell(("gone",), "t", "b", "info"))
    assert not asyncio.run(tell.tell(("wrong",), "t", "b", "info"))
    assert not asyncio.run(tell.tell(("nobody",), "t", "b", "info"))
    assert not asyncio.run(tell.tell((), "t", "b", "info"))
    assert not asyncio.run(tell.tell(("phone", "nobody"), "t", "b", "info"))
    assert len(receiver.came) == 1


ASKER = """
from ergos.lib.agent import Context, agent


@agent()
async def asker(ctx: Context):
    return await ctx.ask("who?")
"""


def test_a_home_tells_its_owner_what_waits(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ergos.app import notices
    from ergos.app.client import ask
    from ergos.runtime.control import Spawn

    monkeypatch.setattr(notices, "GATHER_S", 0)
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "settings.toml").write_text('[tools.notices]\nsecrets = ["phone"]\n')
    vault_of(folder).set("phone", receiver.address)
    (tmp_path / "asker.py").write_text(ASKER)
    home: Home = home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})

    async def scenario() -> None:
        async with serving(home) as served, attending(home, served.kernel):
            await ask(home, Spawn(path=str(tmp_path / "asker.py"), owner="me"))
            for _ in range(500):
                if receiver.came:
                    break
                await asyncio.sleep(0.02)
            assert served.fault is None

    asyncio.run(scenario())
    (came,) = receiver.came
    assert "ergos answer 1 TEXT" in str(came["message"])
    asyncio.run(again(home, receiver))


async def again(home: Home, receiver: Receiver) -> None:
    """Started again, the same is not told again."""
    async with serving(home) as served, attending(home, served.kernel):
        await asyncio.sleep(0.3)
    assert len(receiver.came) == 1
