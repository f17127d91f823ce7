"""Inputs of a task as text for a model, within a number of tokens.

The rule of the cut, which a model is told whenever it was applied:

- what fits stands whole, as compact JSON;
- else a text longer than a quarter of the room ends in "…[+N characters]";
- of each list the first items stay, because what comes first is what its author ranked best; of a conversation
  (items with a `role`) the last ones; several lists are shortened by the same share;
- if that is not enough, the texts become shorter still, by halves.

Rules: the same text for the same inputs; never more tokens than the room; nothing is left out silently. Tokens are
`kernel.pager`'s upper estimate, and its window decides what stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from ergos.base.canonical import Plain, encode
from ergos.base.errors import BoundError
from ergos.kernel.models import Media, Message, Reasoning, Text, ToolCall, ToolResult
from ergos.kernel.pager import NOTICE_TOKENS, Page, tokens_of, window

TEXT_SHARE: Final = 4  # one text may take one part in so many of the room before it is cut
TEXT_BYTES_MIN: Final = 32  # bytes below which cutting a text further says nothing any more
LIST_NOTICE_TOKENS: Final = 24  # tokens that say which items of one list are out, its name apart

MESSAGE_TOKENS: Final = 16  # tokens a message takes beside its words: its role and what parts it from the next

Path: TypeAlias = tuple[str, ...]
"""Where a list stands: the names that lead to it."""


def rendered(inputs: Plain, room_tokens: int) -> str:
    """The inputs as compact JSON, cut to the room by the rule above; 0: no limit.

    Raises: BoundError if even the shortest form does not fit; ValueShapeError for what is not plain.
    """
    whole = encode(inputs, what="the inputs").decode()
    if not room_tokens or tokens_of(whole) <= room_tokens:
        return whole
    bytes_max = max(TEXT_BYTES_MIN, room_tokens * 3 // TEXT_SHARE)
    while True:
        found, is_fair = _cut(_trimmed(inputs, bytes_max), room_tokens)
        is_last = bytes_max == TEXT_BYTES_MIN
        if found and (is_fair or is_last):
            return found
        if is_last:
            raise BoundError(
                f"the inputs do not fit {room_tokens:,} tokens, however much of them is cut",
                remedy="raise `window_tokens` in AGENT.md, or give the solver a `prompt`",
            )
        bytes_max = max(TEXT_BYTES_MIN, bytes_max // 2)


def leading(pages: Sequence[str], room_tokens: int) -> int:
    """How many of the first pages fit, each on lines of its own; 0 tokens: no limit."""
    if not room_tokens:
        return len(pages)
    listed = [Page(text="", tokens=tokens_of(f"{page}\n")) for page in reversed(pages)]
    return len(window(listed, room_tokens).resident)


def cut(text: str, room_tokens: int) -> str:
    """The text, or as much of its beginning as fits and how much is missing; 0: no limit.

    Raises: BoundError if there is no room even for saying so.
    """
    if not room_tokens or tokens_of(text) <= room_tokens:
        return text
    if room_tokens <= NOTICE_TOKENS:
        raise BoundError(f"a window of {room_tokens} tokens holds nothing", remedy="raise `window_tokens` in AGENT.md")
    return _shortened(text, (room_tokens - NOTICE_TOKENS) * 3)


def message_tokens(message: Message) -> int:
    """An upper estimate of a message's tokens; media are not counted."""
    total = MESSAGE_TOKENS
    for part in message.parts:
        match part:
            case Text(text) | Reasoning(text):
                total += tokens_of(text)
            case ToolCall():
                total += tokens_of(part.id + part.name + part.arguments)
            case ToolResult():
                total += tokens_of(part.id + part.name + part.text)
            case Media():
                pass
    return total


def _cut(inputs: Plain, room_tokens: int) -> tuple[str, bool]:
    """The inputs with their lists shortened to the room, and whether every list kept an item; '' if nothing fits."""
    places = list(_lists(inputs, ()))
    skeleton = encode(_replaced(inputs, (), {path: [] for path, _ in places})).decode()
    notices = NOTICE_TOKENS + sum(LIST_NOTICE_TOKENS + tokens_of(".".join(path)) for path, _ in places)
    room = room_tokens - notices - NOTICE_TOKENS
    if room < tokens_of(skeleton):
        return "", False
    ranked = sorted(
        (_rank(at, items), number, at) for number, (_, items) in enumerate(places) for at in range(len(items))
    )
    ranked.reverse()  # the pager keeps what comes last
    texts = [encode(places[number][1][at]).decode() for _, number, at in ranked]
    pages = [Page(text=skeleton, tokens=tokens_of(skeleton), pinned=True)]
    pages += [Page(text=text, tokens=tokens_of(f"{text},")) for text in texts]
    stay = {ranked[index - 1][1:] for index in window(pages, room).resident if index}
    kept = {
        path: [item for at, item in enumerate(items) if (number, at) in stay]
        for number, (path, items) in enumerate(places)
    }
    said = [_notice(path, len(kept[path]), items) for path, items in places if len(kept[path]) < len(items)]
    text = encode(_replaced(inputs, (), kept)).decode()
    left_out = f"\nNot shown, because the window is full: {'; '.join(said)}." if said else ""
    is_fair = all(kept[path] or not items for path, items in places)
    return text + left_out, is_fair


def _rank(at: int, items: list[Plain]) -> float:
    """0: stays longest, 1: goes first."""
    return (len(items) - 1 - at if _is_conversation(items) else at) / len(items)


def _is_conversation(items: list[Plain]) -> bool:
    return all(isinstance(item, dict) and "role" in item for item in items)


def _notice(path: Path, kept: int, items: list[Plain]) -> str:
    name = f"`{'.'.join(path)}`" if path else "the list"
    which = "last" if _is_conversation(items) else "first"
    return f"of {len(items)} items of {name} the {which} {kept} are" if kept else f"all {len(items)} items of {name}"


def _lists(value: Plain, path: Path) -> Iterator[tuple[Path, list[Plain]]]:
    """The lists that no other list holds."""
    if isinstance(value, list):
        yield path, value
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from _lists(value[name], (*path, name))


def _replaced(value: Plain, path: Path, lists: dict[Path, list[Plain]]) -> Plain:
    if isinstance(value, list):
        return lists.get(path, value)
    if isinstance(value, dict):
        return {name: _replaced(item, (*path, name), lists) for name, item in value.items()}
    return value


def _trimmed(value: Plain, bytes_max: int) -> Plain:
    """The same value with its long texts cut; names stay."""
    if isinstance(value, str):
        return value if len(value.encode()) <= bytes_max else _shortened(value, bytes_max)
    if isinstance(value, list | tuple):
        return [_trimmed(item, bytes_max) for item in value]
    if isinstance(value, dict):
        return {name: _trimmed(item, bytes_max) for name, item in value.items()}
    return value


def _shortened(text: str, bytes_max: int) -> str:
    head = text.encode()[:bytes_max].decode(errors="ignore")
    return f"{head}…[+{len(text) - len(head)} characters]"
