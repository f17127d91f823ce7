"""What the library is told of a request: who calls, with which version and extensions, and when they have gone.

Rules: versions match by major and minor number (specification, section 3.6): 1.0, and 0.3, which is also what no
version at all means. The library itself looks at the major number only.
"""

from __future__ import annotations

import re
from typing import Final

from a2a.auth.user import User
from a2a.extensions.common import HTTP_EXTENSION_HEADER, get_requested_extensions
from a2a.server.context import ServerCallContext
from a2a.server.routes.common import ServerCallContextBuilder
from a2a.utils.constants import VERSION_HEADER
from a2a.utils.errors import VersionNotSupportedError
from starlette.requests import Request

from ergos.buses.a2a.cards import VERSIONS
from ergos.buses.a2a.ports import Caller
from ergos.buses.a2a.server.door import CALLER, GONE, TURNED

_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.\d{1,9})?")


class PeerUser(User):
    """A caller as the library knows it."""

    def __init__(self, caller: Caller) -> None:
        self._caller: Final = caller

    @property
    def is_authenticated(self) -> bool:
        """The door lets nobody else in."""
        return True

    @property
    def user_name(self) -> str:
        """The peer's name."""
        return self._caller.name


class Calls(ServerCallContextBuilder):
    """Makes the context of a call."""

    def build(self, request: Request) -> ServerCallContext:
        """From a request that came through the door. Raises: VersionNotSupportedError."""
        check_version(request.headers.get(VERSION_HEADER, ""))
        state = request.scope["state"]
        return ServerCallContext(
            user=PeerUser(state[CALLER]),
            state={
                CALLER: state[CALLER],
                GONE: state[GONE],
                TURNED: state.get(TURNED),
                "headers": dict(request.headers),
            },
            requested_extensions=get_requested_extensions(request.headers.getlist(HTTP_EXTENSION_HEADER)),
        )


def check_version(asked: str) -> None:
    """Nothing, for a version that is spoken here; '' means 0.3. Raises: VersionNotSupportedError."""
    if not asked.strip():
        return
    found = _VERSION.fullmatch(asked.strip())
    if found is None or f"{int(found[1])}.{int(found[2])}" not in VERSIONS:
        raise VersionNotSupportedError(
            f"version {asked[:40]!r} of the protocol is not supported; this agent speaks {' and '.join(VERSIONS)}"
        )
