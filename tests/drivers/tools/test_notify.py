from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import PortMissingError, ToolFailedError
from ergos.base.world_errors import SecretError
from ergos.drivers.tools.notify import NOTICE_CHARS_MAX, NotifyTool, pieces
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.tool_settings import Notices
from tests.drivers.tools.errands import Bench

pytest.importorskip("apprise", reason="the extra 'notify' is not installed")
pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr':DeprecationWarning"
)  # of a module apprise attaches images with


class Drawer:
    def __init__(self, **kept: str) -> None:
        self.kept = kept

    def get(self, name: str) -> str:
        if name not in self.kept:
            raise SecretError(f"there is no secret {name}")
        return self.kept[name]


@pytest.fixture
def told() -> Iterator[tuple[int, list[Any]]]:
    """A place that takes notices as JSON over HTTP."""
    notices: list[Any] = []

    class Place(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notices.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if "refuse" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Place)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, notices
    server.shutdown()
    thread.join()
    server.server_close()


def bench(tmp_path: Path, *names: str, **kept: str) -> Bench:
    return Bench(NotifyTool(Workspaces(tmp_path, "alice"), Notices(secrets=names), Drawer(**kept)).tools())


def test_the_owner_is_told_once(tmp_path: Path, told: tuple[int, list[Any]]) -> None:
    port, notices = told
    found = bench(tmp_path, "phone", phone=f"json://127.0.0.1:{port}/")
    assert found.do("notify.owner", "k", text="It is done", title="Report")["told"]
    assert not found.do("notify.owner", "k", text="It is done", title="Report")["told"]
    ((title, message),) = [(notice["title"], notice["message"]) for notice in notices]
    assert (title, message) == ("Report", "It is done")


def test_a_place_that_refuses_is_a_failure(tmp_path: Path, told: tuple[int, list[Any]]) -> None:
    port, _ = told
    with pytest.raises(ToolFailedError, match="not taken"):
        bench(tmp_path, "phone", phone=f"json://127.0.0.1:{port}/refuse").do("notify.owner", text="x")


def test_what_is_no_address_is_said_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError) as caught:
        bench(tmp_path, "phone", phone="hunter2").do("notify.owner", text="x")
    assert "hunter2" not in str(caught.value)


def test_where_the_owner_is_told_is_not_the_agents_to_say(tmp_path: Path) -> None:
    assert bench(tmp_path).misfit("notify.owner", text="x", address="json://evil.example")
    with pytest.raises(PortMissingError, match="not said where"):
        bench(tmp_path).do("notify.owner", text="x")
    with pytest.raises(SecretError):
        bench(tmp_path, "other").do("notify.owner", text="x")


def test_a_long_text_comes_as_several_notices_and_nothing_is_lost():
    text = "\n\n".join(f"{number} " + "word " * 100 for number in range(40))
    found = pieces(text)
    assert len(found) > 1
    assert all(0 < len(one) <= NOTICE_CHARS_MAX for one in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert pieces("short") == ["short"]
    assert len("".join(pieces("x" * 10_000))) == 10_000
