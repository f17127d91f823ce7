"""The routes of an agent are its own, and its card is made anew when it says something else."""

from __future__ import annotations

import asyncio

import msgspec

from ergos.buses.a2a.cards import DerivedKey
from ergos.buses.a2a.server.crowd import Crowd
from ergos.buses.a2a.server.places import Cards, Published, application
from tests.buses.a2a.server.boards import FACTS, MemoryBoard, MemoryPushes

KEY = DerivedKey(b"s" * 32)


def test_no_route_leads_out_of_the_agents_own_place():
    made = application(Published("news", MemoryBoard(), MemoryPushes()), KEY, lambda: "https://home.example", Crowd())
    paths = [getattr(route, "path", "") for route in made.routes]  # type: ignore[attr-defined]
    assert len(paths) > 20
    assert all(path == "/a2a/news" or path.startswith("/a2a/news/") for path in paths)


def test_a_card_is_signed_once_while_it_says_the_same():
    board, where = MemoryBoard(), ["https://home.example/a2a/news"]
    cards = Cards(board, KEY, lambda: where[0])
    first = asyncio.run(cards.current())
    assert asyncio.run(cards.current()) is first
    where[0] = "https://other.example/a2a/news"
    moved = asyncio.run(cards.current())
    assert moved.supported_interfaces[0].url == where[0]
    board._facts = msgspec.structs.replace(FACTS, version="2")
    assert asyncio.run(cards.current()).version == "2"
