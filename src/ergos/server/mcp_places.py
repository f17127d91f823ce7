"""The namespace as resources: `ergos:///proc/7/journal` is what `ergos cat /proc/7/journal` shows.

Rules: reads only; what stands where is the namespace's, so every face shows the same under the same name.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.home import Home, reading
from ergos.buses.mcp.server.ports import Caller, Wire
from ergos.kernel.namespace import TABLE, Route, listing, place, read

SCHEME: Final = "ergos://"
JSON: Final = "application/json"


class NamespacePlaces:
    """`Places` over the store of a home."""

    def __init__(self, home: Home) -> None:
        self._home: Final = home

    async def resources(self, caller: Caller) -> tuple[Wire, ...]:
        """Places without a variable."""
        del caller  # there is one owner
        return tuple(_shown(route, "uri") for route in TABLE if "{" not in route.pattern)

    async def templates(self, caller: Caller) -> tuple[Wire, ...]:
        """Places with one."""
        del caller  # there is one owner
        return tuple(_shown(route, "uriTemplate") for route in TABLE if "{" in route.pattern)

    async def read(self, caller: Caller, uri: str) -> tuple[Wire, ...] | None:
        """What stands there; of a folder, what is in it. Raises: UnknownPathError, UnknownProcessError, StoreError."""
        del caller  # there is one owner
        if not uri.startswith(f"{SCHEME}/"):
            return None
        path = uri.removeprefix(SCHEME)
        async with reading(self._home) as reads:
            catalogue = Catalogue(self._home, reads)
            value: object = await (listing(path, catalogue) if place(path).route.folder else read(path, catalogue))
        body = msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
        return ({"uri": uri, "mimeType": JSON, "text": body},)


def _shown(route: Route, key: str) -> Wire:
    name = route.pattern.strip("/") or "everything"
    return {key: SCHEME + route.pattern, "name": name, "description": route.summary, "mimeType": JSON}
