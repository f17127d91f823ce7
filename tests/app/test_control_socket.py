"""Hostile, slow and numerous clients of the control socket never harm the kernel."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergos.app import control_socket
from ergos.app.client import ask
from ergos.app.control_socket import PATH, SOCKET_PATH_BYTES_MAX, Address, Control, status_of
from ergos.app.daemon import serving
from ergos.app.home import Home, home_at
from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError, NotRunningError, RefusedError
from ergos.base.limits import CONTROL_BYTES_MAX
from ergos.runtime.control import Fine, Status, StatusOf


def served(tmp_path: Path, scene: Callable[[Home], Awaitable[None]]) -> None:
    """Play a scene with a kernel that listens, and see that the kernel is well afterwards."""
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> None:
        async with serving(home) as there:
            await asyncio.wait_for(scene(home), 20)
            found = await ask(home, StatusOf())
            assert isinstance(found, Status)
            assert found.fault == ""
            assert there.fault is None

    asyncio.run(play())


def posted(body: bytes, path: str = PATH, method: str = "POST") -> bytes:
    """A request as it goes over the socket."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    """Status and body of the next answer."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().lower()
    length = int(head.partition("content-length: ")[2].split("\r\n")[0])
    return int(head.split()[1]), json.loads(await asyncio.wait_for(reader.readexactly(length), 10))


async def exchange(home: Home, raw: bytes) -> list[tuple[int, dict[str, object]]]:
    """Send bytes and close our half; every answer until the kernel closes the other."""
    with Address(home.socket) as address:
        reader, writer = await asyncio.open_unix_connection(address, limit=2 * CONTROL_BYTES_MAX)
    answers: list[tuple[int, dict[str, object]]] = []
    try:
        writer.write(raw)
        writer.write_eof()
        while True:
            answers.append(await answer(reader))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
    return answers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{}",
        b"[]",
        b'{"op":"nope"}',
        b'{"op":"status","more":1}',
        b'{"op":"spawn"}',
        b'{"op":"end_of","pid":"x"}',
        b'{"op":"signal","pid":1,"name":"explode","by":"x"}',
        b'{"op":"answer","number":1e400,"verdict":"done","by":"x"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"op":"send","pid":1,"body":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_what_is_no_request_is_answered_with_an_error_and_the_next_one_works(tmp_path: Path, body: bytes):
    async def scene(home: Home) -> None:
        (status, bad), (fine, good) = await exchange(home, posted(body) + posted(b'{"op":"status"}'))
        assert status == 400
        assert bad["answer"] == "error"
        assert str(bad["code"]).startswith("E1")
        assert bad["remedy"]
        assert (fine, good["answer"]) == (200, "status")

    served(tmp_path, scene)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"op":"status"}\n', 400),
        (posted(b"", path="/api/v1/nothing"), 404),
        (posted(b"", path="/"), 404),
        (posted(b"", method="GET"), 405),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
    ],
)
def test_what_is_no_http_for_us_is_answered_and_dropped(tmp_path: Path, raw: bytes, status: int):
    async def scene(home: Home) -> None:
        ((found, said),) = await exchange(home, raw)
        assert (found, said["answer"]) == (status, "error")
        assert said["remedy"]

    served(tmp_path, scene)


def test_a_request_that_is_too_long_is_refused(tmp_path: Path):
    async def scene(home: Home) -> None:
        answers = await exchange(home, posted(b"x" * (2 * CONTROL_BYTES_MAX + 9)))
        assert [said["code"] for _, said in answers] in (["E106"], [])  # the connection may be gone before it is read

    served(tmp_path, scene)


def test_a_half_closed_client_is_still_answered(tmp_path: Path):
    async def scene(home: Home) -> None:
        ((status, said),) = await exchange(home, posted(b'{"op":"status"}'))
        assert (status, said["answer"]) == (200, "status")
        assert await exchange(home, posted(b'{"op":"status"}')[:-1]) == []
        assert await exchange(home, b"") == []

    served(tmp_path, scene)


