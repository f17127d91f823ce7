"""What a model call used, in tokens, and what that costs.

Rules: tokens as the vendor counted them, money in micro-dollars, both integers; a price is rounded up.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.money import MICRO


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens as the vendor counted them; all >= 0."""

    input_tokens: int = 0
    """Everything read, cached tokens included."""
    output_tokens: int = 0
    """Everything written, reasoning included."""
    cached_tokens: int = 0
    """Of the input, read from the vendor's cache."""
    cache_written_tokens: int = 0
    """Of the input, written to the vendor's cache."""
    reasoning_tokens: int = 0
    """Of the output."""
    known: bool = True
    """False: the vendor did not say; then the call is charged in full."""

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


UNKNOWN_USAGE: Final = Usage(known=False)


class ModelPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Micro-dollars per million tokens, and per call."""

    input: int
    output: int
    cached: int | None = None
    """Per million input tokens read from the vendor's cache; None: as `input`."""
    cache_written: int | None = None
    per_call: int = 0
    beyond_tokens: int = 0
    """Where `beyond` is set: input tokens up to which this price holds."""
    beyond: ModelPrice | None = None
    """The price of all tokens of a call that reads more."""
    as_of: str = ""
    """Date of the source, ISO 8601."""

    def of(self, usage: Usage) -> int:
        """Micro-dollars of one call, rounded up so that a cap never leaks."""
        if self.beyond is not None and usage.input_tokens > self.beyond_tokens:
            return self.beyond.of(usage)
        cached = min(usage.cached_tokens, usage.input_tokens)
        written = min(usage.cache_written_tokens, usage.input_tokens - cached)
        plain = usage.input_tokens - cached - written
        cached_price = self.input if self.cached is None else self.cached
        written_price = self.input if self.cache_written is None else self.cache_written
        total = plain * self.input + cached * cached_price + written * written_price + usage.output_tokens * self.output
        return self.per_call - (-total // MICRO)

    def worst(self, input_tokens: int, output_tokens: int) -> int:
        """Micro-dollars of the dearest way to read and write this many tokens."""
        dearest = max(self.input, self.cached or 0, self.cache_written or 0)
        here = self.per_call - (-(input_tokens * dearest + output_tokens * self.output) // MICRO)
        if self.beyond is None or input_tokens <= self.beyond_tokens:
            return here
        return max(here, self.beyond.worst(input_tokens, output_tokens))


FREE_MODEL: Final = ModelPrice(input=0, output=0)
