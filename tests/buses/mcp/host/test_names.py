"""Names of mounted tools: bounded, plain, and different for different tools whatever a server calls them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import name as checked
from ergos.base.limits import NAME_CHARS_MAX
from ergos.buses.mcp.host.names import DIGITS, alike, full_name


@pytest.mark.parametrize("tool", ["read_file", "get-sum", "files.read", "A1", "_x"])
def test_a_plain_name_is_kept(tool: str) -> None:
    assert full_name("srv", tool) == f"srv.{tool}"


@pytest.mark.parametrize(
    "tool", ["a b", "\u0435cho", "x" * 300, "../../etc", "a/b", "", ".", "a..b", "-", "x-0123456789ab", "\x00"]
)
def test_any_other_name_carries_a_mark(tool: str) -> None:
    found = full_name("srv", tool)
    assert found.startswith("srv.")
    assert set(found.rpartition("-")[2]) <= set("0123456789abcdef")
    assert len(found.rpartition("-")[2]) == DIGITS


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["a", "a" * 32]))
def test_two_tools_have_two_names_and_each_is_one(one: str, other: str, server: str) -> None:
    first, second = full_name(server, one), full_name(server, other)
    assert (first == second) == (one == other)
    assert len(first) <= NAME_CHARS_MAX
    assert first.isascii()
    assert checked(first, what="a tool") == first


def test_who_imitates_a_mark_gets_another() -> None:
    taken = full_name("s", "a b").removeprefix("s.")
    assert full_name("s", taken) != full_name("s", "a b")


@pytest.mark.parametrize(
    ("one", "other"), [("Read", "read"), ("a-b", "a_b"), ("l1st", "list"), ("\uff45cho", "echo"), ("log0", "logo")]
)
def test_names_that_people_confuse_are_alike(one: str, other: str) -> None:
    assert alike(one) == alike(other)
    assert full_name("s", one) != full_name("s", other)
