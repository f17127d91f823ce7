"""Rate limits of a cloud as its vendors tell them: 429, how long to wait, and headers of what is left.

Rules: the limits themselves are the engine core's buckets, so that the simulator and this server refuse alike. Their
time is the cloud's, which passes `scale` times as fast as the caller's; headers tell the caller's.
"""

from __future__ import annotations

import math
from typing import Final

from ergos.base.clock import SECOND
from ergos.sim.grid.cloud import MINUTE_NS, Bucket, Buckets, CloudShape

MINUTE_S: Final = 60.0


class Quota:
    """What is left of a key's limits."""

    def __init__(self, shape: CloudShape, scale: float = 1.0, buckets: Buckets | None = None) -> None:
        """`buckets`: those of a cloud that takes from them itself."""
        self.buckets: Final = buckets or Buckets(
            shape.requests_per_minute, shape.tokens_per_minute, shape.burst_permille
        )
        self._shape: Final = shape
        self.scale: Final = scale
        self.refused = 0

    def ask(self, tokens: int, now_ns: int) -> int:
        """Take a request that reads so many tokens; 0, or the nanoseconds of the cloud's time to wait."""
        wait_ns = self.buckets.ask(tokens, now_ns)
        self.refused += wait_ns > 0
        return wait_ns

    def wrote(self, tokens: int, now_ns: int) -> None:
        """It has written so many."""
        self.buckets.tokens.take(tokens, now_ns)

    def waiting(self, wait_ns: int) -> dict[str, str]:
        """The headers that say when to come again."""
        real_s = wait_ns / SECOND / self.scale
        seconds = str(math.ceil(real_s)) if real_s >= 1 else f"{math.ceil(real_s * 1_000) / 1_000:.3f}"
        return {"retry-after": seconds, "retry-after-ms": str(math.ceil(real_s * 1_000))}

    def headers(self, now_ns: int, utc: str = "") -> dict[str, str]:
        """What is left, as OpenAI names it and as Anthropic does; `utc`: the date for those that tell dates."""
        found: dict[str, str] = {}
        pairs = (
            ("requests", self.buckets.requests, self._shape.requests_per_minute),
            ("tokens", self.buckets.tokens, self._shape.tokens_per_minute),
        )
        for name, bucket, per_minute in pairs:
            left = bucket.left(now_ns)
            found[f"x-ratelimit-limit-{name}"] = found[f"anthropic-ratelimit-{name}-limit"] = str(per_minute)
            found[f"x-ratelimit-remaining-{name}"] = found[f"anthropic-ratelimit-{name}-remaining"] = str(left)
            found[f"x-ratelimit-reset-{name}"] = spelled(self._full_s(bucket, per_minute, now_ns))
            if utc:
                found[f"anthropic-ratelimit-{name}-reset"] = utc
        return found

    def _full_s(self, bucket: Bucket, per_minute: int, now_ns: int) -> float:
        most = per_minute * self._shape.burst_permille // 1_000
        return bucket.wait_ns(most, now_ns) / MINUTE_NS * MINUTE_S / self.scale


def spelled(seconds: float) -> str:
    """A duration as OpenAI spells it: 17ms, 1.5s, 6m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1_000)}ms"
    minutes, rest = divmod(seconds, MINUTE_S)
    return f"{int(minutes)}m{math.ceil(rest)}s" if minutes else f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
