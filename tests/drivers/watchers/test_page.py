"""Pages that change, and pages that only seem to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ergos.base.canonical import encode
from ergos.drivers.watchers.page import ADDED_CHARS_MAX, PageWatcher
from ergos.drivers.watchers.visits import Visits
from ergos.kernel.triggers import Looked, Page
from tests.drivers.watchers.bells import entropy, watching
from tests.drivers.watchers.sites import Site, page, serving, way_out

STORY = "The committee met on Monday and decided to build the bridge across the river after all."
MORE = "It will cost four million and be open to walkers and riders, but not to cars."


class Bench:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.watcher = PageWatcher(Visits(way_out(site.port), entropy()))
        self.cursor: Any = None
        self.contains = ""

    async def look(self) -> Looked:
        trigger = Page(name="page", url=f"{self.site.url}/page", contains=self.contains)
        looked = await self.watcher.look(trigger, self.cursor, watching())
        self.cursor = looked.cursor
        return looked

    async def told(self, body: str | bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> list[Any]:
        self.site.says("/page", body, content_type=kind, **headers)
        looked = await self.look()
        assert not looked.fault, looked.fault
        return [(one.key, one.value) for one in looked.happenings]


def play(test: Callable[[Bench], Awaitable[None]]) -> None:
    with serving() as site:
        bench = Bench(site)

        async def whole() -> None:
            await test(bench)

        asyncio.run(whole())


def test_a_change_of_the_text_is_told_with_what_is_new() -> None:
    async def test(bench: Bench) -> None:
        assert await bench.told(page(STORY, MORE)) == []
        ((_, value),) = await bench.told(page(STORY, "It will cost five million and be open to walkers alone."))
        assert value["added"] == "It will cost five million and be open to walkers alone."
        assert value["removed_lines"] == 1
        assert value["title"] == "A page"

    play(test)


def test_scripts_nonces_advertisements_and_clocks_tell_nothing() -> None:
    async def test(bench: Bench) -> None:
        def made(nonce: str, ad: str, clock: str) -> str:
            extra = f"<script nonce='{nonce}'>var t='{nonce}'</script><aside class='ad'><a href='/ad?{nonce}'>{ad}</a></aside><nav><a>{ad}</a></nav>"
            return page(STORY, MORE, f"Last updated: {clock}", extra=extra).replace("<p>", f"<p data-n='{nonce}'>")

        await bench.told(made("aaa", "Buy a car", "26 Nov 2026 14:05"))
        assert await bench.told(made("bbb", "Buy a house", "27 Nov 2026 09:30")) == []

    play(test)


def test_a_page_that_goes_back_to_what_it_said_has_changed_each_time() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(page(STORY, "In stock: none."))
        keys = []
        for turn in range(4):
            told = await bench.told(page(STORY, "In stock: none." if turn % 2 else "In stock: three pieces."))
            assert len(told) == 1
            keys.append(told[0][0])
        assert len(set(keys)) == 4

    play(test)


def test_a_text_is_told_when_it_appears_and_again_only_after_it_was_gone() -> None:
    async def test(bench: Bench) -> None:
        bench.contains = "now available"
        assert await bench.told(page(STORY)) == []
        there = page(STORY, "Tickets are NOW available.")
        ((first, value),) = await bench.told(there)
        assert "NOW available" in value["found"]
        assert await bench.told(there) == []
        assert await bench.told(page(STORY, "Tickets are NOW available.", MORE)) == []
        assert await bench.told(page(STORY)) == []
        ((second, _),) = await bench.told(there)
        assert first != second

    play(test)


def test_a_text_that_was_there_at_the_first_look_is_told_after_it_was_gone() -> None:
    async def test(bench: Bench) -> None:
        bench.contains = "sold out"
        assert await bench.told(page(STORY, "Sold out.")) == []
        assert await bench.told(page(STORY)) == []
        assert len(await bench.told(page(STORY, "Sold out."))) == 1

    play(test)


def test_a_text_is_looked_for_in_all_of_the_page() -> None:
    async def test(bench: Bench) -> None:
        bench.contains = "add to cart"
        await bench.told(page(STORY, MORE))
        button = "<footer><button>Add to cart</button></footer>"
        assert len(await bench.told(page(STORY, MORE).replace("</body>", button + "</body>"))) == 1

    play(test)


def test_what_machines_say_is_watched_too() -> None:
    async def test(bench: Bench) -> None:
        assert await bench.told('{"status": "green"}', "application/json") == []
        assert len(await bench.told('{"status": "red"}', "application/json")) == 1
        bench.cursor = None
        assert await bench.told("all is well\n", "text/plain") == []
        assert len(await bench.told("all is lost\n", "text/plain")) == 1

    play(test)


def test_a_page_that_does_not_answer_or_says_nothing_has_not_changed() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(page(STORY, MORE))
        for body, headers in ((b"", {}), (b"<html></html>", {}), (b"x", {"status": 500}), (b"\x89PNG" + bytes(99), {})):
            bench.site.says("/page", body, content_type="text/html", **headers)  # type: ignore[arg-type]
            looked = await bench.look()
            assert looked.fault
            assert looked.happenings == ()
        assert await bench.told(page(STORY, MORE)) == []

    play(test)


@pytest.mark.parametrize(
    "body",
    ["<div>" * 200_000, page(*[f"Line number {n} of very many lines." for n in range(20_000)]), "<p>" + "x" * 3_000_000, "<!--" * 100_000, "<a b='" * 100_000],
    ids=range(5),
)  # fmt: skip
def test_a_hostile_page_leaves_a_small_cursor(body: str) -> None:
    async def test(bench: Bench) -> None:
        bench.site.says("/page", body, content_type="text/html")
        await bench.look()
        bench.site.says(
            "/page", body.replace("x", "y").replace("Line", "Row") + "<p>more of it</p>", content_type="text/html"
        )
        looked = await bench.look()
        assert len(encode(looked.cursor)) < 50_000
        for happening in looked.happenings:
            assert len(encode(happening.value)) < 4 * ADDED_CHARS_MAX

    play(test)
