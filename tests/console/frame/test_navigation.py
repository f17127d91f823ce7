"""The menu offers what is there, and says where one is."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from ergos.console.frame.navigation import PLACES, places
from ergos.console.frame.wording import known


def at(path: str, *routes: str) -> list[tuple[str, bool]]:
    async def nothing(_: Request) -> None: ...

    app = Starlette(routes=[Route(route, nothing) for route in routes])
    headers: list[tuple[bytes, bytes]] = [(b"host", b"localhost")]
    request = Request(
        {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "app": app}
    )
    return [(place.url, place.current) for place in places(request)]


def test_only_pages_that_are_there_are_offered_and_one_is_current() -> None:
    assert at("/inbox/3", "/", "/inbox") == [("/", False), ("/inbox", True)]
    assert at("/", "/", "/inbox") == [("/", True), ("/inbox", False)]
    assert at("/inboxes", "/", "/inbox") == [("/", False), ("/inbox", False)]


def test_every_place_has_a_name_a_letter_of_its_own_and_a_group() -> None:
    assert len({place.letter for place in PLACES}) == len(PLACES)
    assert all(known(place.key) and known(f"frame.{place.group}") for place in PLACES)
