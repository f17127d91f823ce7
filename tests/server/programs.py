"""What programs send and read: bodies and streams of both protocols, the vendors' libraries, raw requests."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai

from tests.drivers.http.wires import HOST, raw, run, status
from tests.server.doorways import TOKEN, Mind, answering, came, gated

CHAT = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
COMPLETION = json.dumps(
    {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
)
RESPONSE: dict[str, Any] = {
    "id": "r1",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "m1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "hello", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
EMBEDDINGS = json.dumps(
    {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]}
)
MESSAGE: dict[str, Any] = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def chunk(text: str, *, end: bool = False) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop" if end else None}
    body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n"


def message_events() -> list[str]:
    start = {**MESSAGE, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


STREAM = [chunk("hel"), chunk("lo"), chunk("", end=True), "data: [DONE]\n\n"]


def openai_at(port: int, token: str = TOKEN, retries: int = 0) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"http://{HOST}:{port}/v1", api_key=token, max_retries=retries)


def anthropic_at(port: int, token: str = TOKEN, retries: int = 0) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=f"http://{HOST}:{port}", api_key=token, max_retries=retries)


def post(
    path: str = "/v1/chat/completions", body: bytes | None = None, *lines: str, token: str | None = TOKEN
) -> bytes:
    body = json.dumps(CHAT).encode() if body is None else body
    head = [f"POST {path} HTTP/1.1", "Connection: close", f"Content-Length: {len(body)}", *lines]
    if not any(line.lower().startswith("host:") for line in lines):
        head.append("Host: localhost:1234")
    if not any(line.lower().startswith("content-type:") for line in lines):
        head.append("Content-Type: application/json")
    if token is not None:
        head.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def asked(request: bytes, mind: Mind | None = None, **more: Any) -> tuple[int, dict[str, Any], int]:
    """Status, JSON body, and how many calls it made."""
    found: list[tuple[int, dict[str, Any], int]] = []

    async def test() -> None:
        async with gated(mind or answering(came(COMPLETION)), **more) as (doorway, _, port):
            answer = await raw(port, request)
            body = answer.partition(b"\r\n\r\n")[2]
            found.append((status(answer), json.loads(body) if body else {}, len(doorway.asked)))

    run(test)
    return found[0]


def unchunked(body: bytes) -> bytes:
    whole = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if not (length := int(size, 16)):
            return whole
        whole += body[:length]
        body = body[length + 2 :]
