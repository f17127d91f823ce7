"""What a server's claims are worth: less than its confinement, and less than its owner's word."""

from __future__ import annotations

import msgspec
import pytest

from ergos.buses.mcp.host.judgement import effect_of, judged, reach_of, role_of, shown
from ergos.kernel.mounts import ServerSettings, ToolDefinition, ToolSettings

BOX = ServerSettings(name="box", command="/bin/x")
OPEN = ServerSettings(name="open", command="/bin/x", hosts=("a.example",))
WEB = ServerSettings(name="web", url="https://a.example/mcp")
BARE = ServerSettings(name="bare", command="/bin/x", sandbox=False)


def claiming(**claims: object) -> ToolDefinition:
    properties = {"to": {"type": "string"}, "body": {"type": "string"}, "id": {"type": "integer"}}
    return ToolDefinition(name="t", annotations=claims, input={"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("claims", "effect"),
    [
        ({}, "irreversible"),
        ({"readOnlyHint": True}, "pure"),
        ({"readOnlyHint": True, "destructiveHint": True}, "pure"),
        ({"idempotentHint": True}, "idempotent"),
        ({"readOnlyHint": False, "idempotentHint": False}, "irreversible"),
        ({"destructiveHint": True}, "irreversible"),
        ({"destructiveHint": False}, "irreversible"),
        ({"readOnlyHint": "true"}, "irreversible"),
        ({"readOnlyHint": 1}, "irreversible"),
    ],
)
def test_what_is_not_claimed_is_irreversible(claims: dict[str, object], effect: str) -> None:
    assert effect_of(claiming(**claims)) == effect


@pytest.mark.parametrize(
    ("settings", "claims", "reach"),
    [
        (BOX, {}, "own"),
        (BOX, {"readOnlyHint": True}, "read"),
        (BOX, {"readOnlyHint": True, "openWorldHint": True}, "read"),
        (OPEN, {"readOnlyHint": True, "openWorldHint": False}, "others"),
        (WEB, {"readOnlyHint": True, "openWorldHint": False}, "others"),
        (BARE, {"readOnlyHint": True, "openWorldHint": False}, "others"),
        (msgspec.structs.replace(WEB, trusted=True), {"readOnlyHint": True, "openWorldHint": False}, "read"),
        (msgspec.structs.replace(WEB, trusted=True), {"openWorldHint": False}, "own"),
        (msgspec.structs.replace(WEB, trusted=True), {"readOnlyHint": True}, "others"),
    ],
)
def test_that_nothing_leaves_is_believed_where_it_is_made_true_or_its_owner_trusts_it(
    settings: ServerSettings, claims: dict[str, object], reach: str
) -> None:
    assert reach_of(settings, claiming(**claims)) == reach


@pytest.mark.parametrize(
    ("name", "schema", "role"),
    [
        ("to", {"type": "string"}, "recipient"),
        ("recipients", {"type": "array"}, "recipient"),
        ("userEmail", {"type": "string"}, "recipient"),
        ("contact", {"type": "string", "format": "email"}, "recipient"),
        ("body", {"type": "string"}, "text"),
        ("newText", {"type": "string"}, "text"),
        ("message", {"enum": ["a"]}, "target"),
        ("content", {"type": "object"}, "target"),
        ("text", {"type": "string", "format": "uri"}, "target"),
        ("path", {"type": "string"}, "target"),
        ("amount", {"type": "number"}, "target"),
        ("", None, "target"),
        ("x" * 10_000, [], "target"),
    ],
)
def test_an_argument_is_guessed_from_its_name_and_is_a_target_otherwise(name: str, schema: object, role: str) -> None:
    assert role_of(name, schema) == role


def test_a_tool_that_only_reads_has_no_consequential_arguments() -> None:
    assert judged(BOX, claiming(readOnlyHint=True), "box.t").roles == {}
    assert judged(WEB, claiming(readOnlyHint=True), "web.t").roles == {
        "to": "recipient",
        "body": "text",
        "id": "target",
    }


def test_the_owners_word_beats_every_claim() -> None:
    own = ToolSettings(effect="pure", reach="read", roles={"id": "plain"}, trusted=True, deadline_s=3.0)
    settings = msgspec.structs.replace(WEB, tools={"t": own})
    spec = judged(settings, claiming(destructiveHint=True), "web.t")
    assert (spec.effect, spec.reach, spec.roles, spec.trusted, spec.deadline_s) == (
        "pure",
        "read",
        {"id": "plain"},
        True,
        3.0,
    )
    assert (spec.name, spec.queue, spec.local) == ("web.t", "mcp.web", False)
    lying = judged(
        msgspec.structs.replace(WEB, tools={"t": ToolSettings(effect="irreversible", reach="money")}),
        claiming(readOnlyHint=True),
        "web.t",
    )
    assert (lying.effect, lying.reach) == ("irreversible", "money")


def test_notes_in_a_schema_are_shortened_and_cleaned_and_nothing_else_is() -> None:
    schema = {
        "title": "a\x1b",
        "description": "x" * 900,
        "properties": {"description": {"enum": ["\x1b"], "description": "b\u202e"}},
        "items": [1],
    }
    found = shown(schema)
    assert found == {
        "title": "a",
        "description": "x" * 399 + "…",
        "properties": {"description": {"enum": ["\x1b"], "description": "b"}},
        "items": [1],
    }
