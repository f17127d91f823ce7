"""Hostile, slow and numerous clients of the control socket never harm the kernel."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergos.app.client import ask
from ergos.app.daemon import serving
from ergos.app.home import Home, home_at
from ergos.base.errors import ErgosError, NotRunningError, RefusedError
from ergos.base.limits import CONTROL_BYTES_MAX
from ergos.runtime import control_socket
from ergos.runtime.control import Fine, Status, StatusOf
from ergos.runtime.control_socket import SOCKET_PATH_BYTES_MAX, Address, Control


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


async def exchange(home: Home, raw: bytes) -> list[dict[str, object]]:
    """Send bytes and close our half; every answer until the kernel closes the other."""
    with Address(home.socket) as address:
        reader, writer = await asyncio.open_unix_connection(address, limit=2 * CONTROL_BYTES_MAX)
    answers: list[dict[str, object]] = []
    try:
        writer.write(raw)
        writer.write_eof()
        while line := await asyncio.wait_for(reader.readline(), 5):
            answers.append(json.loads(line))
    except ConnectionError:
        pass
    finally:
        writer.close()
    return answers


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"{}\n",
        b"[]\n",
        b'{"op":"nope"}\n',
        b'{"op":"status","more":1}\n',
        b'{"op":"spawn"}\n',
        b'{"op":"end_of","pid":"x"}\n',
        b'{"op":"signal","pid":1,"name":"explode","by":"x"}\n',
        b'{"op":"answer","number":1e400,"verdict":"done","by":"x"}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"op":"send","pid":1,"body":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n",
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_what_is_no_request_is_answered_with_an_error_and_the_next_one_works(tmp_path: Path, line: bytes):
    async def scene(home: Home) -> None:
        bad, good = (await exchange(home, line + b'{"op":"status"}\n'))[:2]
        assert bad["answer"] == "error"
        assert str(bad["code"]).startswith("E1")
        assert bad["remedy"]
        assert good["answer"] == "status"

    served(tmp_path, scene)


def test_a_request_that_is_too_long_is_refused(tmp_path: Path):
    async def scene(home: Home) -> None:
        answers = await exchange(home, b"x" * (2 * CONTROL_BYTES_MAX + 9) + b"\n")
        assert [answer["code"] for answer in answers] in (["E106"], [])  # the connection may be gone before it is read

    served(tmp_path, scene)


def test_a_half_closed_client_is_still_answered(tmp_path: Path):
    async def scene(home: Home) -> None:
        (answer,) = await exchange(home, b'{"op":"status"}\n')
        assert answer["answer"] == "status"
        (answer,) = await exchange(home, b'{"op":"status"}')
        assert "newline" in str(answer["what"])
        assert await exchange(home, b"") == []

    served(tmp_path, scene)


def test_a_slow_client_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control_socket, "CONTROL_LINE_S", 0.1)

    async def scene(home: Home) -> None:
        with Address(home.socket) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        writer.write(b'{"op":')
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
        writer.write(spawn.encode() + b"\n")
        assert json.loads(await reader.readline()) == {"answer": "ok", "pid": 1, "notes": []}
        for _ in range(20):
            with Address(home.socket) as address:
                _, gone = await asyncio.open_unix_connection(address)
            gone.write(b'{"op":"end_of","pid":1,"within_s":0.1}\n')
            gone.close()
        writer.write(b'{"op":"end_of","pid":1,"within_s":0.1}\n')
        answer = json.loads(await reader.readline())
        assert (answer["answer"], answer["ended"], answer["state"]) == ("process", False, "waiting")
        writer.write(b'{"op":"signal","pid":1,"name":"kill","by":"me"}\n{"op":"end_of","pid":1}\n')
        assert json.loads(await reader.readline())["ended"] is True
        assert json.loads(await reader.readline())["state"] == "killed"
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
