"""Requests as programs really write them, one of every shape a format knows, and replies of every kind."""

from __future__ import annotations

import base64
from typing import Any, Final

from ergos.kernel.models import Reasoning, Reply, StopReason, Text, ToolCall, Usage

PNG: Final = base64.b64encode(b"\x89PNG not really" * 40).decode()
PDF: Final = base64.b64encode(b"%PDF-1.4 not really" * 40).decode()
WAV: Final = base64.b64encode(b"RIFF not really" * 40).decode()
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

CHAT: Final[dict[str, Any]] = {
    "model": "gpt-x",
    "messages": [
        {"role": "system", "content": "You are terse."},
        {"role": "developer", "content": [{"type": "text", "text": "Really.", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "user",
            "name": "ann",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://a.b/c.jpg"}},
                {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"}},
                {"type": "video_url", "video_url": {"url": "https://a.b/c.mp4"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "I should look.",
            "refusal": None,
            "annotations": [],
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"city": "Bern"}'}},
                {"id": "c2", "type": "function", "function": {"name": "look", "arguments": "{broken"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "cloudy"}]},
        {"role": "user", "content": "And now?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "look", "description": "Look.", "parameters": SCHEMA, "strict": True},
        },
        {"type": "function", "function": {"name": "now"}},
    ],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}},
    "parallel_tool_calls": True,
    "max_completion_tokens": 300,
    "temperature": 0.2,
    "top_p": 0.9,
    "seed": 7,
    "stop": ["END"],
    "reasoning_effort": "minimal",
    "stream": True,
    "stream_options": {"include_usage": True},
    "n": 1,
    "user": "u1",
    "metadata": {"a": "b"},
    "frequency_penalty": 0,
    "logit_bias": {},
}
RESPONSES: Final[dict[str, Any]] = {
    "model": "gpt-x",
    "instructions": "You are terse.",
    "input": [
        {"role": "developer", "content": "Really."},
        {
            "role": "user",
            "type": "message",
            "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
                {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"},
                {"type": "input_file", "file_url": "https://a.b/c.pdf"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "I look."}],
            "encrypted_content": "gAAA",
        },
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Wait.", "annotations": [], "logprobs": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "c1",
            "name": "look",
            "arguments": '{"city": "Bern"}',
            "status": "completed",
        },
        {"type": "function_call", "call_id": "c2", "name": "look", "arguments": "{broken"},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
        {
            "type": "function_call_output",
            "call_id": "c2",
            "output": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "https://a.b/c.jpg"},
            ],
        },
        {"role": "user", "content": "And now?"},
    ],
    "tools": [{"type": "function", "name": "look", "description": "Look.", "parameters": SCHEMA, "strict": True}],
    "tool_choice": {"type": "function", "name": "look"},
    "text": {
        "format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True},
        "verbosity": "medium",
    },
    "reasoning": {"effort": "high", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "max_output_tokens": 300,
    "temperature": 0.2,
    "top_p": 0.9,
    "store": False,
    "stream": True,
    "truncation": "disabled",
    "prompt_cache_key": "k",
}
MESSAGES: Final[dict[str, Any]] = {
    "model": "claude-x",
    "max_tokens": 3000,
    "system": [{"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "image", "source": {"type": "url", "url": "https://a.b/c.jpg"}},
                {
                    "type": "document",
                    "title": "a.pdf",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                    "citations": {"enabled": False},
                },
                {
                    "type": "document",
                    "title": "notes",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Words."},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I should look.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "b3BhcXVl"},
                {"type": "text", "text": "Wait.", "citations": None},
                {"type": "tool_use", "id": "c1", "name": "look", "input": {"city": "Bern"}},
                {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "sunny"},
                {
                    "type": "tool_result",
                    "tool_use_id": "c2",
                    "is_error": True,
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                    ],
                },
                {"type": "text", "text": "And now?", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            ],
        },
    ],
    "tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}}],
    "tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 2048},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    "stop_sequences": ["END"],
    "temperature": 1,
    "top_p": 0.9,
    "stream": True,
    "metadata": {"user_id": "u"},
}
BODIES: Final = {"openai.chat": CHAT, "openai.responses": RESPONSES, "anthropic.messages": MESSAGES}


USAGE: Final = Usage(input_tokens=100, output_tokens=20, cached_tokens=40, cache_written_tokens=10, reasoning_tokens=5)


def reply(*parts: Any, stop: StopReason = "stop", usage: Usage = USAGE) -> Reply:
    return Reply(parts=parts, stop=stop, usage=usage, model="m-said", id="vendor-1")


REPLIES: Final[dict[str, Reply]] = {
    "words": reply(Text("Hello\n“wörld” 🌍")),
    "nothing": reply(),
    "cut": reply(Text("Hel"), stop="length"),
    "refused": reply(Text("No."), stop="refusal"),
    "thought": reply(Reasoning("Hmm.", "c2ln"), Text("Yes.")),
    "thought unsealed": reply(Reasoning("Hmm."), Text("Yes.")),
    "calls": reply(
        Reasoning("Hmm.", "c2ln"),
        Text("I look."),
        ToolCall("c1", "look", '{"city": "Bern"}'),
        ToolCall("c2", "now", ""),
        stop="tools",
    ),
    "one call": reply(ToolCall("c1", "look", '{"city": "Zürich"}'), stop="tools"),
    "sealed without words": reply(Reasoning("", "anthropic|redacted|b3BhcXVl"), Text("Yes.")),
}
