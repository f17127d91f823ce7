"""Tools of others as grants of ours: each asks, each names a tool that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.home import home_at
from ergos.app.importing.remarks import Findings
from ergos.app.importing.tool_map import KNOWN, NEEDLESS, distinct, fetching, files_below, of_tool, several
from ergos.app.mining.costs import tools_of
from ergos.kernel.permission.grants import Grant


def test_every_grant_is_for_a_built_in_tool_and_its_arguments_are_those_of_it(tmp_path: Path) -> None:
    tools = tools_of(home_at(tmp_path, {"HOME": str(tmp_path)}))
    for said, names in KNOWN.items():
        assert said == said.lower()
        assert set(names) <= set(tools)
    for name in KNOWN["filesystem"]:
        assert set(files_below(("a",), name)) == set(tools[name].parameters["properties"])  # type: ignore[call-overload]
    assert set(fetching(("x",))) <= set(tools["http.fetch"].parameters["properties"])  # type: ignore[call-overload]


@pytest.mark.parametrize("said", sorted(NEEDLESS)[:5])
def test_what_is_a_part_of_the_system_needs_no_grant(said: str) -> None:
    findings = Findings()
    assert of_tool("a", said, "w", findings, "X") == ()
    assert not findings.all


def test_a_tool_is_granted_asked_for_with_one_remark_or_named_as_unknown() -> None:
    findings = Findings()
    grants = of_tool("a", "Filesystem", "w", findings, "X")
    assert len(grants) == 8
    assert all(one.ask and one.words == "imported from X: Filesystem" for one in grants)
    assert of_tool("a", "teleport", "w", findings, "X") == ()
    assert [(one.code, one.what) for one in findings.all] == [("I202", "Filesystem"), ("I201", "teleport")]


def test_the_same_permission_stands_once() -> None:
    one = several("a", ("files.read",), "x", "w", Findings(), "X")
    two = several("a", ("files.read",), "y", "w", Findings(), "X", lambda name: files_below(("b",), name))
    kept = distinct((*one, *one, *two, Grant(agent="a", verb="think", name="files.read")))
    assert len(kept) == 3
