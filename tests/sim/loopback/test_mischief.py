from __future__ import annotations

import httpx2
import msgspec
import pytest

from ergos.sim.loopback.calls import Outcome
from tests.sim.loopback.stage import Stage, on_stage, until

PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/messages")


def asked(path: str, directive: str, **more: object) -> dict[str, object]:
    words = f"hello [[mind: tokens=40 {directive}]]"
    if path == "/v1/responses":
        return {"model": "m", "input": words, **more}
    return {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": words}], **more}


async def outcome(stage: Stage) -> Outcome:
    """Of the last call, once it has ended."""
    await until(lambda: stage.server.calls.calls[-1].outcome != "open")
    return stage.server.calls.calls[-1].outcome


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_breaks_where_it_shall(path: str, stream: bool) -> None:
    async def play(stage: Stage) -> None:
        for directive in ("truncate", "drop"):
            with pytest.raises(httpx2.TransportError):
                await stage.post(path, asked(path, directive, stream=stream))
            assert await outcome(stage) == "broken"
        assert (await stage.post(path, asked(path, "", stream=stream))).status_code == 200

    on_stage(play)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_stalled_answer_ends_when_its_client_leaves(path: str, stream: bool) -> None:
    async def play(stage: Stage) -> None:
        body = msgspec.json.encode(asked(path, "stall", stream=stream))
        with pytest.raises(httpx2.ReadTimeout):
            await stage.http.post(path, content=body, timeout=0.3)
        assert await outcome(stage) == "broken"
        assert stage.server.exchange.running == 0

    on_stage(play)


@pytest.mark.parametrize("stream", [False, True])
def test_an_endless_answer_goes_on_until_its_client_leaves(stream: bool) -> None:
    async def play(stage: Stage) -> None:
        path = PATHS[0]
        read = 0
        body = msgspec.json.encode(asked(path, "endless", stream=stream))
        async with stage.http.stream("POST", path, content=body) as answer:
            async for piece in answer.aiter_bytes():
                read += len(piece)
                if read > 300_000:
                    break
        assert await outcome(stage) == "broken"

    on_stage(play)


@pytest.mark.parametrize("path", PATHS)
def test_a_broken_body_is_not_json_and_a_broken_stream_not_whole(path: str) -> None:
    async def play(stage: Stage) -> None:
        whole = await stage.post(path, asked(path, "malformed"))
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(whole.content)
        good = (await stage.post(path, asked(path, "", stream=True))).text
        broken = (await stage.post(path, asked(path, "malformed", stream=True))).text
        assert '{"broken": \n' in broken
        unfinished = (await stage.post(path, asked(path, "unfinished", stream=True))).text
        assert len(unfinished) < len(good)
        assert not unfinished.endswith(good[-30:])
        failed = (await stage.post(path, asked(path, "midfail", stream=True))).text
        assert "had an error" in failed

    on_stage(play)


@pytest.mark.parametrize("path", PATHS)
def test_usage_can_be_missing_or_a_lie(path: str) -> None:
    async def play(stage: Stage) -> None:
        for directive, words in (("zero", '":0'), ("huge", "1000000000000"), ("negative", ":-7")):
            for stream in (False, True):
                more = {"stream_options": {"include_usage": True}} if path == PATHS[0] and stream else {}
                answer = await stage.post(path, asked(path, f"usage={directive}", stream=stream, **more))
                assert words in answer.text, (directive, stream)
        missing = (await stage.post(path, asked(path, "usage=missing"))).json()
        assert not missing.get("usage")

    on_stage(play)


def test_an_error_comes_in_the_form_of_the_protocol() -> None:
    async def play(stage: Stage) -> None:
        for status in (400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 529):
            for path in PATHS:
                answer = await stage.post(path, asked(path, f"fail={status} retry=1.5"))
                assert answer.status_code == status
                assert answer.headers["retry-after"] == "1.5"
                error = answer.json()["error"]
                assert error["message"]
                assert ("code" in error) is (path != "/v1/messages")
                assert await outcome(stage) == "refused"

    on_stage(play)


def test_mischief_can_meet_the_first_few_only() -> None:
    async def play(stage: Stage) -> list[int]:
        body = asked(PATHS[0], "fail=503 times=2")
        return [(await stage.post(PATHS[0], body)).status_code for _ in range(4)]

    assert on_stage(play) == [503, 503, 200, 200]


def test_a_wrong_content_type_is_the_only_thing_wrong() -> None:
    async def play(stage: Stage) -> None:
        for stream in (False, True):
            answer = await stage.post(PATHS[0], asked(PATHS[0], "type=text/html", stream=stream))
            assert answer.headers["content-type"] == "text/html"
            assert "chatcmpl" in answer.text

    on_stage(play)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_small_chunks_are_the_same_bytes(size: int) -> None:
    async def play(stage: Stage) -> None:
        for stream in (False, True):
            good = await stage.post(PATHS[0], asked(PATHS[0], "", stream=stream))
            cut = await stage.post(PATHS[0], asked(PATHS[0], f"chunk={size}", stream=stream))
            assert len(cut.content) == len(good.content)

    on_stage(play)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_can_be_larger_than_any_reader_should_take(stream: bool) -> None:
    async def play(stage: Stage) -> int:
        return len((await stage.post(PATHS[0], asked(PATHS[0], "huge=50000000", stream=stream))).content)

    assert on_stage(play) > 50_000_000


def test_a_wrong_directive_is_refused_aloud() -> None:
    async def play(stage: Stage) -> httpx2.Response:
        return await stage.post(PATHS[0], asked(PATHS[0], "nonsense=1"))

    answer = on_stage(play)
    assert answer.status_code == 400
    assert "nonsense" in answer.text
