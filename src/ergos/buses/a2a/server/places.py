"""Where the operations of one published agent are reached: the library's routes, of both bindings and versions.

Rules: no route but those of this agent; a card is made anew when what it says changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.types import AgentCard
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

from ergos.buses.a2a.cards import DerivedKey, card_of, signed
from ergos.buses.a2a.ports import AgentFacts, PushBoard, TaskBoard
from ergos.buses.a2a.server.answering import Answering
from ergos.buses.a2a.server.calling import Calls
from ergos.buses.a2a.server.crowd import Crowd
from ergos.buses.a2a.server.door import CARD, KEYS, PREFIX, Application, nothing

CARD_S: Final = 300  # seconds a client may keep a card before it asks whether it changed


class Published(msgspec.Struct, frozen=True):
    """One agent that peers may use."""

    name: str
    board: TaskBoard
    pushes: PushBoard


class Cards:
    """The signed card of one agent, as of now."""

    def __init__(self, board: TaskBoard, key: DerivedKey, url: Callable[[], str]) -> None:
        self._board: Final = board
        self._key: Final = key
        self._url: Final = url
        self._made: tuple[AgentFacts, str, AgentCard] | None = None

    async def current(self, _: AgentCard | None = None) -> AgentCard:
        """The card; the same one while it says the same."""
        facts, url = self._board.facts(), self._url()
        if self._made is None or self._made[:2] != (facts, url):
            self._made = (facts, url, signed(card_of(facts, url), self._key, f"{url}{KEYS}"))
        return self._made[2]


def application(agent: Published, key: DerivedKey, base: Callable[[], str], crowd: Crowd) -> Application:
    """The agent's routes as an ASGI application. `base`: gives the address of this server, without a slash."""
    prefix = f"{PREFIX}{agent.name}"

    def url() -> str:
        return f"{base()}{prefix}"

    cards = Cards(agent.board, key, url)
    answering = Answering(agent.board, agent.pushes, key, url, crowd)
    calls = Calls()

    async def keys(_: Request) -> JSONResponse:
        return JSONResponse({"keys": [key.jwk()]})

    rest = create_rest_routes(answering, calls, enable_v0_3_compat=True, path_prefix=prefix)
    routes = [
        *create_jsonrpc_routes(answering, prefix, calls, enable_v0_3_compat=True),
        *create_agent_card_routes(
            card_of(agent.board.facts(), url()),
            card_modifier=cards.current,
            card_url=f"{prefix}{CARD}",
            cache_control=f"public, max-age={CARD_S}",
        ),
        Route(f"{prefix}{KEYS}", keys, methods=["GET"]),
        *(one for one in rest if isinstance(one, Route)),  # besides these it has one for tenants, which we do not have
    ]
    return Router(routes, redirect_slashes=False, default=nothing)
