"""Bounds only take away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.bounds import MARK, bound_name, narrowed

NAMES = st.sampled_from(
    ["web", "web.read", "web.search", "files.read", "web.*", "files.*", "web.read.*", "webs.x", "web.read.x"]
)


@pytest.mark.parametrize(
    ("pattern", "tools", "left"),
    [
        ("web.read", None, ("web.read",)), ("web.read", ("web.*",), ("web.read",)), ("web.*", ("web.read", "web.search"), ("web.read", "web.search")),
        ("web.*", ("files.*",), ()), ("web.*", ("web.*",), ("web.*",)), ("webs.x", ("web.*",), ()), ("web.read", (), ()), ("web", ("web.*",), ()),
        ("web.*", ("web.read", "web.read"), ("web.read",)),
    ],
)  # fmt: skip
def test_a_grant_is_cut_to_what_is_named(pattern: str, tools: tuple[str, ...] | None, left: tuple[str, ...]):
    assert narrowed(pattern, tools) == left


def _covers(pattern: str, name: str) -> bool:
    return name == pattern or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


@given(NAMES, st.lists(NAMES, max_size=4), NAMES)
def test_what_is_left_was_granted_and_is_named(pattern: str, tools: list[str], tool: str):
    if tool.endswith(".*"):
        return
    left = narrowed(pattern, tuple(tools))
    allowed = any(_covers(one, tool) for one in left)
    assert allowed == (_covers(pattern, tool) and any(_covers(one, tool) for one in tools))


def test_no_agent_on_disk_has_the_name_of_one_that_works_for_a_peer():
    from ergos.base.errors import ValueShapeError
    from ergos.base.ids import name

    assert bound_name("news", "acme") == bound_name(bound_name("news", "acme"), "acme") == f"news{MARK}acme"
    with pytest.raises(ValueShapeError):
        name(bound_name("news", "acme"), what="an agent")
