"""Run the agent under test of the A2A Technology Compatibility Kit, through a real kernel: a process for each task.

    make setup                                         # once, in a clean clone
    .venv/bin/python scripts/a2a_sut.py --port 9970    # prints one line when it is ready; Ctrl-C ends it
    ./run_tck.py --sut-host http://localhost:9970 --transport jsonrpc,http_json    # in the kit

The card is at /.well-known/agent-card.json; both bindings are at /a2a/agent-under-test. Everybody is let in as one
peer, notifications may go to this machine, and the same message sent again is a new task, because the kit sends each of
its messages many times and means another task each time. All three are for this purpose alone: `ergos up` does none.

Rules: listens on this machine unless told otherwise; keeps nothing but in --home (default: a folder that is gone in the
end).
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from ergos.app.home import Home, home_at, kernel_on, programs_of
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.kernel.peers import PeerSettings
from ergos.server.a2a_peers import Anybody
from ergos.server.a2a_push import NEAR, GuardedOutside
from ergos.server.a2a_site import A2a, NoSecrets, published

AGENT: Final = Path(__file__).resolve().parent.parent / "tests" / "a2a" / "agent_under_test"
TASKS_MAX: Final = 1_000  # the kit leaves many of its tasks open


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9970)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--name", default="localhost", help="name under which it is reached: in the card's URLs")
    parser.add_argument("--home", type=Path, default=None)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ergos-a2a-") as scratch:
        home = home_at(said.home or Path(scratch) / "home", {"HOME": scratch, "ERGOS_OWNER": "owner"})
        asyncio.run(serve(home, said.host, said.port, said.name))


async def serve(home: Home, host: str, port: int, name: str) -> None:
    """Serve until SIGINT or SIGTERM."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    async with kernel_on(home, programs_of(home)) as kernel:
        bound = port
        a2a = A2a(
            kernel,
            home,
            lambda: f"http://{name}:{bound}",
            published(kernel, home, (AGENT,), open_=True),
            Anybody(PeerSettings(name="kit", tasks_max=TASKS_MAX)),
            outside=GuardedOutside(kernel.machine, NoSecrets(), kernel.desk.reached, NEAR),
            places=NEAR,
            repeats=False,
        )
        site = Starlette(routes=a2a.routes)

        async def answer(request: Request, reply: Responder) -> None:
            await serve_asgi(site, request, reply)

        server = HttpServer(answer)
        try:
            await a2a.start()
            bound = await server.start(host, port)
            print(f"ready: http://{name}:{bound}/.well-known/agent-card.json", flush=True)
            await ending.wait()
        finally:
            await a2a.close()
            await server.stop(0.5)


if __name__ == "__main__":
    main()
