"""The table as a whole: what every row has to be, and what it must not offer."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from ergos.app.access.authority import RULES
from ergos.runtime.control import Stop
from ergos.server.api.operation import BASE
from ergos.server.api.table import TABLE


def test_ids_and_places_are_told_apart() -> None:
    assert max(Counter(row.id for row in TABLE).values()) == 1
    assert max(Counter((row.method, row.path) for row in TABLE).values()) == 1
    assert max(Counter((row.method, re.sub(r"\{\w+\}", "{}", row.path)) for row in TABLE).values()) == 1
    assert all(re.fullmatch("[a-z][A-Za-z]+", row.id) for row in TABLE)
    assert BASE == "/api/v1"


def test_every_row_is_said_in_a_sentence() -> None:
    for row in TABLE:
        assert row.summary.endswith("."), row.id
        assert row.run.__doc__ or row.run.__name__ == "looked", row.id


def test_parameters_of_a_path_are_fields_and_bodies_are_for_writes_only() -> None:
    for row in TABLE:
        fields = {field.encode_name for field in msgspec.structs.fields(row.takes)}
        assert set(row.in_path) <= fields, row.id
        assert row.body is None or row.method in {"POST", "PUT"}, row.id
        assert (row.reply is None) == (row.status == 204), row.id
        assert not row.once or row.method == "POST", row.id
        assert not row.agents or row.method == "GET", "a process acts through its own door"


def test_what_writes_wants_more_than_a_viewer_unless_it_only_says_what_would_be() -> None:
    pure = {"compileWords", "previewGrant"}
    for row in TABLE:
        if row.writes and row.id not in pure:
            assert row.role in {"operator", "owner"}, row.id


def test_what_decides_or_lets_in_wants_a_fresh_sign_in() -> None:
    fresh = {row.id for row in TABLE if row.fresh}
    assert {"confirmGrant", "enter", "enterAgain", "setSecret", "forgetSecret", "makeToken", "approveTool"} <= fresh


def test_nothing_ends_the_kernel_over_http() -> None:
    assert Stop in RULES
    assert not any("down" in row.path or row.id.lower().startswith("shutdown") for row in TABLE)


def test_every_link_leads_to_an_operation_that_takes_it() -> None:
    rows = {row.id: row for row in TABLE}
    for row in TABLE:
        for link in row.links:
            there = rows[link.to]
            assert link.parameter in {field.encode_name for field in msgspec.structs.fields(there.takes)}
            named = {field.encode_name for field in msgspec.structs.fields(there.body)} if there.body else set()
            assert set(link.body) <= named
