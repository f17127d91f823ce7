"""What a grant brings is judged at its worst, and a way out is closed only where the owner named who gets it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.legs import (
    LEGS,
    addresses,
    is_answered,
    legs,
    named_tools,
    networks,
    parameter_names,
    required_names,
    role_at,
)


def tool(name: str = "t", *parameters: str, **fields: object) -> ToolSpec:
    schema = {
        "type": "object",
        "properties": {key: {"type": "string"} for key in parameters},
        "additionalProperties": False,
    }
    return ToolSpec(**{"name": name, "summary": "", "parameters": schema, "effect": "irreversible", **fields})


def grant(args: dict[str, Matcher] | None = None, *, ask: bool = False) -> Grant:
    return Grant(agent="a", verb="act", name="t", args=args, ask=ask)


MAIL = tool("t", "to", "body", reach="others", roles={"to": "recipient", "body": "text"})
BOB, EVE = Matcher("equals", ("bob@x.org",)), Matcher("one_of", ("eve@x.org", "bob@x.org"))
ANY = Matcher("any")


def test_what_an_agent_of_others_answers_may_have_been_written_by_anybody() -> None:
    ask = tool("peers.bob.ask", "message", reach="others", roles={"message": "text"})
    assert is_answered("peers.bob.ask")
    assert not is_answered("peers.bob.look")
    assert not is_answered("mail.ask")
    assert legs(grant(), ask, answers=True) == {"input", "out"}
    assert legs(grant(ask=True), ask, answers=True) == {"input"}
    trusted = tool("peers.bob.ask", "message", reach="others", roles={"message": "text"}, trusted=True)
    assert legs(grant(), trusted, answers=True) == {"out"}


def test_a_tool_nobody_knows_is_all_three() -> None:
    assert legs(grant(), None) == set(LEGS)
    assert legs(grant(), tool()) == set(LEGS), "one that does not say how far it reaches"
    assert legs(grant({"to": BOB}), None) == set(LEGS)
    assert legs(grant(ask=True), None) == {"input", "private"}


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (tool("t", "url", effect="pure", roles={"url": "target"}), {"input"}),
        (tool("t", "url", effect="pure"), {"input", "out"}),
        (tool("t", "path", effect="pure"), {"input", "private"}),
        (tool("t", "path", effect="pure", trusted=True), {"private"}),
        (tool("t", "url", effect="pure", roles={"url": "target"}, readers=("me",)), {"input", "private"}),
        (tool("t", "path", reach="own"), set()),
        (tool("t", "path", reach="own", local=True), {"private"}),
        (tool("t", "code", reach="code"), {"input", "private"}),
        (tool("t", "code", "network", reach="code"), set(LEGS)),
        (MAIL, {"out"}),
        (tool("t", "query", reach="others"), set(LEGS)),
        (tool("t", "query", reach="others", roles={"query": "target"}), set(LEGS)),
        (tool("t", "query", reach="others", effect="pure", roles={"query": "text"}), set(LEGS)),
        (tool("t", "query", reach="others", effect="pure", trusted=True, roles={"query": "text"}), {"private", "out"}),
        (tool("t", "url", "text", reach="others", roles={"url": "recipient", "text": "text"}), {"input", "out"}),
        (tool("t", "to", "amount", reach="money", roles={"to": "recipient"}), {"out"}),
    ],
)
def test_a_tool_brings_what_it_declares(spec: ToolSpec, found: set[str]) -> None:
    assert legs(grant(), spec) == found


def test_the_owner_may_say_that_results_are_for_everybody() -> None:
    search = tool("t", "query", effect="pure")
    assert legs(grant(), search) == {"input", "private"}
    assert legs(grant(), search, public=True) == {"input"}


@pytest.mark.parametrize(
    ("args", "closed"),
    [
        ({"to": BOB, "body": ANY}, True),
        ({"to": EVE, "body": ANY}, True),
        ({"to": ANY, "body": ANY}, False),
        ({"to": Matcher("grounded"), "body": ANY}, False),
        ({"to": Matcher("domain", ("x.org",)), "body": ANY}, False),
        ({"to": Matcher("under", ("bob",)), "body": ANY}, False),
        ({"body": BOB}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_way_out_is_closed_where_every_recipient_is_named(args: dict[str, Matcher] | None, closed: bool) -> None:
    assert ("out" not in legs(grant(args), MAIL)) is closed
    assert "out" not in legs(grant(args, ask=True), MAIL)


def test_what_decides_where_it_goes_has_to_be_named_too() -> None:
    issue = tool("t", "repo", "cc", "text", reach="others", roles={"cc": "recipient", "repo": "target", "text": "text"})
    assert "out" in legs(grant({"repo": ANY, "cc": BOB, "text": ANY}), issue)
    assert "out" not in legs(grant({"repo": Matcher("equals", ("me/mine",)), "cc": BOB, "text": ANY}), issue)
    hook = tool("t", "webhook", "text", reach="others", roles={"webhook": "plain", "text": "text"})
    assert "out" in legs(grant({"webhook": Matcher("domain", ("x.org",)), "text": ANY}), hook)
    assert "out" not in legs(grant({"webhook": Matcher("equals", ("https://x.org/me",)), "text": ANY}), hook)


def test_an_argument_without_a_role_counts_as_the_place_it_goes_to() -> None:
    silent = tool("t", "a", "b", reach="others")
    assert "out" in legs(grant({"a": BOB, "b": ANY}), silent)
    assert "out" not in legs(grant({"a": BOB, "b": EVE}), silent)


def test_a_fetch_whose_address_is_free_text_is_a_way_out() -> None:
    fetch = tool("t", "url", effect="pure")
    assert "out" in legs(grant({"url": Matcher("domain", ("x.org",))}), fetch)
    assert "out" not in legs(grant({"url": Matcher("equals", ("https://x.org/",))}), fetch)
    assert "out" not in legs(grant({"other": ANY}), fetch)


def test_code_without_a_network_is_no_way_out() -> None:
    shell = tool("t", "command", "network", reach="code")
    assert networks(shell) == ("network",)
    assert "out" not in legs(grant({"command": ANY}), shell)
    assert "out" not in legs(grant({"command": ANY, "network": Matcher("equals", (False,))}), shell)
    assert "out" in legs(grant({"command": ANY, "network": ANY}), shell)
    assert "out" not in legs(grant(ask=True), shell)


@given(
    st.dictionaries(st.sampled_from(["to", "url", "n"]), st.sampled_from([ANY, BOB, EVE, Matcher("grounded")])),
    st.booleans(),
    st.sampled_from(["read", "own", "others", "money", "code", None]),
    st.dictionaries(st.sampled_from(["to", "url", "n"]), st.sampled_from(["recipient", "target", "text", "plain"])),
    st.sampled_from(["pure", "irreversible"]),
    st.booleans(),
)
def test_asking_and_narrowing_never_open_anything(args, ask, reach, roles, effect, trusted) -> None:
    spec = tool("t", "to", "url", "n", reach=reach, roles=roles, effect=effect, trusted=trusted)
    found = legs(grant(args, ask=ask), spec)
    assert legs(grant(args, ask=True), spec) <= found
    assert found <= legs(grant(ask=ask), spec)
    assert legs(grant(dict.fromkeys(args, BOB), ask=ask), spec) <= found or not args


def test_a_prefix_names_every_tool_below_it() -> None:
    specs = {name: tool(name) for name in ("m.a", "m.b", "mail.c")}
    assert named_tools(Grant(agent="a", verb="act", name="m.*"), specs) == ("m.a", "m.b")
    assert named_tools(Grant(agent="a", verb="act", name="m.z"), specs) == ()


@pytest.mark.parametrize(
    "schema", [{}, {"properties": 3}, {"properties": {"a": None}, "required": "x"}, {"required": [1]}]
)
def test_a_senseless_schema_is_taken_as_it_comes(schema: dict[str, object]) -> None:
    spec = tool("t", parameters=schema, effect="pure")
    assert parameter_names(spec) is None
    assert required_names(spec) == ()
    assert legs(grant(), spec) == {"input", "private"}
    assert addresses(tool("t", parameters={"properties": {"x": {"format": "uri"}}})) == ("x",)
    assert role_at(spec, "a") == "plain"
