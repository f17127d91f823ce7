"""Content of the protocol to words, and what happens to updates of the protocol.

Rules: pure; text, links and embedded texts are taken, everything else is refused by name; what is shown is cut where an
editor could not show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.buses.acp.ports import Step, Wish, Words

if TYPE_CHECKING:
    from acp.schema import PermissionOption, ToolCallUpdate

SHOWN_CHARS_MAX: Final = 32_768  # characters of one text shown in an editor


def words_of(blocks: Iterable[Any]) -> str:
    """What a prompt says. Raises: UsageError for content that is no text."""
    from acp.schema import (
        EmbeddedResourceContentBlock,
        ResourceContentBlock,
        TextContentBlock,
        TextResourceContents,
    )

    found: list[str] = []
    for block in blocks:
        if isinstance(block, TextContentBlock):
            found.append(block.text)
        elif isinstance(block, ResourceContentBlock):
            found.append(f"[{block.name}]({block.uri})")
        elif isinstance(block, EmbeddedResourceContentBlock) and isinstance(block.resource, TextResourceContents):
            found.append(f"{block.resource.uri}:\n{block.resource.text}")
        else:
            raise UsageError(f"content of the type {block.type} is not taken here", remedy="send text or a link")
    text = "\n\n".join(part for part in found if part.strip())
    if not text:
        raise UsageError("there is nothing in this prompt", remedy="say something")
    return text


def update_of(happening: Words | Step) -> Any:  # noqa: ANN401 - one of the library's many updates
    """The update that tells it."""
    from acp import helpers

    match happening:
        case Words(who="owner"):
            return helpers.update_user_message_text(_cut(happening.text))
        case Words():
            return helpers.update_agent_message_text(_cut(happening.text))
        case Step(first=True):
            return helpers.start_tool_call(
                happening.id,
                happening.title,
                kind=happening.work,
                status=happening.status,
                content=_content(happening.text),
                raw_input=_bounded(happening.given),
                raw_output=_bounded(happening.came),
            )
        case Step():
            return helpers.update_tool_call(
                happening.id,
                status=happening.status,
                content=_content(happening.text),
                raw_output=_bounded(happening.came),
            )


def permission_of(wish: Wish) -> tuple[ToolCallUpdate, list[PermissionOption]]:
    """The exact call and what can be said to it, as an editor asks for permission."""
    from acp import helpers
    from acp.schema import PermissionOption, ToolCallUpdate

    call = msgspec.json.format(msgspec.json.encode(wish.call), indent=2).decode() if wish.call is not None else ""
    shown = "\n\n".join(part for part in (wish.text, call, f"digest {wish.digest}" if wish.digest else "") if part)
    asked = ToolCallUpdate(
        tool_call_id=f"inbox/{wish.number}",
        title=wish.text[:200] or f"{wish.kind} {wish.number}",
        kind="other",
        status="pending",
        content=[helpers.tool_content(helpers.text_block(shown))],
        raw_input={"number": wish.number, "kind": wish.kind, "call": wish.call, "digest": wish.digest},
    )
    options = [
        PermissionOption(
            option_id=choice.id, name=choice.text[:200], kind="allow_once" if choice.yes else "reject_once"
        )
        for choice in wish.choices
    ]
    return asked, options


def fits(wish: Wish) -> bool:
    """Whether an editor can show all of it: who approves a call must not miss its end."""
    return len(msgspec.json.encode(wish.call)) + len(wish.text) <= SHOWN_CHARS_MAX


def _content(text: str) -> list[Any] | None:
    from acp import helpers

    return [helpers.tool_content(helpers.text_block(_cut(text)))] if text else None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…"


def _bounded(value: Plain) -> Plain:
    return value if len(msgspec.json.encode(value)) <= SHOWN_CHARS_MAX else None
