"""Feeds as they are, and as nobody should write them."""

from __future__ import annotations

import asyncio
import gzip
import json
import resource
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ergos.base.canonical import encode
from ergos.drivers.watchers.feed import HAPPENINGS_MAX, FeedWatcher
from ergos.drivers.watchers.visits import Visits
from ergos.kernel.triggers import Feed, Looked
from tests.drivers.watchers.bells import entropy, watching
from tests.drivers.watchers.sites import Site, rss, serving, way_out


class Bench:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.watcher = FeedWatcher(Visits(way_out(site.port), entropy()))
        self.trigger = Feed(name="news", url=f"{site.url}/feed")
        self.cursor: Any = None

    async def look(self) -> Looked:
        looked = await self.watcher.look(self.trigger, self.cursor, watching())
        self.cursor = looked.cursor
        return looked

    async def told(self, body: str | bytes, kind: str = "application/rss+xml", **headers: str) -> list[str]:
        self.site.says("/feed", body, content_type=kind, **headers)
        looked = await self.look()
        assert not looked.fault, looked.fault
        return [one.value["title"] for one in looked.happenings]  # type: ignore[index, call-overload, misc]

    async def fault(self, body: str | bytes, kind: str = "application/rss+xml", **headers: str) -> str:
        before = self.cursor
        self.site.says("/feed", body, content_type=kind, **headers)
        looked = await self.look()
        assert looked.happenings == ()
        assert looked.cursor == before
        return looked.fault


def play(test: Callable[[Bench], Awaitable[None]]) -> None:
    with serving() as site:
        bench = Bench(site)

        async def whole() -> None:
            await test(bench)

        asyncio.run(whole())


def atom(*entries: tuple[str, str]) -> str:
    inner = "".join(
        f"<entry><id>{name}</id><title>{title}</title><updated>2030-01-01T00:00:00Z</updated><link href='https://a.example/{name}'/><summary>About {title}</summary></entry>"
        for name, title in entries
    )
    return f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>A</title><id>f</id><updated>2030-01-01T00:00:00Z</updated>{inner}</feed>"


def json_feed(*items: dict[str, Any]) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": list(items)})


def test_entries_come_oldest_first_and_each_once_in_every_format() -> None:
    async def test(bench: Bench) -> None:
        assert await bench.told(rss(("1", "One"))) == []
        assert await bench.told(rss(("1", "One"), ("2", "Two"), ("3", "Three"))) == ["Two", "Three"]
        bench.cursor = None
        assert await bench.told(atom(("1", "One")), "application/atom+xml") == []
        assert await bench.told(atom(("2", "Two"), ("1", "One")), "application/atom+xml") == ["Two"]
        bench.cursor = None
        kind = "application/feed+json"
        assert await bench.told(json_feed({"id": 1, "title": "One"}), kind) == []
        assert await bench.told(json_feed({"id": 2, "title": "Two"}, {"id": 1, "title": "One"}), kind) == ["Two"]

    play(test)


def test_an_order_dates_and_texts_that_change_tell_nothing() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("1", "One"), ("2", "Two"), ("3", "Three")))
        assert await bench.told(rss(("3", "Three"), ("1", "One"), ("2", "Two"))) == []
        assert await bench.told(rss(("1", "One"), ("2", "Two"), dates=False)) == []
        assert await bench.told(rss(("1", "One, corrected"), ("2", "Two"), ("3", "Three"))) == []
        assert await bench.told(rss(("3", "Three"))) == []
        assert await bench.told(rss(("1", "One"), ("2", "Two"))) == []

    play(test)


def test_names_that_change_at_every_look_tell_nothing() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("1", "One"), ("2", "Two")).replace("</guid>", "?session=1</guid>"))
        assert await bench.told(rss(("1", "One"), ("2", "Two")).replace("</guid>", "?session=2</guid>")) == []

    play(test)


def test_an_entry_with_the_words_of_another_and_a_date_of_its_own_is_told() -> None:
    async def test(bench: Bench) -> None:
        alarm = "<item><guid>{0}</guid><title>Alarm</title><link>https://a.example/</link><pubDate>Tue, 0{0} Jan 2030 08:00:00 GMT</pubDate></item>"
        feed = "<rss version='2.0'><channel><title>A</title>{}</channel></rss>"
        await bench.told(feed.format(alarm.format(1)))
        assert await bench.told(feed.format(alarm.format(2) + alarm.format(1))) == ["Alarm"]

    play(test)


