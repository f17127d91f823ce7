"""What is resident in a context window: the pages that fit its token budget.

A context is a list of pages, oldest first. Pinned pages (instructions, the goal) always stay; of the others
the newest stay; the rest are out, and a one-line page says how many, so that nothing disappears silently.

Rules: pure; never more than the budget; the kept pages keep their order and are a stable prefix plus a
suffix, so that a provider's prefix cache can hit. This is the first version behind the seam: faults,
summaries and retrieval replace the choice, not the signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import BoundError

NOTICE_TOKENS: Final = 24
"""Tokens of the page that says how much is out."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of context."""

    text: str
    tokens: int
    pinned: bool = False


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What a model would see."""

    resident: tuple[int, ...]
    """Indexes of the pages kept, ascending."""
    evicted: tuple[int, ...]
    tokens: int
    notice: str
    """Stands between the pinned and the recent pages when something is out; else ''."""


def tokens_of(text: str) -> int:
    """An upper estimate of a text's tokens without a tokenizer: a third of its bytes, at least 1.

    Over the tokenizers in use, English takes about 4 bytes a token and Chinese 2 to 4; an upper estimate keeps
    the window and the hold on the safe side.
    """
    return max(1, -(-len(text.encode("utf-8", "replace")) // 3))


def window(pages: Sequence[Page], budget_tokens: int) -> Window:
    """The pages that stay within the budget. Cost: O(pages).

    Raises: BoundError if the pinned pages alone do not fit.
    """
    pinned = sum(page.tokens for page in pages if page.pinned)
    if pinned > budget_tokens:
        raise BoundError(
            f"the pinned pages need {pinned:,} tokens and the window has {budget_tokens:,}",
            remedy="shorten the instructions or raise `window_tokens` in AGENT.md",
        )
    total = sum(page.tokens for page in pages)
    everything = tuple(range(len(pages)))
    if total <= budget_tokens:
        return Window(resident=everything, evicted=(), tokens=total, notice="")
    room = budget_tokens - pinned - NOTICE_TOKENS
    kept: set[int] = {index for index in everything if pages[index].pinned}
    for index in reversed(everything):
        if pages[index].pinned:
            continue
        if pages[index].tokens > room:
            break  # a gap in the recent pages would misrepresent the conversation
        room -= pages[index].tokens
        kept.add(index)
    evicted = tuple(index for index in everything if index not in kept)
    used = sum(pages[index].tokens for index in kept)
    fits = used + NOTICE_TOKENS <= budget_tokens
    return Window(
        resident=tuple(sorted(kept)),
        evicted=evicted,
        tokens=used + (NOTICE_TOKENS if fits else 0),
        notice=f"[{len(evicted)} earlier messages are not shown]" if fits else "",
    )


def fitted(messages: Sequence[Plain], budget_tokens: int) -> list[Plain]:
    """The messages of a conversation that fit a window, with a notice where something is out.

    A message is {"role": ..., "content": ...}; those of role `system` are pinned. What is no message counts as
    text. Raises: BoundError if the pinned ones alone do not fit.
    """
    pages = [_page(message) for message in messages]
    found = window(pages, budget_tokens)
    if not found.evicted:
        return list(messages)
    shown = [messages[index] for index in found.resident]
    pinned = sum(pages[index].pinned and index < found.evicted[0] for index in found.resident)
    if found.notice:
        shown.insert(pinned, {"role": "system", "content": found.notice})
    return shown


def _page(message: Plain) -> Page:
    if not isinstance(message, dict):
        return Page(text="", tokens=tokens_of(str(message)))
    text = str(message.get("content", ""))
    return Page(text=text, tokens=tokens_of(text), pinned=message.get("role") == "system")
