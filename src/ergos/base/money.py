"""Money and tokens as integers; no floats.

Rules: money is micro-dollars (1 USD = 1,000,000), so that the price of one token is exact enough and a sum
never drifts. An `Amount` is a pair of money and tokens because a call spends both.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError

MICRO: Final = 1_000_000

_MONEY = re.compile(r"\s*\$?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(?:usd|dollars?|美元|刀)?\s*", re.IGNORECASE)


class Amount(msgspec.Struct, frozen=True, array_like=True):
    """What something costs: micro-dollars and tokens, both >= 0 in holds and charges."""

    microusd: int = 0
    tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.microusd + other.microusd, self.tokens + other.tokens)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.microusd - other.microusd, self.tokens - other.tokens)

    def __neg__(self) -> Amount:
        return Amount(-self.microusd, -self.tokens)

    def __bool__(self) -> bool:
        return self.microusd != 0 or self.tokens != 0

    def covers(self, other: Amount) -> bool:
        """Whether neither part of `other` is larger."""
        return self.microusd >= other.microusd and self.tokens >= other.tokens

    def at_most(self, other: Amount) -> Amount:
        """The smaller of each part."""
        return Amount(min(self.microusd, other.microusd), min(self.tokens, other.tokens))


ZERO: Final = Amount()


class Price(msgspec.Struct, frozen=True):
    """What a solver or tool charges. Micro-dollars per call and per million tokens; rounded up."""

    microusd_per_call: int = 0
    microusd_per_million_tokens: int = 0

    def of(self, tokens: int) -> int:
        """Micro-dollars for one call that uses this many tokens, rounded up so that a cap never leaks."""
        return self.microusd_per_call + -(-tokens * self.microusd_per_million_tokens // MICRO)


FREE: Final = Price()


def parse_money(text: str) -> int:
    """Micro-dollars of '5', '$0.25', '2usd', '3 美元'.

    Raises: ValueShapeError for anything else, other currencies included: they have no fixed rate.
    """
    match = _MONEY.fullmatch(text)
    if match is None:
        raise ValueShapeError(f"{text[:40]!r} is not an amount of US dollars such as '2.50usd' or '$5'")
    return int((Decimal(match[1]) * MICRO).to_integral_value(ROUND_CEILING))


def format_money(microusd: int) -> str:
    """'$1.50', '$0.000300', '-$2.00': two decimals, or six where cents would hide something."""
    sign, rest = ("-" if microusd < 0 else ""), abs(microusd)
    if rest % 10_000 == 0:
        return f"{sign}${rest // MICRO:,}.{rest % MICRO // 10_000:02d}"
    return f"{sign}${rest // MICRO:,}.{rest % MICRO:06d}"
