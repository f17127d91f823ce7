"""What an engine's prefix cache probably holds: the contexts of programs and the blocks that prompts share.

Rules: pure; an estimate, made of what was sent there, under the cache's own limit and order (least recently used
goes first). Memory is bounded by entries, whatever the cache's size.
"""

from __future__ import annotations

from typing import Final

from ergos.base.ids import Pid

ENTRIES_MAX: Final = 16_384
"""Contexts and blocks remembered per endpoint."""
MARKS_MAX: Final = 32
"""Block ends looked at per prompt: the first eight, then ever wider apart."""
CAPACITY_UNKNOWN_TOKENS: Final = 1_000_000
"""Assumed where an endpoint does not say how much it caches."""
APPENDED_SHARE: Final = 0.9
"""A prompt shorter than this part of the program's last context was rewritten, not appended to."""

Marks = tuple[tuple[int, int], ...]


def _chosen() -> tuple[int, ...]:
    indexes: list[int] = []
    at = 0.0
    while len(indexes) < MARKS_MAX:
        indexes.append(int(at))
        at = at + 1.0 if len(indexes) < 8 else at * 1.25 + 1.0
    return tuple(indexes)


_INDEXES: Final = _chosen()


def marks_of(prefix: Marks) -> Marks:
    """The block ends that are remembered: the same positions in every prompt, so that prompts can be compared."""
    if len(prefix) <= 8:
        return prefix
    return tuple(prefix[k] for k in _INDEXES if k < len(prefix))


class Residency:
    """One endpoint's cache."""

    __slots__ = ("_capacity", "_entries", "_tokens")

    def __init__(self, capacity_tokens: int | None) -> None:
        self._capacity = CAPACITY_UNKNOWN_TOKENS if capacity_tokens is None else capacity_tokens
        # Oldest first. Key: a program as (pid,), or a block's hash; value: tokens it adds to what stands before it.
        self._entries: dict[object, int] = {}
        self._tokens = 0

    def cached(self, program: Pid, context: int, last_input: int, input_tokens: int, marks: Marks) -> int:
        """Tokens of a prompt that are probably in the cache.

        `context` is what the program's last call there read and wrote, `last_input` what it read.
        """
        shared = 0
        missing_at = 0
        for key, upto in marks:
            if key not in self._entries:
                missing_at = upto
                break
            shared = upto
        if (program,) in self._entries:
            appended = input_tokens >= APPENDED_SHARE * context
            # A block that the last prompt had and this one has not: the past was rewritten there.
            rewritten = 0 < missing_at <= last_input
            if appended and not rewritten:
                shared = max(shared, context)
        return min(shared, input_tokens)

    def touch(self, program: Pid, context: int, marks: Marks) -> None:
        """A prompt is read there."""
        self._put((program,), max(0, context - (marks[-1][1] if marks else 0)))
        for k in range(len(marks) - 1, -1, -1):
            key, upto = marks[k]
            self._put(key, upto - (marks[k - 1][1] if k else 0))
        self._shed()

    def grow(self, program: Pid, context: int, marks: Marks) -> None:
        """An answer was written after a prompt that `touch` was told of."""
        self._put((program,), max(0, context - (marks[-1][1] if marks else 0)))
        self._shed()

    def _shed(self) -> None:
        entries = self._entries
        while (self._tokens > self._capacity or len(entries) > ENTRIES_MAX) and len(entries) > 1:
            self._tokens -= entries.pop(next(iter(entries)))

    def _put(self, key: object, tokens: int) -> None:
        self._tokens += tokens - self._entries.pop(key, 0)
        self._entries[key] = tokens

    def holds(self, program: Pid) -> bool:
        """Whether a program's own context is probably still there."""
        return (program,) in self._entries

    def resize(self, capacity_tokens: int | None) -> None:
        """The endpoint has another cache now."""
        self._capacity = CAPACITY_UNKNOWN_TOKENS if capacity_tokens is None else capacity_tokens

    def clear(self) -> None:
        """The engine was started anew."""
        self._entries.clear()
        self._tokens = 0