def test_the_first_entry_of_a_feed_that_was_empty_is_told() -> None:
    async def test(bench: Bench) -> None:
        empty = "<rss version='2.0'><channel><title>A</title></channel></rss>"
        assert await bench.told(empty) == []
        assert await bench.told(rss(("1", "One"))) == ["One"]
        bench.cursor = None
        assert await bench.told(json_feed(), "application/feed+json") == []
        assert await bench.told(json_feed({"id": "1", "title": "One"}), "application/feed+json") == ["One"]

    play(test)


def test_what_one_look_has_no_room_for_is_told_by_the_next() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("0", "None")), etag='"a"')
        many = [(str(number), f"Title {number}") for number in range(HAPPENINGS_MAX + 30)]
        first = await bench.told(rss(*many), etag='"b"')
        second = await bench.told(rss(*many), etag='"b"')
        assert len(first) == HAPPENINGS_MAX
        assert len(second) == 29
        assert not set(first) & set(second)
        assert await bench.told(rss(*many), etag='"b"') == []

    play(test)


def test_a_page_where_a_feed_was_is_a_fault() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("1", "One")))
        page = "<html><body><p>" + "This feed has moved to another place, dear readers. " * 9 + "</p></body></html>"
        assert "not a feed" in await bench.fault(page, "text/html")
        assert await bench.fault(b"", "text/html")

    play(test)


BOMB = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>"""
FILE = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>"""


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        FILE,
        "<rss><channel>" + "<item>" * 5_000,
        "<rss>" * 100_000,
        b"\x1f\x8b" + bytes(200),
        gzip.compress(bytes(50_000_000)),
        gzip.compress(gzip.compress(gzip.compress(gzip.compress(bytes(10_000_000))))),
        b"\xff" * 100_000,
        "<rss version='2.0'><channel>" + "<item><title>x</title></item>" * 10 + "\x00" * 90_000,
        '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 100_000,
        "<rss version='2.0'><channel>" + "<x>" * 500_000,
        b"<rss>" + b"x" * (17 << 20),
    ],
    ids=range(12),
)
def test_a_hostile_feed_is_a_fault_or_words_and_costs_little(body: str | bytes) -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("1", "One")))
        bench.site.says("/feed", body, content_type="application/rss+xml")
        before = resource.getrusage(resource.RUSAGE_SELF)
        looked = await bench.look()
        after = resource.getrusage(resource.RUSAGE_SELF)
        assert looked.fault or len(looked.happenings) <= HAPPENINGS_MAX
        assert after.ru_utime - before.ru_utime < 20
        assert "root:" not in str(looked)

    play(test)


def test_a_feed_in_which_everything_has_one_name_is_one_entry() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("0", "None")))
        told = await bench.told(rss(*[("same", f"Title {number}") for number in range(2_500)]))
        assert len(told) == 1
        assert await bench.told(rss(*[("same", f"Other {number}") for number in range(2_500)])) == []

    play(test)


def test_a_feed_of_very_many_entries_leaves_a_cursor_that_is_bounded() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("0", "None")))
        for turn in range(3):
            many = [(f"{turn}-{number}" + "y" * 400, f"T {turn} {number}") for number in range(2_000)]
            await bench.told(rss(*many))
        assert len(encode(bench.cursor)) < 100_000
        looked = await bench.look()
        assert all(len(encode(one.value)) < 20_000 for one in looked.happenings)

    play(test)


def test_what_is_told_is_short_and_plain() -> None:
    async def test(bench: Bench) -> None:
        await bench.told(rss(("0", "None")))
        item = (
            "<item><guid>g</guid><title>&lt;b&gt;T&lt;/b&gt;\u202e</title><description>"
            + "words " * 5_000
            + "</description></item>"
        )
        bench.site.says("/feed", rss(("0", "None")).replace("<item>", item + "<item>", 1), content_type="text/xml")
        (happening,) = (await bench.look()).happenings
        assert isinstance(happening.value, dict)
        assert happening.value["title"] == "T"
        assert happening.value["cut"] is True
        assert len(encode(happening.value)) < 3_000
        assert happening.label.integrity == "untrusted"

    play(test)