def test_every_error_has_a_status_that_says_whose_fault_it_is():
    for error in every_error():
        assert status_of(error("x")) // 100 == (4 if error.code[1] in "123" else 5), error


def test_a_slow_client_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control_socket, "CONTROL_LINE_S", 0.1)

    async def scene(home: Home) -> None:
        with Address(home.socket) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        writer.write(posted(b'{"op":"status"}')[:-3])
        status, said = await answer(reader)
        assert (status, said["answer"]) == (408, "error")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    served(tmp_path, scene)


def test_a_hundred_clients_at_once_are_all_answered(tmp_path: Path):
    async def scene(home: Home) -> None:
        found = await asyncio.gather(*[ask(home, StatusOf()) for _ in range(100)])
        assert all(isinstance(one, Status) for one in found)

    served(tmp_path, scene)


def test_more_clients_than_the_bound_are_told_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control_socket, "CONTROL_CLIENTS_MAX", 2)

    async def scene(home: Home) -> None:
        held = []
        for _ in range(2):
            with Address(home.socket) as address:
                held.append((await asyncio.open_unix_connection(address))[1])
        await asyncio.sleep(0.05)
        with pytest.raises(ErgosError, match="too many clients"):
            await ask(home, StatusOf())
        for writer in held:
            writer.close()
        await asyncio.sleep(0.05)

    served(tmp_path, scene)


def test_a_client_that_goes_away_in_a_long_poll_is_forgotten(tmp_path: Path):
    (tmp_path / "listener.py").write_text(
        "from ergos.lib.agent import Context, agent\n\n\n@agent()\nasync def listener(ctx: Context):\n    await ctx.receive()\n"
    )

    async def scene(home: Home) -> None:
        spawn = json.dumps({"op": "spawn", "path": str(tmp_path / "listener.py"), "owner": "me"})
        with Address(home.socket) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        writer.write(posted(spawn.encode()))
        assert await answer(reader) == (200, {"answer": "ok", "pid": 1, "notes": []})
        for _ in range(20):
            with Address(home.socket) as address:
                _, gone = await asyncio.open_unix_connection(address)
            gone.write(posted(b'{"op":"end_of","pid":1,"within_s":0.1}'))
            gone.close()
        writer.write(posted(b'{"op":"end_of","pid":1,"within_s":0.1}'))
        _, said = await answer(reader)
        assert (said["answer"], said["ended"], said["state"]) == ("process", False, "waiting")
        writer.write(posted(b'{"op":"signal","pid":1,"name":"kill","by":"me"}') + posted(b'{"op":"end_of","pid":1}'))
        assert (await answer(reader))[1]["ended"] is True
        assert (await answer(reader))[1]["state"] == "killed"
        writer.close()

    served(tmp_path, scene)


def test_another_user_is_refused(tmp_path: Path):
    home = home_at(tmp_path, {"HOME": str(tmp_path)})

    async def play() -> None:
        control = Control(home.socket, None, os.geteuid() + 1)  # type: ignore[arg-type] - nothing is performed
        await control.start()
        with pytest.raises(RefusedError, match="another user"):
            await ask(home, StatusOf())
        await control.stop()

    asyncio.run(play())


def test_the_socket_is_its_owners_alone_and_gone_afterwards(tmp_path: Path):
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> None:
        async with serving(home) as there:
            assert stat.S_IMODE(home.socket.stat().st_mode) == 0o600
            assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
            assert isinstance(await ask(home, control_stop()), Fine)
            await asyncio.wait_for(there.ending.wait(), 5)
        assert not home.socket.exists()
        with pytest.raises(NotRunningError):
            await ask(home, StatusOf())

    asyncio.run(play())


def control_stop() -> object:
    from ergos.runtime.control import Stop

    return Stop()


def test_a_home_that_lies_deep_has_a_socket_too(tmp_path: Path):
    async def scene(home: Home) -> None:
        assert isinstance(await ask(home, StatusOf()), Status)

    deep = tmp_path / ("d" * SOCKET_PATH_BYTES_MAX)
    deep.mkdir()
    served(deep, scene)
