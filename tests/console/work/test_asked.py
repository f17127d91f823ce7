"""What an address asks for is a number a database holds, or nothing; addresses of ours carry any name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.console.work.asked import NUMBER_MAX, agent_url, number, part_of, pid_of, text, url, whole


def asked(query: bytes = b"", **path: str) -> Request:
    return Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": [], "path_params": path}
    )


@given(st.text(max_size=40))
def test_whole_never_raises_and_never_leaves_its_range(said: str) -> None:
    found = whole(said)
    assert found is None or 0 <= found <= NUMBER_MAX


def test_numbers_and_texts_of_a_query_are_bounded():
    request = asked(b"after=12&bad=-3&huge=99999999999999999999&q=" + b"x" * 999)
    assert [number(request, name) for name in ("after", "bad", "huge", "none")] == [12, 0, 0, 0]
    assert len(text(request, "q")) == 200


def test_a_path_that_names_nothing_is_unknown():
    assert pid_of(asked(pid="7")) == 7
    for named in ("0", "x", "99999999999999999999"):
        with pytest.raises(UnknownProcessError):
            pid_of(asked(pid=named))
    with pytest.raises(UnknownPathError):
        part_of(asked(turn="²"), "turn")


def test_addresses_leave_out_what_is_empty_and_quote_the_rest():
    assert url("/a", from_=3, to="", q="ä&b") == "/a?from=3&q=%C3%A4%26b"
    assert url("/a", x=None) == "/a"
    assert agent_url("日本/../x") == "/agents/%E6%97%A5%E6%9C%AC%2F..%2Fx"
