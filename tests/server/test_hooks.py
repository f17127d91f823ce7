"""Hooks through the gate: who is let in, what is told, and what a stranger learns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import ErgosError, MailboxFullError, OverloadedError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.base.world_errors import SecretError
from ergos.drivers.http.client import HttpClient
from ergos.kernel.triggers import Happening, Webhook
from ergos.server.hooks import BODY_BYTES_MAX, Hooks
from tests.drivers.http.wires import HOST, raw, run, status, until
from tests.server.doorways import answering, came, gated
from tests.server.test_hook_signatures import BODY, NOW, SECRET, github, standard

HOOKS = {
    (7, "deploy"): Webhook(name="deploy", secret="hook"),
    (7, "push"): Webhook(name="push", secret="repo", style="github"),
    (7, "lost"): Webhook(name="lost", secret="nowhere"),
}


class Kernel:
    """The kernel's side: what it was told, durably, once for each key."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str, Happening]] = []
        self.durable = asyncio.Event()
        self.durable.set()
        self.refuses: ErgosError | None = None

    async def webhook(self, pid: Pid, name: str) -> Webhook | None:
        return HOOKS.get((pid, name))

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        if self.refuses is not None:
            raise self.refuses
        if any(happening.key == one.key for _, _, one in self.told):
            return False
        self.told.append((pid, name, happening))
        await self.durable.wait()
        return True


class Vault:
    def get(self, name: str) -> str:
        kept = {"hook": SECRET, "repo": "s"}
        if name not in kept:
            raise SecretError(f"there is no secret {name}")
        return kept[name]


class Sender:
    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.client = HttpClient()

    async def post(
        self, path: str, headers: dict[str, str], body: bytes = BODY, method: str = "POST"
    ) -> tuple[int, dict[str, str], Any]:
        reply = await self.client.request(
            method,
            f"{self.url}{path}",
            {"content-type": "application/json", **headers},
            body,
            deadline_s=20,
            resend=False,
        )
        return reply.status, reply.headers, json.loads(reply.body) if reply.body else None


@asynccontextmanager
async def hooked() -> AsyncIterator[tuple[Kernel, Sender]]:
    kernel = Kernel()
    hooks = Hooks(kernel, Vault(), ManualClock(NOW * SECOND))
    async with gated(answering(came("{}")), hooks=hooks) as (_, _, port):
        sender = Sender(port)
        try:
            yield kernel, sender
        finally:
            await sender.client.close()


def test_a_signed_request_is_told_once_however_often_it_is_sent() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            assert (await sender.post("/hooks/7/deploy", standard()))[0] == 202
            assert (await sender.post("/hooks/7/deploy", standard()))[0] == 200
            assert (await sender.post("/hooks/7/deploy", standard(key="msg_2")))[0] == 202
        assert [(pid, name, one.key) for pid, name, one in kernel.told] == [
            (7, "deploy", "msg_1"),
            (7, "deploy", "msg_2"),
        ]
        assert kernel.told[0][2].value == {"id": "msg_1", "body": {"event": "x"}}
        assert kernel.told[0][2].label.integrity == "untrusted"

    run(test)


def test_a_request_of_github_is_told_with_its_event() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            headers = {**github(), "x-github-event": "push"}
            assert (await sender.post("/hooks/7/push", headers))[0] == 202
            assert (await sender.post("/hooks/7/push", headers))[0] == 200
            form = b"payload=%7B%22a%22%3A1%7D"
            headers = {**github(form, key="other"), "content-type": "application/x-www-form-urlencoded"}
            assert (await sender.post("/hooks/7/push", headers, form))[0] == 202
        assert [one.value for _, _, one in kernel.told] == [
            {"id": github()["x-github-delivery"], "body": {"event": "x"}, "event": "push"},
            {"id": "other", "body": {"a": 1}, "event": ""},
        ]

    run(test)


