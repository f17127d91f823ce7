"""Looks at addresses: what is asked, how often, and what is done with what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import EgressRefusedError, PortMissingError, ValueShapeError
from ergos.base.ids import Pid
from ergos.drivers.watchers.visits import (
    ASKED_S_MAX,
    EVERY_S_MIN,
    GONE_S,
    RETRY_S_MAX,
    Failed,
    Fresh,
    Same,
    Validators,
    Visits,
)
from tests.drivers.watchers.bells import START_NS, entropy
from tests.drivers.watchers.sites import Site, serving, way_out

KEY = (Pid(7), "x")
NONE = Validators()


def play(test: Callable[[Visits, Site], Awaitable[None]]) -> None:
    with serving() as site:

        async def whole() -> None:
            await test(Visits(way_out(site.port), entropy()), site)

        asyncio.run(whole())


def test_what_did_not_change_is_asked_for_and_not_sent() -> None:
    async def test(visits: Visits, site: Site) -> None:
        site.says("/x", "text", etag='W/"a"', last_modified="Thu, 26 Nov 2026 08:00:00 GMT")
        first = await visits.visit(f"{site.url}/x", NONE, KEY, START_NS)
        assert isinstance(first, Fresh)
        assert first.validators == Validators(etag='W/"a"', modified="Thu, 26 Nov 2026 08:00:00 GMT")
        assert isinstance(await visits.visit(f"{site.url}/x", first.validators, KEY, START_NS), Same)
        assert site.asked[-1][1]["if-none-match"] == 'W/"a"'

    play(test)


def test_a_redirect_is_followed_and_a_circle_is_a_failure() -> None:
    async def test(visits: Visits, site: Site) -> None:
        site.says("/old", status=301, location="/new")
        site.says("/new", "text")
        came = await visits.visit(f"{site.url}/old", NONE, KEY, START_NS)
        assert isinstance(came, Fresh)
        assert came.reply.final_url.endswith("/new")
        site.says("/round", status=302, location="/round")
        assert isinstance(await visits.visit(f"{site.url}/round", NONE, KEY, START_NS), Failed)

    play(test)


@pytest.mark.parametrize(
    ("status", "said", "least_s", "most_s"),
    [
        (410, "", GONE_S, GONE_S * 1.06),
        (429, "7200", 7_200, 7_200 * 1.06),
        (503, "99999999", ASKED_S_MAX, ASKED_S_MAX * 1.06),
        (503, "Thu, 17 Mar 2050 17:46:40 GMT", ASKED_S_MAX, ASKED_S_MAX * 1.06),
        (503, "nonsense", 60, 64),
        (503, "-5", 60, 64),
        (404, "", 60, 64),
        (500, "", 60, 64),
        (304, "", 60, 64),
        (206, "", 60, 64),
    ],
)
def test_a_refusal_is_a_failure_that_is_tried_again_when_it_may(
    status: int, said: str, least_s: float, most_s: float
) -> None:
    async def test(visits: Visits, site: Site) -> None:
        site.says("/x", "no", status=status, retry_after=said)
        came = await visits.visit(f"{site.url}/x", NONE, KEY, START_NS)
        assert isinstance(came, Failed)
        assert least_s <= (came.again_ns - START_NS) / SECOND <= most_s

    play(test)


def test_failures_are_tried_later_and_later_and_never_too_late() -> None:
    async def test(visits: Visits, site: Site) -> None:
        waits = [(visits.failed("x", KEY, 0)).again_ns // SECOND for _ in range(20)]
        assert waits[0] < waits[1] < waits[2] < waits[3]
        assert max(waits) <= RETRY_S_MAX * 1.06
        assert visits.again_ns(3_600, KEY, 0) <= 3_600 * 1.06 * SECOND
        assert visits.failed("x", KEY, 0).again_ns < 64 * SECOND  # it went well in between
        visits.forget(KEY)

    play(test)


def test_waits_differ_by_lot_and_are_the_same_for_the_same_seed() -> None:
    def waits(seed: int) -> list[int]:
        visits = Visits(None, entropy(seed))
        return [visits.again_ns(3_600, KEY, 0) for _ in range(20)]

    assert waits(1) == waits(1)
    assert len(set(waits(1))) > 10
    assert Visits(None, None).again_ns(3_600, KEY, 0) == 3_600 * SECOND
    assert Visits(None, None).again_ns(0, KEY, 0) == EVERY_S_MIN * SECOND


def test_nobody_answers_is_a_failure() -> None:
    gone = Site()
    gone.close()

    async def whole() -> None:
        visits = Visits(way_out(gone.port), None)
        assert isinstance(await visits.visit(f"{gone.url}/x", NONE, KEY, START_NS), Failed)

    asyncio.run(whole())


def test_where_nothing_may_leave_it_can_never_work() -> None:
    async def test(visits: Visits, site: Site) -> None:
        with pytest.raises(EgressRefusedError):
            await visits.visit("https://elsewhere.example/x", NONE, KEY, START_NS)
        with pytest.raises(PortMissingError):
            await Visits(None, None).visit(f"{site.url}/x", NONE, KEY, START_NS)

    play(test)


@pytest.mark.parametrize(
    "url", ["", "ftp://x/y", "http://", "http://u:p@x/y", "http://x/\n", "http://x/é", "file:///etc/passwd", "http://[x", "http://x/" + "y" * 9_000],
)  # fmt: skip
def test_what_is_no_address_can_never_work(url: str) -> None:
    async def test(visits: Visits, site: Site) -> None:
        with pytest.raises(ValueShapeError):
            await visits.visit(url, NONE, KEY, START_NS)

    play(test)


@pytest.mark.parametrize("etag", ['"' + "x" * 5_000 + '"', '"\xe9"'])
def test_a_validator_that_cannot_be_sent_back_is_forgotten(etag: str) -> None:
    async def test(visits: Visits, site: Site) -> None:
        site.says("/x", "text", etag=etag)
        came: Any = await visits.visit(f"{site.url}/x", NONE, KEY, START_NS)
        assert came.validators == NONE

    play(test)
