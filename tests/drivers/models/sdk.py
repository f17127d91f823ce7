"""The vendors' own libraries as readers of an answer: what would their caller see?"""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import openai

KEY = "k"
Body = dict[str, Any]


def _transport(answer: bytes, kind: str, status: int, keep: list[Body]) -> httpx2.MockTransport:
    def respond(request: httpx2.Request) -> httpx2.Response:
        keep.append(json.loads(request.content))
        return httpx2.Response(status, content=answer, headers={"content-type": kind})

    return httpx2.MockTransport(respond)


def _openai(answer: bytes, kind: str, status: int, keep: list[Body]) -> openai.OpenAI:
    http = httpx2.Client(transport=_transport(answer, kind, status, keep))
    return openai.OpenAI(api_key=KEY, base_url="http://model/v1", http_client=http, max_retries=0)


def _anthropic(answer: bytes, kind: str, status: int, keep: list[Body]) -> anthropic.Anthropic:
    http = httpx2.Client(transport=_transport(answer, kind, status, keep))
    return anthropic.Anthropic(api_key=KEY, base_url="http://model", http_client=http, max_retries=0)


def pieces(dialect: str, answer: str, kind: str, *, stream: bool) -> list[Body]:
    """What the library hands to its caller: one object, or every event of a stream."""
    content, kept = answer.encode(), []
    if dialect == "anthropic.messages":
        with _anthropic(content, kind, 200, kept) as client:
            ask = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
            found: Any = client.messages.create(**ask, stream=stream)
            return [part.to_dict(warnings=False) for part in found] if stream else [found.to_dict(warnings=False)]
    with _openai(content, kind, 200, kept) as client:
        if dialect == "openai.responses":
            found = client.responses.create(model="m", input="x", stream=stream)
        elif dialect == "openai.embeddings":
            found = client.embeddings.create(model="m", input="x")
        else:
            found = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "x"}], stream=stream
            )
        return [part.to_dict(warnings=False) for part in found] if stream else [found.to_dict(warnings=False)]


def chat(answer: str, kind: str, *, stream: bool) -> Any:
    """A completion, accumulated by the library where it was a stream."""
    with _openai(answer.encode(), kind, 200, []) as client:
        messages: Any = [{"role": "user", "content": "x"}]
        if not stream:
            return client.chat.completions.create(model="m", messages=messages)
        with client.chat.completions.stream(model="m", messages=messages) as events:
            for _ in events:
                pass
            return events.get_final_completion()


def responses(answer: str, kind: str, *, stream: bool) -> Any:
    """A response, accumulated by the library where it was a stream."""
    with _openai(answer.encode(), kind, 200, []) as client:
        if not stream:
            return client.responses.create(model="m", input="x")
        with client.responses.stream(model="m", input="x") as events:
            for _ in events:
                pass
            return events.get_final_response()


def messages(answer: str, kind: str, *, stream: bool) -> Any:
    """A message, accumulated by the library where it was a stream."""
    with _anthropic(answer.encode(), kind, 200, []) as client:
        asked: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        if not stream:
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as events:
            return events.get_final_message()