def test_an_answer_leaves_only_when_it_is_durable() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            kernel.durable.clear()
            post = asyncio.ensure_future(sender.post("/hooks/7/deploy", standard()))
            await until(lambda: bool(kernel.told))
            await asyncio.sleep(0.05)
            assert not post.done()
            kernel.durable.set()
            assert (await post)[0] == 202

    run(test)


def test_a_stranger_learns_nothing_about_what_there_is() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            forged = standard(secret="whsec_AAAA")
            answers = [
                await sender.post(path, headers)
                for path in ("/hooks/7/deploy", "/hooks/7/nothing", "/hooks/99/deploy", "/hooks/7/lost", "/hooks/7/push", "/hooks/0/x", "/hooks/", "/hooks/7/a/b", "/hooks/seven/deploy", "/hooks/7/%2e%2e", "/hooks/" + "9" * 40 + "/x")
                for headers in (forged, {}, github(secret="wrong"))
            ]  # fmt: skip
            seen = {(status, json.dumps(body), tuple(sorted(set(said) - {"date"}))) for status, said, body in answers}
            assert len(seen) == 1
            assert answers[0][0] == 401
            assert kernel.told == []

    run(test)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OverloadedError("a storm"), 429),
        (MailboxFullError("full"), 429),
        (UnknownProcessError("it ended"), 401),
        (UsageError("STOP is in force"), 503),
    ],
)
def test_what_cannot_be_taken_is_to_be_sent_again_where_that_helps(error: ErgosError, status: int) -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            kernel.refuses = error
            got, headers, body = await sender.post("/hooks/7/deploy", standard())
            assert got == status
            assert ("retry-after" in headers) == (status == 429)
            assert str(error.what) not in json.dumps(body)
            kernel.refuses = None
            assert (await sender.post("/hooks/7/deploy", standard()))[0] == 202

    run(test)


def test_only_posts_of_a_bounded_size_are_read() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            assert (await sender.post("/hooks/7/deploy", standard(), b"", "GET"))[0] == 405
            long = b"x" * (BODY_BYTES_MAX + 1)
            assert (await sender.post("/hooks/7/deploy", standard(long), long))[0] == 413
            just = b"x" * BODY_BYTES_MAX
            assert (await sender.post("/hooks/7/deploy", standard(just), just))[0] == 202
            assert kernel.told[0][2].value == {"id": "msg_1", "body": just.decode()}

    run(test)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 5_000, b"NaN", b'{"a":1,"a":2}', b"{" + b'"k":1,' * 1_000])
def test_a_body_that_is_no_data_is_told_as_text(body: bytes) -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            assert (await sender.post("/hooks/7/deploy", standard(body), body))[0] == 202
            value = kernel.told[0][2].value
            assert isinstance(value, dict)
            assert value["body"] in (body.decode("utf-8", "replace"), {"a": 2})

    run(test)


def request(path: str, headers: dict[str, str], body: bytes = BODY) -> bytes:
    """As a tunnel hands it on: under the name it has outside."""
    said = {**headers, "host": "hooks.example.org", "origin": "https://github.com", "content-length": str(len(body))}
    lines = [
        f"POST {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in said.items()),
        "connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def test_a_tunnel_brings_requests_under_a_name_of_its_own_and_nothing_else_gets_in_by_it() -> None:
    async def test() -> None:
        async with hooked() as (kernel, sender):
            port = int(sender.url.rpartition(":")[2])
            assert status(await raw(port, request("/hooks/7/deploy", standard()))) == 202
            assert status(await raw(port, request("/v1/messages", {}))) == 403
            assert status(await raw(port, request("/hooks/../v1/messages", {}))) == 401
            assert status(await raw(port, request("/hooks", {}))) == 403
        assert len(kernel.told) == 1

    run(test)


def test_without_hooks_the_path_is_nothing() -> None:
    async def test() -> None:
        async with gated(answering(came("{}"))) as (_, _, port):
            sender = Sender(port)
            assert (await sender.post("/hooks/7/deploy", standard()))[0] == 404
            await sender.client.close()

    run(test)
