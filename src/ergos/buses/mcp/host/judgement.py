"""What a server's tool is to the policy: effect class, reach, what each argument is.

A server's annotations are claims. Which of them are believed depends on what a lie would give it:

* That nothing leaves (`openWorldHint: false`) is not believed at all where it can be made true: a server without a
  way out of its sandbox is closed whatever it says. Any other is believed only if its owner trusts it.
* That a tool only reads (`readOnlyHint`) is believed as far as its owner approved the definition that says so. A liar
  gains what its settings gave it anyway: to change the folders it may write. What it says of itself never makes a tool
  reach less far than its confinement does.
* What is not said counts as the worst: irreversible, and arguments that matter.

Rules: the owner's settings beat every claim; pure.
Source: MCP 2026-07-28, "Tool annotations": clients must consider them untrusted unless they come from trusted servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from ergos.kernel.calls import EffectClass
from ergos.kernel.mounts import ServerSettings, ToolDefinition, ToolSettings, harmless
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.policy import ArgumentRole, Reach

SUMMARY_CHARS_MAX: Final = 1_000  # characters of a description that is shown or searched
NOTE_CHARS_MAX: Final = 400  # characters of the description of one argument
ARGUMENTS_MAX: Final = 200  # arguments of one tool that are judged by name; the others are targets like these

RECIPIENTS: Final = frozenset(
    "to cc bcc recipient recipients receiver receivers email emails email_address mail_to mailto addressee attendee "
    "attendees participant participants invitee invitees assignee assignees reviewer reviewers user_email phone "
    "phone_number channel channel_id chat_id conversation_id iban payee beneficiary share_with".split()
)
TEXTS: Final = frozenset(
    "body text content contents message comment description note notes subject title summary caption html markdown "
    "new_text old_text newtext oldtext prompt reply".split()
)


def judged(settings: ServerSettings, definition: ToolDefinition, name: str) -> ToolSpec:
    """The tool as its owner lets it be used."""
    own = settings.tools.get(definition.name, ToolSettings())
    effect = own.effect or effect_of(definition)
    reach = own.reach or reach_of(settings, definition)
    return ToolSpec(
        name=name,
        summary=harmless(definition.description or definition.title, SUMMARY_CHARS_MAX),
        parameters=cast("dict[str, object]", shown(definition.input)),
        effect=effect,
        reach=reach,
        roles=roles_of(definition, reach) | own.roles,
        trusted=settings.trusted if own.trusted is None else own.trusted,
        deadline_s=own.deadline_s or settings.deadline_s,
        queue=f"mcp.{settings.name}",
    )


def effect_of(definition: ToolDefinition) -> EffectClass:
    """Its effect class as claimed; what is not claimed is irreversible."""
    claims = definition.annotations
    if claims.get("readOnlyHint") is True:
        return "pure"
    if claims.get("idempotentHint") is True:
        return "idempotent"
    return "irreversible"


def reach_of(settings: ServerSettings, definition: ToolDefinition) -> Reach:
    """How far it goes, by its confinement first and its claims second."""
    reads = definition.annotations.get("readOnlyHint") is True
    closed = settings.enclosed or (settings.trusted and definition.annotations.get("openWorldHint") is False)
    if closed:
        return "read" if reads else "own"
    return "others"


def roles_of(definition: ToolDefinition, reach: Reach) -> dict[str, ArgumentRole]:
    """What each argument is, guessed from its name and format; a tool that reads has none."""
    if reach == "read":
        return {}
    found = definition.input.get("properties")
    properties = cast("Mapping[str, object]", found) if isinstance(found, dict) else {}
    return {name: role_of(name, properties[name]) for name in list(properties)[:ARGUMENTS_MAX]}


def role_of(name: str, schema: object) -> ArgumentRole:
    """Who gets it, free text, or what is acted on."""
    plain = _snake(name)
    stated = cast("Mapping[str, object]", schema) if isinstance(schema, dict) else {}
    if plain in RECIPIENTS or stated.get("format") in ("email", "idn-email"):
        return "recipient"
    if plain in TEXTS and stated.get("type", "string") == "string" and "enum" not in stated and "format" not in stated:
        return "text"
    return "target"


def shown(schema: object) -> object:
    """A schema whose notes for people and models are shortened and free of what cannot be seen."""
    if isinstance(schema, list):
        return [shown(part) for part in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: harmless(part, NOTE_CHARS_MAX)
        if key in ("description", "title", "$comment") and isinstance(part, str)
        else shown(part)
        for key, part in cast("dict[str, object]", schema).items()
    }


def _snake(name: str) -> str:
    """'replyTo' and 'Reply-To' as 'reply_to'."""
    parts = [f"_{letter}" if letter.isupper() and place else letter for place, letter in enumerate(name[:100])]
    return "".join(parts).replace("-", "_").replace("__", "_").lower()
