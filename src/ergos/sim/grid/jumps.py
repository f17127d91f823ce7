"""Arithmetic of many decoding iterations at once: how long they take, how many fit into a time or a memory.

Rules: pure functions on integers, exact; the i-th of a stretch takes `first + (i - 1) * growth` nanoseconds, because
every call that decodes lengthens its context by one token an iteration.
"""

from __future__ import annotations

from math import isqrt


def stretch_ns(steps: int, first: int, growth: int) -> int:
    """Of so many iterations together."""
    return steps * first + growth * (steps * (steps - 1) // 2)


def steps_in_time(budget_ns: int, first: int, growth: int) -> int:
    """The most iterations whose stretch fits into a time >= 0."""
    if growth == 0:
        return budget_ns // first
    slope = 2 * first - growth
    return (isqrt(slope * slope + 8 * growth * budget_ns) - slope) // (2 * growth)


def blocks_grown(phases: list[int], start: int, steps: int, decoding: int) -> int:
    """Blocks that `decoding` calls take in steps start .. start + steps - 1.

    `phases` says how many take one in a step of each remainder by its length; its sum is `decoding`.
    """
    size = len(phases)
    rounds, left = divmod(steps, size)
    begin = start % size
    end = begin + left
    partial = sum(phases[begin:end]) if end <= size else sum(phases[begin:]) + sum(phases[: end - size])
    return rounds * decoding + partial


def steps_in_memory(phases: list[int], start: int, steps: int, decoding: int, free: int) -> int:
    """The most steps, at most `steps`, that take at most `free` blocks."""
    if blocks_grown(phases, start, steps, decoding) <= free:
        return steps
    least, most = 0, steps
    while most - least > 1:
        middle = (least + most) // 2
        if blocks_grown(phases, start, middle, decoding) <= free:
            least = middle
        else:
            most = middle
    return least
