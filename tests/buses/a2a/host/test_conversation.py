"""Hostile peers: whatever they send ends in one of our errors, in time, and nothing of it is believed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import DeadlineError, ErgosError, ToolFailedError
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError, InDoubtError
from ergos.buses.a2a.host import following, web
from ergos.kernel.packages import Errand
from ergos.kernel.peers import PeerSettings
from tests.buses.a2a.host.stage import answer, event, mounted, run, scripted, sent, streamed, task

Reply = Callable[[str, dict[str, Any], Any], Awaitable[None]]
SSE = ((b"content-type", b"text/event-stream"),)


async def asked_of(reply: Reply, deadline_s: float = 31.5, **card: Any) -> tuple[ErgosError | Any, list[str]]:
    """What came of one question to a peer that answers so, and the methods it was asked."""
    async with scripted(**card) as (peer, url):
        peer.answer = reply
        host = await mounted(url, token="acme")
        try:
            return await host.ask("hello", deadline_s=deadline_s), [method for method, _ in peer.calls]
        except ErgosError as error:
            return error, [method for method, _ in peer.calls]


def told(reply: Reply, deadline_s: float = 31.5, **card: Any) -> tuple[Any, list[str]]:
    found: list[Any] = []

    async def test() -> None:
        found.extend(await asked_of(reply, deadline_s, **card))

    run(test)
    return found[0], found[1]


async def cancelled(asked: dict[str, Any], send: Any) -> None:
    await sent(send, answer(asked, task("CANCELED", asked["params"].get("id", "t1"))))


def test_a_stream_that_never_ends_is_cut_off_and_its_task_cancelled(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(following, "EVENTS_MAX", 100)

    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "CancelTask":
            await cancelled(asked, send)
            return

        async def endless() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            while True:
                yield event(asked, {"statusUpdate": {"taskId": "t1", "status": {"state": "TASK_STATE_WORKING"}}})
                await asyncio.sleep(0)

        await streamed(send, endless())

    found, methods = told(reply, deadline_s=50)
    assert isinstance(found, ToolFailedError)
    assert "100 updates" in found.what
    assert methods == ["SendStreamingMessage", "CancelTask"]


def test_a_slow_drip_ends_at_the_deadline():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "CancelTask":
            await cancelled(asked, send)
            return

        async def dripping() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            while True:
                yield b":"
                await asyncio.sleep(0.05)

        await streamed(send, dripping())

    found, _ = told(reply, deadline_s=30.5)
    assert isinstance(found, DeadlineError)
    assert "canceled" in found.what


def test_an_answer_that_only_drips_is_in_doubt():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        async def dripping() -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.05)

        await streamed(send, dripping())

    found, _ = told(reply, deadline_s=30.5)
    assert isinstance(found, InDoubtError)


def artifact(size: int) -> dict[str, Any]:
    return {"artifactUpdate": {"taskId": "t1", "artifact": {"artifactId": "a", "parts": [{"text": "x" * size}]}}}


@pytest.mark.parametrize("streaming", [True, False])
def test_an_artifact_of_a_hundred_megabytes_is_not_taken(streaming: bool):
    took: list[int] = []

    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "CancelTask":
            await cancelled(asked, send)
            return

        async def huge() -> AsyncIterator[bytes]:
            yield (event(asked, {"task": task()}) + b"data: ") if streaming else b'{"jsonrpc":"2.0","result":"'
            for _ in range(1_600):
                took.append(64 * 1024)
                yield b"x" * 64 * 1024

        if streaming:
            await streamed(send, huge())
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        async for piece in huge():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    found, methods = told(reply, deadline_s=50, capabilities={"streaming": streaming})
    assert isinstance(found, ToolFailedError if streaming else InDoubtError)
    assert f"{8 * MIB:,} bytes" in found.what
    assert ("CancelTask" in methods) is streaming


def test_many_artifacts_without_end_are_not_taken():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "CancelTask":
            await cancelled(asked, send)
            return

        async def many() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            for number in range(1_000):
                part = {"artifactId": f"a{number}", "parts": [{"text": "x"}]}
                yield event(asked, {"artifactUpdate": {"taskId": "t1", "artifact": part}})

        await streamed(send, many())

    found, _ = told(reply, deadline_s=50)
    assert isinstance(found, ToolFailedError)
    assert "200 artifacts" in found.what


def test_an_answer_made_of_brackets_is_not_read():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, b"[" * 200_000)

    found, _ = told(reply, capabilities={})
    assert isinstance(found, InDoubtError)
    assert "brackets" in found.what


def test_a_deep_answer_harms_nobody():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        deep: Any = "x"
        for _ in range(5_000):
            deep = [deep]
        body = '{"jsonrpc":"2.0","id":"1","result":{"message":{"messageId":"m","parts":[{"data":%s}]}}}'
        await sent(send, (body % ("[" * 5_000 + "]" * 5_000)).encode())

    found, _ = told(reply, capabilities={})
    assert isinstance(found, InDoubtError)


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/meta-data", "https://evil.example/rpc", "/other"])
def test_no_redirect_is_followed(place: str):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, b"", 307, ((b"location", place.encode()),))

    found, methods = told(reply)
    assert type(found) is BusError
    assert "redirects" in found.what
    assert methods == ["SendStreamingMessage"]


@pytest.mark.parametrize(
    ("kind", "body"), [(b"text/html", b"<h1>hi</h1>"), (b"application/octet-stream", b"{}"), (b"", b"{}")]
)
def test_another_kind_of_content_is_not_read(kind: bytes, body: bytes):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, body, headers=((b"content-type", kind),))

    found, _ = told(reply)
    assert isinstance(found, InDoubtError)
    assert "expected JSON" in found.what


def test_a_compressed_answer_is_not_unpacked():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, b"x", headers=((b"content-type", b"application/json"), (b"content-encoding", b"gzip")))

    found, _ = told(reply)
    assert "compressed" in found.what


@pytest.mark.parametrize("task_id", ["../../admin", "t 1", "t/1", "", "é", "x" * 257, "..", "t1?x=1", "t1#x"])
def test_an_id_that_is_a_path_is_no_id(task_id: str):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        async def one() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task(task_id=task_id)})

        await streamed(send, one())

    found, methods = told(reply)
    assert isinstance(found, InDoubtError)
    assert "no id that is taken" in found.what
    assert methods == ["SendStreamingMessage"]


def test_news_of_another_task_is_not_believed():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "CancelTask":
            await cancelled(asked, send)
            return

        async def two() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            yield event(asked, {"statusUpdate": {"taskId": "t2", "status": {"state": "TASK_STATE_COMPLETED"}}})

        await streamed(send, two())

    found, methods = told(reply)
    assert isinstance(found, ToolFailedError)
    assert "another task" in found.what
    assert methods[-1] == "CancelTask"


def test_another_task_for_an_answer_is_not_believed():
    async def test() -> None:
        async with scripted() as (peer, url):

            async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
                async def one() -> AsyncIterator[bytes]:
                    number = len(peer.calls)
                    yield event(asked, {"task": task("INPUT_REQUIRED", f"t{number}")})

                if method == "CancelTask":
                    await cancelled(asked, send)
                    return
                if method == "GetTask":
                    await sent(send, answer(asked, task("INPUT_REQUIRED", "t1")))
                    return
                await streamed(send, one())

            peer.answer = reply
            host = await mounted(url)
            first = await host.ask("hello")
            with pytest.raises(ErgosError, match="another task"):
                await host.ask("more", key="2", task=first["task"])

    run(test)


@pytest.mark.parametrize("status", [500, 404])
def test_a_task_that_cannot_be_looked_at_is_told_nothing_and_not_cancelled(status: int):
    async def test() -> None:
        async with scripted() as (peer, url):

            async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
                if method == "SendStreamingMessage":

                    async def one() -> AsyncIterator[bytes]:
                        yield event(asked, {"task": task("INPUT_REQUIRED")})

                    await streamed(send, one())
                else:
                    await sent(send, b"{}", status)

            peer.answer = reply
            host = await mounted(url)
            first = await host.ask("hello")
            with pytest.raises(ErgosError) as caught:
                await host.ask("more", key="2", task=first["task"])
            assert not isinstance(caught.value, InDoubtError)
            assert [method for method, _ in peer.calls] == ["SendStreamingMessage", "GetTask"]

    run(test)


def test_a_task_that_went_on_after_its_end_is_not_believed():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "GetTask":
            await sent(send, answer(asked, task("COMPLETED", "t1")))
            return

        async def one() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task("UNSPECIFIED")})

        await streamed(send, one())

    found, _ = told(reply)
    assert isinstance(found, ErgosError)
    assert "no state" in found.what


def test_a_task_that_never_ends_and_cannot_be_cancelled_is_in_doubt():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, answer(asked, {"task": task()} if method == "SendMessage" else task()))

    found, methods = told(reply, deadline_s=31, capabilities={})
    assert isinstance(found, InDoubtError)
    assert "nor cancel its task" in found.what
    assert methods[0] == "SendMessage"
    assert methods[-1] == "CancelTask"
    assert "GetTask" in methods


def test_a_peer_that_says_nothing_until_it_is_done_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "SILENCE_S", 0.2)

    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await asyncio.sleep(0.6)
        await sent(send, answer(asked, {"message": {"messageId": "m", "parts": [{"text": "at last"}]}}))

    found, methods = told(reply, deadline_s=40, capabilities={})
    assert found["text"] == "at last"
    assert methods == ["SendMessage"]


def test_a_stream_that_falls_silent_is_followed_by_looking(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "SILENCE_S", 0.2)

    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "GetTask":
            await sent(send, answer(asked, task("COMPLETED")))
            return

        async def silent() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            await asyncio.sleep(0.6)

        await streamed(send, silent())

    found, methods = told(reply, deadline_s=40)
    assert found["state"] == "completed"
    assert methods == ["SendStreamingMessage", "GetTask"]


def test_a_stream_that_breaks_is_followed_by_looking():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if method == "GetTask":
            whole = task("COMPLETED", artifacts=[{"artifactId": "a", "parts": [{"text": "done"}]}])
            await sent(send, answer(asked, whole))
            return

        async def broken() -> AsyncIterator[bytes]:
            yield event(asked, {"task": task()})
            yield b"data: {nonsense\n\n"

        await streamed(send, broken())

    found, methods = told(reply)
    assert found["text"] == "done"
    assert methods == ["SendStreamingMessage", "GetTask"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429])
def test_who_is_turned_away_was_not_heard(status: int):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, b"{}", status)

    found, _ = told(reply)
    assert type(found) is ToolFailedError
    assert str(status) in found.what


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_what_a_broken_peer_did_nobody_knows(status: int):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        await sent(send, b"oops", status, ((b"content-type", b"text/plain"),))

    found, _ = told(reply)
    assert isinstance(found, InDoubtError)


@pytest.mark.parametrize(
    ("code", "kind"), [(-32602, ToolFailedError), (-32005, ToolFailedError), (-32603, InDoubtError), (-1, InDoubtError)]
)
def test_an_error_of_the_protocol_says_whether_it_happened(code: int, kind: type[ErgosError]):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        said = {"code": code, "message": "no \x1b]0;pwned\x07 token-of-acme \u202egnp"}
        await sent(send, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": said}).encode())

    found, _ = told(reply)
    assert type(found) is kind
    assert not any(letter in found.what for letter in "\x1b\x07\u202e")
    assert "token-of-acme" not in found.what


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b"{}", b'{"jsonrpc":"2.0"}', b'{"result":null}', b'{"result":[]}', b'{"result":{}}',
     b'{"result":{"task":7}}', b'{"result":{"task":{"id":7}}}', b'{"error":7}', b'{"error":{"code":"x"}}', b"\xff\xfe",
     b'{"result":{"message":{"parts":[{"data":NaN}]}}}',
     b'{"result":{"task":{"id":"t1","status":{"state":"TASK_STATE_WHATEVER"}}}}'],
)  # fmt: skip
@pytest.mark.parametrize("streaming", [True, False])
def test_garbage_is_an_error_of_ours(body: bytes, streaming: bool):
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        if streaming:
            await sent(send, b"data: " + body + b"\n\n", headers=SSE)
        else:
            await sent(send, body)

    found, _ = told(reply, capabilities={"streaming": streaming})
    assert isinstance(found, InDoubtError | ToolFailedError), found


def test_a_secret_that_is_sent_back_is_masked():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        parts = [{"text": "you are token-of-acme"}, {"data": {"token-of-acme": ["token-of-acme"]}}]
        await sent(send, answer(asked, {"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": parts}}))

    found, _ = told(reply, capabilities={})
    assert "token-of-acme" not in repr(found)
    assert found["text"] == "you are ***"


def test_the_secret_stands_where_the_card_says():
    async def test() -> None:
        schemes = {"k": {"apiKeySecurityScheme": {"location": "header", "name": "X-Key"}}}
        async with scripted(capabilities={}, securitySchemes=schemes) as (peer, url):

            async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
                await sent(send, answer(asked, {"message": {"messageId": "m", "parts": [{"text": "x"}]}}))

            peer.answer = reply
            await (await mounted(url, token="acme")).ask("hello")
            assert peer.headers["x-key"] == "token-of-acme"
            assert "authorization" not in peer.headers

    run(test)


def test_files_are_handed_on_and_not_fetched():
    async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
        parts = [
            {"raw": "aGk=", "filename": "a.txt", "mediaType": "text/plain"},
            {"url": "http://169.254.169.254/x", "mediaType": "text/plain"},
            {"data": {"n": 1, "deep": [True, None, "x"]}},
        ]
        found = task("COMPLETED", artifacts=[{"artifactId": "a", "name": "files", "parts": parts}])
        await sent(send, answer(asked, {"task": found}))

    found, _ = told(reply, capabilities={})
    assert found["artifacts"] == [
        {
            "id": "a",
            "name": "files",
            "parts": [
                {"filename": "a.txt", "media_type": "text/plain", "bytes": "aGk="},
                {"media_type": "text/plain", "url": "http://169.254.169.254/x"},
                {"data": {"n": 1, "deep": [True, None, "x"]}},
            ],
        }
    ]


def test_a_list_of_tasks_without_end_is_not_searched_for_ever():
    async def test() -> None:
        async with scripted() as (peer, url):

            async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
                await sent(
                    send, answer(asked, {"tasks": [task()], "nextPageToken": "again", "pageSize": 1, "totalSize": 9})
                )

            peer.answer = reply
            host = await mounted(url)
            with pytest.raises(BusError, match="lists more than"):
                await host.probe({"message": "x"})
            assert len(peer.calls) == 20

    run(test)


def test_the_delegation_travels_with_the_message():
    async def test() -> None:
        async with scripted(capabilities={}) as (peer, url):

            async def reply(method: str, asked: dict[str, Any], send: Any) -> None:
                await sent(send, answer(asked, {"message": {"messageId": "m", "parts": [{"text": "x"}]}}))

            peer.answer = reply

            def delegate(settings: PeerSettings, errand: Errand) -> dict[str, Plain]:
                assert (settings.name, errand.owner) == ("acme", "maria")
                return {"token": "ergd1.x"}

            host = await mounted(url, parts={"delegate": delegate})
            await host.ask("hello", data={"n": 1})
            message = peer.calls[0][1]["params"]["message"]
            assert message["metadata"] == {"urn:ergos:a2a:delegation:1": {"token": "ergd1.x"}}
            assert message["extensions"] == ["urn:ergos:a2a:delegation:1"]
            assert peer.headers["a2a-extensions"] == "urn:ergos:a2a:delegation:1"
            assert message["messageId"] == "key-1"
            assert message["parts"][1] == {"data": {"n": 1}, "mediaType": "application/json"}

    run(test)
