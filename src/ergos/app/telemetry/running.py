"""Puts telemetry together for a home that asked for it; for every other home nothing of it is imported or runs.

Rules: composition only. The headers' secrets are read from the vault with every message, and from nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from ergos import __version__
from ergos.app.home import Home, reads_of
from ergos.app.telemetry import names
from ergos.app.telemetry.contexts import Contexts
from ergos.app.telemetry.fold import Fold
from ergos.app.telemetry.follower import FILE, Follower, Moved, following
from ergos.app.telemetry.sending import Sender
from ergos.base.clock import Clock
from ergos.base.errors import ErgosError, PortMissingError
from ergos.runtime.telemetry_settings import TelemetrySettings

Secret = Callable[[str], str]
"""A secret by its name. Raises: ErgosErrors."""

_EXTRA: Final = "install ergos with the extra `telemetry`, or remove [telemetry] from settings.toml"


@asynccontextmanager
async def telling(
    home: Home,
    settings: TelemetrySettings | None,
    moved: Moved,
    clock: Clock,
    *,
    secret: Secret,
    contexts: Contexts | None = None,
) -> AsyncGenerator[Sender | None]:
    """Tell the collector of the settings what the journal says, beside whatever is done inside; None: nothing is told.

    Raises: PortMissingError without the libraries; StoreError.
    """
    if settings is None:
        yield None
        return
    try:
        import opentelemetry.proto.collector.trace.v1.trace_service_pb2 as _  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise PortMissingError("telemetry needs opentelemetry-proto, which is not installed", remedy=_EXTRA) from error
    reads = reads_of(home)
    try:
        store = reads.id
        resource = {
            names.SERVICE_NAME: settings.service,
            names.SERVICE_VERSION: __version__,
            names.SERVICE_INSTANCE: store,
        }
        sender = Sender(settings.endpoint, dict(resource), clock, headers=lambda: _headers(settings, secret))
        links = (contexts or Contexts()).links
        fold = Fold(store, servers=tuple(home.settings.servers), words=settings.content, links=links)
        follower = Follower(reads, sender, fold, home.folder / FILE, share=settings.sample, words=settings.content)
        async with following(follower, sender, moved):
            yield sender
    finally:
        await reads.close()


def _headers(settings: TelemetrySettings, secret: Secret) -> Mapping[str, str]:
    """Headers with their secrets; one that is not there is left out, and the collector says so."""
    found: dict[str, str] = {}
    for name, kept in settings.headers:
        try:
            found[name] = secret(kept)
        except ErgosError:
            continue
    return found
