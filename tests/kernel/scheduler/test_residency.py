"""What a cache probably holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.kernel.scheduler.residency import ENTRIES_MAX, MARKS_MAX, Residency, marks_of


def chain(*blocks: int, size: int = 100) -> tuple[tuple[int, int], ...]:
    return tuple((block, size * (n + 1)) for n, block in enumerate(blocks))


def test_a_programs_next_prompt_finds_its_last_context() -> None:
    cache = Residency(10_000)
    cache.touch(Pid(1), 1_000, ())
    assert cache.cached(Pid(1), 1_000, 900, 1_200, ()) == 1_000
    assert cache.cached(Pid(2), 0, 0, 1_200, ()) == 0


def test_a_shared_beginning_is_found_by_strangers_up_to_where_it_ends() -> None:
    cache = Residency(10_000)
    cache.touch(Pid(1), 500, chain(1, 2, 3, 4))
    assert cache.cached(Pid(2), 0, 0, 600, chain(1, 2, 9, 8)) == 200


def test_a_rewritten_past_is_not_counted_as_cached() -> None:
    cache = Residency(10_000)
    cache.touch(Pid(1), 1_000, chain(1, 2, 3, 4, 5, 6, 7, 8))
    assert cache.cached(Pid(1), 1_000, 800, 1_100, chain(1, 2, 33, 44, 55, 66, 77, 88)) == 200
    assert cache.cached(Pid(1), 1_000, 800, 1_100, chain(1, 2, 3, 4, 5, 6, 7, 8)) == 1_000
    assert cache.cached(Pid(1), 1_000, 900, 400, ()) == 0  # compacted, and nobody says to what


def test_the_least_recently_used_goes_first() -> None:
    cache = Residency(1_000)
    for pid in (1, 2, 1, 3):
        cache.touch(Pid(pid), 400, ())
    assert [cache.holds(Pid(pid)) for pid in (1, 2, 3)] == [True, False, True]


@given(
    st.lists(
        st.tuples(st.integers(1, 20), st.integers(1, 3_000), st.lists(st.integers(1, 30), max_size=12)), max_size=80
    )
)
def test_it_never_holds_more_than_its_limit_nor_counts_wrongly(acts: list[tuple[int, int, list[int]]]) -> None:
    cache = Residency(5_000)
    for pid, context, blocks in acts:
        marks = chain(*dict.fromkeys(blocks))
        cache.touch(Pid(pid), context, marks)
        assert cache._tokens == sum(cache._entries.values())
        assert cache._tokens <= 5_000 or len(cache._entries) == 1
        found = cache.cached(Pid(pid), context, context, context, marks)
        assert 0 <= found <= context


def test_long_prompts_are_remembered_at_the_same_few_places() -> None:
    long = tuple((n, 64 * (n + 1)) for n in range(3_000))
    assert len(marks_of(long)) <= MARKS_MAX
    assert marks_of(long)[: len(marks_of(long[:500]))] == marks_of(long[:500])
    assert marks_of(long[:8]) == long[:8]


def test_memory_is_bounded_by_entries() -> None:
    cache = Residency(None)
    for pid in range(2 * ENTRIES_MAX):
        cache.touch(Pid(pid + 1), 1, ())
    assert len(cache._entries) == ENTRIES_MAX
