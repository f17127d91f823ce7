"""The way of a call: repeated within reason, refused with a reason, never forgotten."""

from __future__ import annotations

from ergos.kernel.scheduler.overload import TRIES_MAX
from ergos.kernel.scheduler.wants import Rules
from tests.kernel.scheduler.feeder import SECOND, Feeder, cloud, replica, want


def test_a_failed_call_is_sent_again_elsewhere_after_a_pause() -> None:
    feeder = Feeder([replica("r0"), replica("r1")])
    feeder.arrive(want("x", 1, ["r0", "r1"]))
    ticket, first = feeder.starts[-1]
    plan = feeder.end(ticket, first, kind="failed", final=False)
    assert not plan.starts
    feeder.wait(5 * SECOND)
    assert feeder.starts[-1] == (ticket, ({"r0", "r1"} - {first}).pop())


def test_a_call_that_fails_always_is_refused_at_last_with_its_reason() -> None:
    feeder = Feeder([replica("r0")])
    feeder.arrive(want("x", 1, ["r0"]))
    for _ in range(TRIES_MAX):
        feeder.end(*next(iter(feeder.running)), kind="failed", final=False)
        feeder.wait(120 * SECOND)
    assert feeder.over == {feeder.starts[0][0]: "rejected"}
    rejection = feeder.log[-1][1].rejections or next(
        plan.rejections for _, plan in reversed(feeder.log) if plan.rejections
    )
    assert "failed" in rejection[0].why
    assert len(feeder.starts) == TRIES_MAX


def test_a_storm_of_failures_is_not_answered_with_a_storm_of_repetitions() -> None:
    feeder = Feeder([replica(f"r{n}", slots=10) for n in range(20)])
    names = [f"r{n}" for n in range(20)]
    for n in range(200):
        feeder.arrive(want(str(n), n + 1, names, tokens=50))
    for ticket, endpoint in list(feeder.running)[:150]:
        feeder.end(ticket, endpoint, kind="failed", final=False)
    before = len(feeder.starts)
    feeder.wait(10 * SECOND)
    assert len(feeder.starts) - before <= 13
    feeder.drain()
    assert set(feeder.over.values()) == {"done"}


def test_a_429_pauses_the_endpoint_for_as_long_as_it_says_and_loses_nothing() -> None:
    feeder = Feeder([cloud("c")])
    for n in range(3):
        feeder.arrive(want(str(n), n + 1, ["c"]))
    feeder.end(*next(iter(feeder.running)), kind="limited", final=False, retry_after_ns=30 * SECOND)
    feeder.arrive(want("new", 9, ["c"]))
    for ticket, endpoint in list(feeder.running):
        feeder.end(ticket, endpoint)
    before = len(feeder.starts)
    feeder.wait(29 * SECOND)
    assert len(feeder.starts) == before
    feeder.wait(2 * SECOND)
    assert len(feeder.starts) > before
    feeder.drain()
    assert set(feeder.over.values()) == {"done"}


def test_a_provider_with_these_limits_never_says_429() -> None:
    """A bucket of a quarter minute at the provider, which counts what is read at once and what is written at the end."""
    feeder = Feeder([cloud("c", requests_per_minute=240, tokens_per_minute=600_000)], Rules())
    level, requests, at = 150_000.0, 60.0, feeder.now_ns
    told, busy = 0, []
    for n in range(300):
        feeder.arrive(
            want(f"0.{n}", n + 1, ["c"], owner=f"o{n % 5}", tokens=1_000 + 37 * n % 5_000, output_tokens=1_000)
        )
    while len(feeder.over) < 1_200:
        for ticket, endpoint in feeder.starts[told:]:
            level = min(150_000.0, level + 10_000.0 * (feeder.now_ns - at) / SECOND)
            requests = min(60.0, requests + 4.0 * (feeder.now_ns - at) / SECOND)
            at = feeder.now_ns
            asked = feeder.wants[ticket].input_tokens
            assert level >= asked, "429: tokens"
            assert requests >= 1, "429: requests"
            level, requests = level - asked, requests - 1
            busy.append((feeder.now_ns + 5 * SECOND, ticket, endpoint))
        told = len(feeder.starts)
        if busy and busy[0][0] <= feeder.now_ns:
            _, ticket, endpoint = busy.pop(0)
            output = 50 + ticket.pid * 31 % 700
            level -= output
            feeder.end(ticket, endpoint, output=output)
            step, _, rest = ticket.key.partition(".")
            if int(step) < 3:
                feeder.arrive(
                    want(
                        f"{int(step) + 1}.{rest}",
                        ticket.pid,
                        ["c"],
                        owner=f"o{int(rest) % 5}",
                        tokens=feeder.wants[ticket].input_tokens,
                        output_tokens=1_000,
                    )
                )
        else:
            feeder.wait(SECOND // 20)
    # 1,200 requests at 240 a minute take five minutes, 4.7M tokens at 600k a minute eight, less what came at once.
    assert (
        feeder.now_ns
        < 1.06
        * (sum(wanted.input_tokens + 50 + wanted.program * 31 % 700 for wanted in feeder.wants.values()) / 10_000)
        * SECOND
    )


def test_waiting_grows_old_without_a_tick_a_thousand_times_a_second() -> None:
    feeder = Feeder([replica("r0", slots=1)])
    for n in range(20):
        feeder.arrive(want(str(n), n + 1, ["r0"]))
    before = len(feeder.log)
    feeder.wait(100 * SECOND)
    assert len(feeder.log) - before <= 150


def test_an_endpoint_with_calls_under_way_disappears_only_after_them() -> None:
    feeder = Feeder([replica("r0")])
    feeder.arrive(want("x", 1, ["r0"]))
    feeder.update([])
    assert feeder.grid.snapshot().running == 1
    feeder.end(*next(iter(feeder.running)))
    assert feeder.grid.snapshot().endpoints == ()
