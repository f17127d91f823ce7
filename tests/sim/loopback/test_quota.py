from __future__ import annotations

import pytest

from ergos.base.clock import SECOND
from ergos.sim.grid.cloud import CloudShape
from ergos.sim.loopback.quota import Quota, spelled

SHAPE = CloudShape(requests_per_minute=60, tokens_per_minute=6_000, burst_permille=1_000)


def test_what_the_buckets_cover_is_taken_and_the_rest_must_wait() -> None:
    quota = Quota(SHAPE)
    assert quota.ask(4_000, 0) == 0
    wait_ns = quota.ask(4_000, 0)
    assert wait_ns == 20 * SECOND
    assert quota.refused == 1
    assert quota.ask(4_000, wait_ns) == 0


def test_what_was_written_is_paid_later() -> None:
    quota = Quota(SHAPE)
    quota.ask(1, 0)
    quota.wrote(5_999, 0)
    assert quota.ask(1, 0) > 0


def test_headers_tell_what_is_left_in_the_callers_time() -> None:
    quota = Quota(SHAPE, scale=10)
    quota.ask(3_000, 0)
    headers = quota.headers(0, "2026-01-01T00:00:00Z")
    assert headers["x-ratelimit-limit-requests"] == "60"
    assert headers["x-ratelimit-remaining-requests"] == "59"
    assert headers["x-ratelimit-remaining-tokens"] == "3000"
    assert headers["x-ratelimit-reset-tokens"] == "3s"
    assert headers["anthropic-ratelimit-tokens-remaining"] == "3000"
    assert headers["anthropic-ratelimit-tokens-reset"] == "2026-01-01T00:00:00Z"
    assert quota.waiting(5 * SECOND) == {"retry-after": "0.500", "retry-after-ms": "500"}
    assert quota.waiting(25 * SECOND) == {"retry-after": "3", "retry-after-ms": "2500"}


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0ms"), (0.0171, "18ms"), (1.5, "1.5s"), (59, "59s"), (360, "6m0s")]
)
def test_a_duration_is_spelled_as_the_vendor_spells_it(seconds: float, words: str) -> None:
    assert spelled(seconds) == words
