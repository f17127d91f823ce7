"""`python -m ergos.sim.loopback --port 0 --print-port`: a model server without a model, as a process of its own.

Prints its port on a line of its own when it listens, and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from ergos.drivers.host import HostClock
from ergos.sim.grid.cloud import CloudShape
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.loopback.directives import read
from ergos.sim.loopback.server import LoopbackOptions, LoopbackServer


def options_of(arguments: list[str]) -> tuple[LoopbackOptions, argparse.Namespace]:
    """What a command line says. Raises: UsageError for a directive that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m ergos.sim.loopback", description="a model server without a model")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--print-port", action="store_true", help="print the port alone on the first line")
    parser.add_argument("--mode", choices=("instant", "engine", "cloud"), default="instant")
    parser.add_argument("--scale", type=float, default=20.0, help="how much faster the engine's time passes")
    parser.add_argument("--log", type=Path, default=None, help="append every call to this file")
    parser.add_argument("--model", action="append", default=None, help="list this model; may be repeated")
    parser.add_argument("--strict", action="store_true", help="refuse models that are not listed")
    parser.add_argument("--key", default="", help="take this key only")
    parser.add_argument("--directive", default="", help="what the mind does where nothing is said: 'tools=5 tokens=80'")
    parser.add_argument("--frame-tokens", type=int, default=1, help="tokens in one frame of a stream")
    parser.add_argument("--slots", type=int, default=EngineShape().sequences_max, help="calls at once, of an engine")
    parser.add_argument("--kv-tokens", type=int, default=EngineShape().kv_tokens, help="of an engine")
    parser.add_argument("--order", choices=("fcfs", "priority"), default="fcfs", help="of an engine")
    parser.add_argument("--rpm", type=int, default=0, help="requests a minute of a cloud, or of an instant server")
    parser.add_argument("--tpm", type=int, default=0, help="tokens a minute of either")
    parser.add_argument("--plain-loop", action="store_true", help="the standard event loop instead of uvloop")
    given = parser.parse_args(arguments)
    cloud = CloudShape()
    options = LoopbackOptions(
        mode=given.mode,
        scale=given.scale,
        models=tuple(given.model or ("loopback-1",)),
        strict=given.strict,
        key=given.key,
        directive=read(given.directive),
        engine=EngineShape(sequences_max=given.slots, kv_tokens=given.kv_tokens, order=given.order),
        cloud=CloudShape(
            requests_per_minute=given.rpm or cloud.requests_per_minute,
            tokens_per_minute=given.tpm or cloud.tokens_per_minute,
        ),
        limited=bool(given.rpm or given.tpm),
        frame_tokens=given.frame_tokens,
        log=given.log,
    )
    return options, given


async def serve(options: LoopbackOptions, port: int, *, print_port: bool) -> None:
    """Serve until a signal ends it."""
    server = LoopbackServer(options, clock=HostClock())
    await server.start(port)
    print(server.port if print_port else f"listening on {server.url}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop()


def main(arguments: list[str]) -> int:
    """Serve as the command line says."""
    options, given = options_of(arguments)
    serving = serve(options, given.port, print_port=given.print_port)
    if given.plain_loop:
        asyncio.run(serving)
    else:
        import uvloop

        uvloop.run(serving)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
