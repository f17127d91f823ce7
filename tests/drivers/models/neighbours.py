"""Servers on this machine, as far as a start asks them: answers by path, and ways to misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

Answers = dict[str, object]
Manner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OLLAMA: Answers = {
    "/api/tags": {
        "models": [
            {"name": "qwen3:8b", "digest": "aa", "size": 1},
            {"name": "llava:7b", "digest": "bb", "size": 1},
            {"name": "nomic-embed-text", "digest": "cc", "size": 1},
        ]
    },
    "/api/ps": {"models": [{"name": "llava:7b", "context_length": 16_384}]},
    "/api/show qwen3:8b": {
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
        "parameters": 'stop "<|im_end|>"\nnum_ctx                        8192\ntemperature 0.6',
        "capabilities": ["completion", "tools", "thinking"],
    },
    "/api/show llava:7b": {
        "model_info": {"general.architecture": "llama", "llama.context_length": 32_768},
        "capabilities": ["completion", "vision"],
    },
    "/api/show nomic-embed-text": {
        "model_info": {"general.architecture": "nomic-bert", "nomic-bert.context_length": 2_048},
        "capabilities": ["embedding"],
    },
}
LLAMA_CPP: Answers = {
    "/props": {
        "default_generation_settings": {"n_ctx": 8_192, "params": {}},
        "total_slots": 4,
        "modalities": {"vision": True, "audio": False},
        "chat_template": "…",
    },
    "/v1/models": {
        "object": "list",
        "data": [{"id": "/models/qwen2.5-7b-q4.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 32_768}}],
    },
}
VLLM: Answers = {
    "/v1/models": {
        "object": "list",
        "data": [
            {"id": "Qwen/Qwen3-8B", "object": "model", "owned_by": "vllm", "max_model_len": 32_768, "root": "x"},
            {"id": "my-lora", "object": "model", "owned_by": "vllm", "max_model_len": None, "parent": "Qwen/Qwen3-8B"},
        ],
    },
    "/metrics": (
        "# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig\n"
        'vllm:cache_config_info{block_size="16",cache_dtype="auto",num_gpu_blocks="27500",swap_space="4"} 1.0\n'
    ),
}
LM_STUDIO: Answers = {
    "/api/v0/models": {
        "object": "list",
        "data": [
            {"id": "gemma-3-4b", "type": "vlm", "state": "not-loaded", "max_context_length": 131_072},
            {
                "id": "qwen3-4b",
                "type": "llm",
                "state": "loaded",
                "max_context_length": 40_960,
                "loaded_context_length": 12_288,
            },
            {"id": "nomic", "type": "embeddings", "state": "not-loaded", "max_context_length": 2_048},
        ],
    }
}


def speaking(answers: Answers, *, chunked: bool = False) -> Manner:
    """Answers these paths, and 404 to every other; `asked` is what came."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("Content-Length")), 0)
        if length:
            path += " " + json.loads(await reader.readexactly(length))["model"]
        found = answers.get(path)
        body = found.encode() if isinstance(found, str) else json.dumps(found).encode()
        status = "404 Not Found" if found is None else "200 OK"
        if chunked:
            half = len(body) // 2
            pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:half], body[half:]) if piece)
            writer.write(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + pieces + b"0\r\n\r\n")
        else:
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    return speak


def saying(data: bytes, *, then_wait: bool = False) -> Manner:
    """Says this, whatever was asked; and then nothing, for long."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        if then_wait:
            await reader.read()

    return say


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer without end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def trickling(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A head without end, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def neighbour(manner: Manner) -> AsyncGenerator[str, None]:
    """A server that behaves so; its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await manner(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for task in list(tasks):
            task.cancel()
        server.close()
        await asyncio.sleep(0)
