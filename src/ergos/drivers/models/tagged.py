"""Splits the text of a model on this machine into words, thoughts and tool calls, by the tags it was trained on.

    <think>…</think>                                      thoughts
    <tool_call>{"name": …, "arguments": {…}}</tool_call>  a call (Hermes, Qwen)

Rules: pure; pieces may end anywhere, within a tag too; what only looks like a tag stays text, and a call that cannot
be read stays text, because the words of a model are never lost.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ergos.kernel.models import Delta, Part, Reasoning, ReasoningDelta, Text, TextDelta, ToolCall, ToolCallDelta

Mode = Literal["text", "think", "tool_call"]
TAGS: Final[dict[str, Mode]] = {"<think>": "think", "<tool_call>": "tool_call"}


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class Splitter:
    """Takes pieces of text; gives deltas, and at the end the parts of the reply."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._mode: Mode = "text"
        self._held = ""
        self._calls = 0
        self._after_tag = False

    def feed(self, piece: str) -> list[Delta]:
        """What a piece adds."""
        self._held += piece
        self._skip_line_end()
        found: list[Delta] = []
        while (tag := self._next_tag()) is not None:
            before, self._held = self._held.split(tag, 1)
            if tag in TAGS:
                found += self._take(before)
                self._mode = TAGS[tag]
            else:
                found += self._take(before, whole=True)
                self._mode = "text"
                self._after_tag = True
                self._skip_line_end()
        if self._mode != "tool_call":
            keep = self._open_end()
            ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
            found += self._take(ready)
        return found

    def end(self) -> list[Delta]:
        """What was held back, once nothing more comes."""
        held, self._held = self._held, ""
        found = self._take(held, whole=True)
        self._mode = "text"
        return found

    def _skip_line_end(self) -> None:
        """The line end after a closing tag belongs to the tag."""
        if self._after_tag and self._held:
            self._held = self._held.removeprefix("\n")
            self._after_tag = False

    def _next_tag(self) -> str | None:
        """The next tag that counts: any opening one outside, the closing one within."""
        if self._mode != "text":
            closing = f"</{self._mode}>"
            return closing if closing in self._held else None
        places = {self._held.find(tag): tag for tag in TAGS if tag in self._held}
        return places[min(places)] if places else None

    def _open_end(self) -> int:
        """Characters at the end that may be the beginning of a tag."""
        wanted = tuple(TAGS) if self._mode == "text" else (f"</{self._mode}>",)
        most = min(len(self._held), max(len(tag) for tag in wanted) - 1)
        return next((size for size in range(most, 0, -1) if self._starts(wanted, self._held[-size:])), 0)

    @staticmethod
    def _starts(tags: tuple[str, ...], text: str) -> bool:
        return any(tag.startswith(text) for tag in tags)

    def _take(self, text: str, *, whole: bool = False) -> list[Delta]:
        """Put text where it belongs."""
        if not text:
            return []
        if self._mode == "tool_call":
            call = self._call(text) if whole else None
            if call is None:
                return self._words(f"<tool_call>{text}</tool_call>" if whole else text)
            self.parts.append(call)
            self._calls += 1
            return [ToolCallDelta(self._calls - 1, call.id, call.name, call.arguments)]
        if self._mode == "think":
            last = self.parts[-1] if self.parts else None
            if isinstance(last, Reasoning):
                self.parts[-1] = Reasoning(last.text + text)
            else:
                self.parts.append(Reasoning(text))
            return [ReasoningDelta(text)]
        return self._words(text)

    def _words(self, text: str) -> list[Delta]:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, Text):
            self.parts[-1] = Text(last.text + text)
        else:
            self.parts.append(Text(text))
        return [TextDelta(text)]

    def _call(self, text: str) -> ToolCall | None:
        try:
            read = msgspec.json.decode(text, type=_Call)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
        return ToolCall(f"call_{self._calls}", read.name, bytes(read.arguments).decode())
