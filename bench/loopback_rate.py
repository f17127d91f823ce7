"""How many requests a second the loopback model server answers at once: `python bench/loopback_rate.py`.

Starts the server as a process of its own, asks it over some connections for a few seconds, and prints the rate as
seen by the client and, from the server's own CPU time, the rate that one core would give it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
TOOL = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}


def body_of(kind: str, prompt_bytes: int) -> bytes:
    words = ("Please say what the weather in Paris will be like for 3 days. " * (prompt_bytes // 62 + 1))[:prompt_bytes]
    messages = [{"role": "system", "content": "You help."}, {"role": "user", "content": words}]
    body: dict[str, object] = {"model": "loopback-1", "messages": messages, "max_tokens": 64}
    if kind == "tools":
        function = {"name": "get_weather", "description": "The weather", "parameters": TOOL}
        body["tools"] = [{"type": "function", "function": function}]
    if kind == "stream":
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(body).encode()


async def asking(port: int, request: bytes, until: float, counted: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        if b"chunked" in head:
            await reader.readuntil(b"\r\n0\r\n\r\n")
        else:
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(size)
        counted[0] += 1
    writer.close()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def measure(port: int, pid: int, kind: str, prompt_bytes: int, seconds: float, connections: int) -> None:
    body = body_of(kind, prompt_bytes)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    counted, before, start = [0], cpu_s(pid), time.perf_counter()
    await asyncio.gather(*(asking(port, request, start + seconds, counted) for _ in range(connections)))
    took, used = time.perf_counter() - start, cpu_s(pid) - before
    print(
        f"{kind:<6} {len(body):>6,} bytes: {counted[0] / took:>7,.0f} requests/s seen by one client; "
        f"{used / counted[0] * 1e6:>5.0f} us of the server's CPU each = {counted[0] / used:>7,.0f} requests/s a core"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    command = [sys.executable, "-m", "ergos.sim.loopback", "--print-port", "--frame-tokens", "8"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        for kind, prompt_bytes in (("plain", 400), ("plain", 8_000), ("tools", 400), ("stream", 400)):
            asyncio.run(measure(port, server.pid, kind, prompt_bytes, given.seconds, given.connections))
        server.terminate()


if __name__ == "__main__":
    main()
