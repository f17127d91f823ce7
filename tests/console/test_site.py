"""The site is composed once, when somebody asks; the machine's own user comes in by the socket, everybody else shows who they are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.app.control_socket import Address
from ergos.app.home import Home
from ergos.console.site import KernelSite, site_of
from ergos.runtime.control import AnyReply, AnyRequest
from ergos.runtime.kernel import Kernel
from tests.console.rig import OWNER, Rig


async def got(home: Home, path: str) -> tuple[int, bytes]:
    """Status and body of a GET over the socket of a home."""
    with Address(home.socket) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: ergos\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_the_user_of_the_machine_is_the_keeper(rig: Rig) -> None:
    status, body = rig.on_loop(got(rig.home, "/api/v1/status"))
    assert status == 200
    assert json.loads(body)["records"] > 0
    status, body = rig.on_loop(got(rig.home, "/api/v1/processes"))
    assert status == 200
    assert "crawler" in body.decode()


def test_over_the_port_nobody_is_taken_for_the_machine(rig: Rig) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    for headers in ({}, {"ergos.machine": "true"}, {"Authorization": "Bearer x"}):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"{rig.url}/api/v1/status", headers=headers), timeout=10)
        assert refused.value.code == 401
        refused.value.close()


def test_a_site_that_could_not_be_built_is_tried_again(rig: Rig) -> None:
    built: list[str] = []

    class Broken(KernelSite):
        async def _build(self):  # type: ignore[no-untyped-def]
            built.append("try")
            raise RuntimeError("no disk")

    async def nobody(_: AnyRequest) -> AnyReply:
        raise AssertionError

    async def play() -> None:
        site = Broken(rig.home, None, nobody)  # type: ignore[arg-type] - it is never asked
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no disk"):
                await site.app({"type": "http"}, nobody, nobody)  # type: ignore[arg-type]
        await site.close()

    asyncio.run(play())
    assert built == ["try", "try"]


def test_nothing_is_opened_for_a_kernel_that_nobody_looks_at(tmp_path: Path) -> None:
    from ergos.app.home import home_at, kernel_on, programs_of

    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": OWNER})

    async def play() -> None:
        async with kernel_on(home, programs_of(home)) as kernel:
            assert isinstance(kernel, Kernel)

            async def nobody(_: AnyRequest) -> AnyReply:
                raise AssertionError

            site = site_of(home)(kernel, nobody)
            await site.opened("http://127.0.0.1:1")
            await site.close()
        assert not (home.folder / "views.db").exists()

    asyncio.run(play())


def test_who_tries_what_no_page_of_ours_does_is_journaled_once_for_each_reason(rig: Rig) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from ergos.kernel.events import decode_body
    from ergos.kernel.own_events import TurnedAway

    secret = "ergos_0123456789abcdef0123456789abcdef"
    tried = (
        ("/", {"Host": "evil.example"}), ("/", {"Origin": "null"}), (f"/?token={secret}", {}),
        ("/api/v1/status", {"Authorization": f"Bearer {secret}"}), ("/inbox", {}),
    )  # fmt: skip
    for path, headers in tried * 20:
        try:
            urlopen(Request(rig.url + path, headers=headers), timeout=10).close()
        except HTTPError as error:
            error.close()
    bodies = [decode_body(bytes(record.body)) for record in rig.records()]
    away = [body for body in bodies if isinstance(body, TurnedAway) and body.surface == "site"]
    assert {one.why for one in away} >= {"host", "origin", "url_token", "token"}
    assert "sign_in" not in {one.why for one in away}, "who has not signed in is no attacker"
    assert len(away) <= 2 * len({one.why for one in away}), "a flood is no flood of records"
    assert not any(secret in record.body.decode() for record in rig.records())
