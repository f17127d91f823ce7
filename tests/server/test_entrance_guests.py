"""A process's token is that process, for as long as that start of it lives, and sees nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from ergos.drivers.http.client import HttpClient
from ergos.runtime.foreign import foreign_definition
from ergos.server.entrance_guests import guests_of
from tests.app.access.estate import Estate
from tests.server.sites import whole_site


async def guest(estate: Estate, owner: str, name: str) -> tuple[int, str]:
    """A foreign program came in: its process and its token."""
    pid = await estate.kernel.desk.host(foreign_definition(name, resumable=True, command=("prog",), tools=()), owner)
    entered = await estate.kernel.desk.enter(pid, ())
    return pid, estate.kernel.reactor.guests.tokens.token(entered.visitor)


def test_a_token_is_one_start_of_one_process(tmp_path: Path) -> None:
    async def play() -> None:
        async with whole_site(tmp_path) as site:
            kernel = site.estate.kernel
            pid_of = guests_of(kernel)
            pid, token = await guest(site.estate, "bob", "prog")
            assert await pid_of(token) == pid
            for wrong in (
                "",
                "ergos-1-1-",
                f"{token}0",
                token.upper(),
                token.replace(f"-{pid}-", "-1-"),
                f"ergos-{10**18}-1-{'0' * 40}",
            ):
                assert await pid_of(wrong) is None
            again = kernel.reactor.guests.tokens.token((await kernel.desk.enter(pid, ())).visitor)
            assert await pid_of(again) == pid
            assert await pid_of(token) is None
            await kernel.desk.signal(pid, "kill", "bob")
            assert await pid_of(again) is None

    asyncio.run(play())


def test_a_process_sees_itself_and_nothing_else(tmp_path: Path) -> None:
    async def play() -> None:
        async with whole_site(tmp_path) as site:
            pid, token = await guest(site.estate, "bob", "prog")
            sibling, _ = await guest(site.estate, "bob", "other")
            client = HttpClient()

            async def ask(path: str, method: str = "GET", body: bytes = b"") -> tuple[int, dict[str, object]]:
                headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
                reply = await client.request(method, f"{site.url}{path}", headers, body, deadline_s=20)
                return reply.status, json.loads(reply.body)

            try:
                status, shown = await ask(f"/api/v1/processes/{pid}")
                assert (status, shown["pid"]) == (200, pid)
                theirs = site.estate.pids["alice"]["payer"]
                missing = str((await ask("/api/v1/processes/999983"))[1]).replace("999983", "N")
                for other in (sibling, theirs):
                    status, said = await ask(f"/api/v1/processes/{other}")
                    assert status == 404
                    assert str(said).replace(f"process {other}", "process N") == missing
                for path in (
                    "/api/v1/inbox",
                    "/api/v1/status",
                    "/api/v1/live",
                    "/api/v1/grants",
                    "/api/v1/memory?agent=prog",
                ):
                    assert (await ask(path))[0] == 403, path
                assert (await ask(f"/api/v1/processes/{pid}/signal", "POST", b'{"signal": "kill"}'))[0] == 403
                assert (await ask("/api/v1/stop", "PUT", b'{"on": true}'))[0] == 403
                for path in ("/", "/metrics", f"/processes/{pid}"):
                    reply = await client.request(
                        "GET", f"{site.url}{path}", {"authorization": f"Bearer {token}"}, deadline_s=20
                    )
                    assert reply.status in {303, 401}, path
            finally:
                await client.close()

    asyncio.run(play())
