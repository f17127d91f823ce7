"""The path scheme: one spelling, one place."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain, encode
from ergos.base.errors import UnknownPathError, UnknownProcessError, UsageError
from ergos.kernel.namespace import LISTING_ENTRIES_MAX, PATH_CHARS_MAX, TABLE, Place, listing, place, read


class Things:
    """Processes 1 to `count`, one owner, one agent."""

    def __init__(self, count: int = 2) -> None:
        self.count = count

    async def names(self, place: Place, limit: int) -> tuple[str, ...]:
        if place.route.pattern == "/proc":
            return tuple(str(pid) for pid in range(1, self.count + 1))[:limit]
        return ("alice",)

    async def value(self, place: Place) -> Plain:
        if place.route.pattern.startswith("/proc") and place.pid > self.count:
            raise UnknownProcessError
        return place.path


def test_every_route_can_be_reached_and_spelled_back():
    for route in TABLE:
        path = route.pattern.replace("{pid}", "7").replace("{owner}", "alice").replace("{agent}", "news")
        found = place(path)
        assert found.route == route
        assert found.path == path


@pytest.mark.parametrize("path", ["proc/7/state", "/proc/7/state", "/proc/7/state/"])
def test_slashes_at_the_ends_do_not_matter(path: str):
    found = place(path)
    assert (found.path, found.pid) == ("/proc/7/state", 7)


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/proc/..",
        "/proc/0",
        "/proc/07",
        "/proc/-1",
        "/proc/١",
        "/proc/" + "9" * 19,
        "/proc//state",
        "//proc",
        "/proc/7/nope",
        "/proc/7/state/x",
        "/ledger/..",
        "/ledger/a\x00b",
        "/proc/{pid}",
        "/" + "a" * PATH_CHARS_MAX,
        "/ledger/\x1b",
    ],
)
def test_what_names_nothing_is_refused(path: str):
    with pytest.raises(UnknownPathError):
        place(path)


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_a_clear_error(text: str):
    try:
        assert place(text).path.startswith("/")
    except UnknownPathError:
        pass


def test_a_listing_has_fixed_and_variable_names():
    names = [entry.name for entry in asyncio.run(listing("/", Things())).entries]
    assert names == ["proc", "ledger", "inbox", "agents", "sys"]
    assert [entry.name for entry in asyncio.run(listing("/proc", Things())).entries] == ["1", "2"]
    assert "journal" in [entry.name for entry in asyncio.run(listing("/proc/2", Things())).entries]


def test_a_long_listing_says_that_there_is_more():
    found = asyncio.run(listing("/proc", Things(LISTING_ENTRIES_MAX + 5)))
    assert len(found.entries) == LISTING_ENTRIES_MAX
    assert found.more
    assert not asyncio.run(listing("/proc", Things(LISTING_ENTRIES_MAX))).more


def test_a_process_that_does_not_exist_has_no_folder():
    with pytest.raises(UnknownProcessError):
        asyncio.run(listing("/proc/3", Things()))


def test_folders_are_listed_and_the_rest_is_read():
    with pytest.raises(UsageError):
        asyncio.run(read("/proc", Things()))
    with pytest.raises(UsageError):
        asyncio.run(listing("/inbox", Things()))
    assert asyncio.run(read("/proc/1/mail", Things())) == "/proc/1/mail"


@pytest.mark.parametrize("path", ["/sys/limits", "/sys/syscalls", "/sys/errors"])
def test_the_kernels_own_tables_are_plain_data(path: str):
    value = asyncio.run(read(path, Things()))
    assert value
    encode(value)
