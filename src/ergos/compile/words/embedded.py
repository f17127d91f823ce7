"""Text of somebody else inside an owner's words: comments, marked blocks, code fences, block quotes, forwarded mail.

A program of agents must not be steered by what its owner pasted; such a stretch is data, as a quotation is.

Rules: pure, linear: every mark is looked for once; a block without an end reaches to the end of the text. Must not
know: what the text says.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Final

from ergos.compile.intent import Span

_COMMENT: Final = re.compile(r"<!--|-->")
_BLOCK: Final = re.compile(
    r"^[ \t]*-{2,10} ?(?:(?P<begin>begin|start)|(?P<end>end|stop))\b[^\n]{0,80}?-{2,10}[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE: Final = re.compile(r"^[ \t]*(?:```+|~~~+)[^\n`]{0,80}$", re.MULTILINE)
_TAG: Final = re.compile(r"<(?P<close>/)?(?P<name>[A-Za-z][\w-]{0,40})(?:[ \t/][^<>\n]{0,400})?>")
_ALWAYS: Final = frozenset(
    {
        *("system", "assistant", "user", "instruction", "instructions", "prompt", "tool", "content"),
        *("script", "style", "quote", "email", "mail", "message", "document", "page"),
    }
)
"""Tags that open somebody else's text even where nothing closes them."""
_FORWARDED: Final = re.compile(
    r"^[ \t>]*(?:-{2,10}\s?(?:original message|forwarded (?:message|mail)|forwarded by[^\n-]{0,60}|原始邮件"
    r"|转发的?邮件|转发邮件信息|原邮件|邮件原件)\s?-{2,10}"
    r"|begin forwarded message:?|(?:fwd?|转发|轉發)[:：](?=[^\n]*$))",
    re.IGNORECASE | re.MULTILINE,
)
_HEADERS: Final = re.compile(
    r"^[ \t>*]*(?:from|发件人|寄件人|发自)[ \t]?[:：][^\n]{0,200}\n(?:[ \t>*]*(?:to|cc|bcc|sent|date|subject"
    r"|reply-to|收件人|抄送|发送时间|时间|日期|主题)"
    r"[ \t]?[:：][^\n]{0,300}(?:\n|\Z)){1,8}"
    r"|^[ \t>*]*from: [^\n]{1,120}?\b(?:subject|date|sent|to): ",
    re.IGNORECASE | re.MULTILINE,
)


def embedded(text: str) -> list[Span]:
    """Stretches that are somebody else's text, disjoint and in order. Cost: linear."""
    found = sorted((*_comments(text), *_blocks(text), *_fences(text), *_tags(text), *_mails(text)))
    apart: list[Span] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        elif start < end:
            apart.append((start, end))
    return apart


def _comments(text: str) -> Iterator[Span]:
    begun: int | None = None
    for match in _COMMENT.finditer(text):
        if match[0] == "<!--" and begun is None:
            begun = match.start()
        elif match[0] == "-->" and begun is not None:
            yield begun, match.end()
            begun = None
    if begun is not None:
        yield begun, len(text)


def _blocks(text: str) -> Iterator[Span]:
    begun: int | None = None
    for match in _BLOCK.finditer(text):
        if match["begin"] and begun is None:
            begun = match.start()
        elif match["end"] and begun is not None:
            yield begun, match.end()
            begun = None
    if begun is not None:
        yield begun, len(text)


def _fences(text: str) -> Iterator[Span]:
    begun: int | None = None
    for match in _FENCE.finditer(text):
        if begun is None:
            begun = match.start()
        else:
            yield begun, match.end()
            begun = None
    if begun is not None:
        yield begun, len(text)


def _tags(text: str) -> Iterator[Span]:
    """From a tag to the one that closes it, and tags by themselves that open a text."""
    tags = list(_TAG.finditer(text))
    closing: dict[str, list[int]] = {}
    for match in tags:
        if match["close"]:
            closing.setdefault(match["name"].lower(), []).append(match.end())
    reach = 0
    for match in tags:
        if match.start() < reach:
            continue
        name = match["name"].lower()
        ends = closing.get(name, [])
        at = bisect.bisect_left(ends, match.end() + 1)
        if not match["close"] and at < len(ends):
            reach = ends[at]
        elif not match["close"] and name in _ALWAYS:
            reach = len(text)
        elif name in _ALWAYS:
            reach = match.end()
        else:
            continue
        yield match.start(), reach


def _mails(text: str) -> Iterator[Span]:
    """From the head of a forwarded mail to the end of the text: nobody can tell where it ends."""
    heads = [match.start() for pattern in (_FORWARDED, _HEADERS) if (match := pattern.search(text))]
    if heads:
        yield min(heads), len(text)
