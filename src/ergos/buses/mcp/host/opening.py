"""How a server is reached: its command in a sandbox of its own, or its URL.

Rules: a command sees what its settings name and nothing else; where this machine has no sandbox, or no way out for a
server that needs one, it is not started; secrets are read from the vault for the server that names them, each time it
is started, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.base.clock import Clock
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError, SandboxMissingError, SecretError
from ergos.buses.mcp.host.bare import BareSandboxes
from ergos.buses.mcp.host.meter import Meter
from ergos.buses.mcp.host.pipe import over_pipes
from ergos.kernel.confinement import Bind, Bounds, Job, Running, Sandboxes
from ergos.kernel.egress import REFERENCE, Vault
from ergos.kernel.mounts import Consent, Questions, ServerSettings, Ways

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

PROXY_PORT: Final = 3128  # port inside at which a server finds its way out; the usual one of proxies
PROCESSES: Final = 256  # processes and threads of one server; runtimes start a dozen before the first request
OPEN_FILES: Final = 1_024
STDERR_BYTES: Final = 256 * 1024  # bytes kept of what it wrote to stderr
WORK_BYTES: Final = 256 * MIB  # bytes of its work folder

PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long one waits for a server."""

    open_s: float = 30.0
    """Until it is ready; package runners unpack before they start."""
    list_s: float = 20.0
    """For all pages of a listing."""
    pause_s: float = 30.0
    """It is left alone after it could not be opened several times."""
    recheck_s: float = 60.0
    """After which its tools are listed again before one is called."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What servers are reached with; each part may be missing."""

    clock: Clock
    sandboxes: Sandboxes | None = None
    vault: Vault | None = None
    ways: Ways | None = None
    questions: Questions | None = None
    consent: Consent | None = None
    patience: Patience = Patience()


@asynccontextmanager
async def reached(settings: ServerSettings, around: Surroundings, meter: Meter) -> AsyncGenerator[TransportStreams]:
    """Streams of messages for the SDK. Raises: BusError, SandboxError, SecretError."""
    if settings.url:
        from ergos.buses.mcp.host.oauth import signing_in
        from ergos.buses.mcp.host.web import over_http

        headers = revealed(settings, settings.headers, around.vault)
        auth = signing_in(settings, around.vault, around.clock, around.consent) if settings.oauth else None
        async with over_http(settings.url, headers, auth, meter) as streams:
            yield streams
        return
    door = await _way_out(settings, around)
    try:
        running = await _started(settings, around, door)
        async with over_pipes(running, meter) as streams:
            yield streams
    finally:
        if door is not None and around.ways is not None:
            await around.ways.close(door)


async def _way_out(settings: ServerSettings, around: Surroundings) -> str | None:
    if not settings.hosts or not settings.sandbox:
        return None
    if around.ways is None:
        raise BusError(
            f"{settings.name} may reach {', '.join(settings.hosts)}, but there is no way out of its sandbox here",
            remedy="start the kernel with its egress proxy",
        )
    return await around.ways.open(settings.name, settings.hosts)


async def _started(settings: ServerSettings, around: Surroundings, door: str | None) -> Running:
    env = revealed(settings, settings.env, around.vault)
    if not settings.sandbox:
        return await BareSandboxes().open(_job(settings, {"PATH": PATH, "LANG": "C.UTF-8", **env}, None))
    if around.sandboxes is None:
        raise SandboxMissingError(
            f"{settings.name} was not started, because this machine has no sandbox",
            remedy="install bubblewrap; `ergos doctor` says what is missing",
        )
    return await around.sandboxes.open(_job(settings, {**_surroundings(door), **env}, door))


def _surroundings(door: str | None) -> dict[str, str]:
    """What every server gets in its environment."""
    plain = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/work", "TMPDIR": "/work"}
    if door is None:
        return plain
    proxy = f"http://127.0.0.1:{PROXY_PORT}"
    return plain | dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)


def _job(settings: ServerSettings, env: Mapping[str, str], door: str | None) -> Job:
    binds = (
        *(Bind(path, path) for path in settings.reads),
        *(Bind(path, path, write=True) for path in settings.writes),
    )
    bounds = Bounds(
        wall_s=0,
        cpu_s=0,
        memory_bytes=settings.memory_mib * MIB,
        processes=PROCESSES,
        open_files=OPEN_FILES,
        disk_bytes=WORK_BYTES,
        output_bytes=STDERR_BYTES,
    )
    return Job(
        command=(settings.command, *settings.args),
        binds=binds,
        env=env,
        folder=settings.folder or ("/work" if settings.sandbox else ""),
        door=door,
        door_port=PROXY_PORT if door is not None else 0,
        bounds=bounds,
    )


def revealed(settings: ServerSettings, values: Mapping[str, str], vault: Vault | None) -> dict[str, str]:
    """Values with their secrets in place. Raises: SecretError."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if value.startswith(REFERENCE):
            if vault is None:
                raise SecretError(
                    f"{settings.name} needs the secret {value[len(REFERENCE) :]!r}, and there is no vault"
                )
            found[name] = vault.get(value[len(REFERENCE) :])
        else:
            found[name] = value
    return found
