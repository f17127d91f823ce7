"""The door beside a rival gateway: what it adds, what it carries, how many streams it holds.

Client, gateway and upstream share this machine's two cores. The door has its journal at FULL with group commit,
authorisation, holds and the scheduler on; the rival proxies and keeps nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.rounds import ROOT, Plan, Series, child, environment, said

LITELLM: Final = ROOT / ".gateway-venv" / "bin" / "litellm"
START_S: Final = 120.0  # seconds a gateway may take to stand
RATE: Final = 500
PATH: Final = "/v1/chat/completions"
RIVAL_KEY: Final = "sk-0d5f3c9e8b7a61524334251607f8e9dacbbcada9"  # it starts with no key that looks weak


class Place(msgspec.Struct, frozen=True):
    """Where a gateway listens, and how one comes in."""

    url: str
    token: str
    pid: int


class Added(msgspec.Struct):
    """Latency through a gateway minus direct, milliseconds."""

    added_p50_ms: float
    added_p99_ms: float
    rounds_added_p50_ms: list[float]
    rounds_added_p99_ms: list[float]
    door_cpu_us_per_request: int = 0


class Kept(msgspec.Struct):
    """The highest rate that is kept up."""

    kept_up_per_s: float


class Carried(msgspec.Struct):
    """A closed loop of clients."""

    clients: int
    per_s: float = 0.0
    errors: int = 0


class Streamed(msgspec.Struct):
    """Streams at once."""

    streams: int
    completed: int
    open_together: int
    first_piece_p99_ms: float


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens. Raises: RuntimeError."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """A process that listens on a port; its number."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def upstream(folder: Path, *more: str) -> Iterator[int]:
    """The engine that answers at once; its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.door_load", "upstream", "--port", str(port), *more]
    with running(command, environment(), port, folder / "upstream.log"):
        yield port


@contextlib.contextmanager
def door(folder: Path, behind: int) -> Iterator[Place]:
    """A kernel in a process of its own, with its door open."""
    home, port = folder / "home", free_port()
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text(
        f'owner = "alice"\n[models]\ndiscover = false\n[models.endpoints.here]\nbase_url = "http://127.0.0.1:{behind}/v1"\n'
        'model = "m"\nprice = {input = 0.1, output = 0.2}\noutput_tokens_max = 1000\nslots = 4000\n',
        encoding="utf-8",
    )
    environ = {**environment(), "ERGOS_HOME": str(home)}
    command = [sys.executable, "-m", "ergos.cli.main", "up", "--foreground", "--port", str(port)]
    with running(command, environ, port, folder / "door.log") as pid:
        asked = [sys.executable, "-m", "ergos.cli.main", "token", "load", "--budget", "100000usd", "--json"]
        told = subprocess.run(asked, cwd=ROOT, env=environ, capture_output=True, check=True, timeout=60)
        entered = json.loads(told.stdout)
        yield Place(entered["url"] + PATH, entered["token"], pid)


@contextlib.contextmanager
def rival(folder: Path, behind: int) -> Iterator[Place]:
    """LiteLLM's proxy, one worker as ours, its logging and telemetry off."""
    port, config = free_port(), folder / "litellm.yaml"
    config.write_text(
        "model_list:\n- model_name: m\n  litellm_params:\n    model: openai/m\n"
        f"    api_base: http://127.0.0.1:{behind}/v1\n    api_key: upstream\n"
        "litellm_settings:\n  telemetry: false\n  num_retries: 0\n",
        encoding="utf-8",
    )
    environ = {
        **os.environ,
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": RIVAL_KEY,
        "NO_DOCS": "True",
    }
    command = [str(LITELLM), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    with running(command, environ, port, folder / "litellm.log") as pid:
        deadline = time.monotonic() + START_S
        place = Place(f"http://127.0.0.1:{port}{PATH}", RIVAL_KEY, pid)
        while time.monotonic() < deadline:  # it listens before it serves
            if load("capacity", place, "m", "--clients", "1", "--seconds", "1")["errors"] == 0:
                break
            time.sleep(1)
        yield place


def load(part: str, place: Place, model: str, *more: str) -> dict[str, Any]:
    """Run one part of the load generator against a place; the line it prints."""
    return child(dict, "bench.door_load", part, "--door", place.url, "--token", place.token, "--model", model, *more)


class Doors(msgspec.Struct, kw_only=True):
    """Everything measured."""

    added: Added
    kept: Kept
    ours: Series
    """Requests a second of a closed loop, by round."""
    theirs: Series | None
    """None: the rival is not installed."""
    streamed: Streamed


def measured(plan: Plan) -> Doors:
    """Measure the door, and the rival in the same rounds."""
    clients, seconds = "32", str(plan.sized(8, 4))
    with upstream(plan.folder) as behind, door(plan.folder, behind) as place:
        direct = f"http://127.0.0.1:{behind}{PATH}"
        said("  latency added")
        added = load(
            "added", place, "m", "--direct", direct, "--rate", str(RATE), "--pid", str(place.pid),
            "--seconds", str(plan.sized(30, 10)), "--rounds", str(plan.rounds),
        )  # fmt: skip
        said("  highest rate kept up")
        kept = load("limit", place, "m", "--rate", str(RATE), "--seconds", str(plan.sized(4, 2)))
        ours: list[float] = []
        theirs: list[float] = []
        with rival(plan.folder, behind) if LITELLM.exists() else contextlib.nullcontext() as other:
            for number in range(plan.rounds):
                ours.append(float(load("capacity", place, "m", "--clients", clients, "--seconds", seconds)["per_s"]))
                if other is not None:
                    found = load("capacity", other, "m", "--clients", clients, "--seconds", seconds)
                    theirs.append(float(found["per_s"]))
                said(f"  round {number + 1} of {plan.rounds}: requests of {clients} clients")
    with upstream(plan.folder, "--events", "20", "--pause-s", "0.5") as behind, door(plan.folder, behind) as place:
        said("  streams at once")
        streamed = load("streams", place, "m", "--streams", str(plan.sized(1_000, 200)))
    return Doors(
        added=msgspec.convert(added, Added),
        kept=msgspec.convert(kept, Kept),
        ours=Series(tuple(ours)),
        theirs=Series(tuple(theirs)) if theirs else None,
        streamed=msgspec.convert(streamed, Streamed),
    )
