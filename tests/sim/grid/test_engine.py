"""Hand-checked times on tiny engines; then random calls on small ones, looked at seldom and looked at always."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape, Job

PLAIN = EngineShape(
    sequences_max=4, iteration_tokens_max=100, kv_tokens=4_000, block_tokens=10, base_ns=1_000, read_ns=10, write_ns=5, context_ns=1
)  # fmt: skip


def row(tree, tokens, shared=0, size=10):
    return tuple(depth if depth < shared else (tree + 1) * 10_000 + depth for depth in range(tokens // size))


def drained(engine, until=1 << 62):
    events = []
    while (at := engine.next_ns()) is not None and at <= until:
        events += engine.step(at)
    return events


def seen(events):
    return [(event.kind, event.job, event.at_ns) for event in events]


def test_one_call_takes_the_time_of_its_iterations():
    engine = Engine(PLAIN)
    engine.submit(Job(1, 20, 3), 0)
    read = 1_000 + 10 * 20
    second = 1_000 + 5 + 21
    third = 1_000 + 5 + 22
    assert seen(drained(engine)) == [("first", 1, read), ("done", 1, read + second + third)]
    assert engine.tally.busy_ns == read + second + third
    assert engine.tally.iterations == 3


def test_a_long_prompt_is_read_in_pieces_while_others_write():
    engine = Engine(PLAIN)
    engine.submit(Job(1, 10, 50), 0)
    engine.step(engine.next_ns())
    at = engine.iteration_ends_ns
    engine.submit(Job(2, 150, 1), at - 1)
    engine.step(at)
    # 99 of 150 tokens beside one that writes, then 51
    assert engine.iteration_ends_ns - at == 1_000 + 10 * 99 + 5 + 12
    at = engine.iteration_ends_ns
    engine.step(at)
    assert engine.iteration_ends_ns - at == 1_000 + 10 * 51 + 5 + 13 + 99
    assert seen(engine.step(engine.iteration_ends_ns))[0][:2] == ("first", 2)


def test_a_prefix_is_read_once():
    engine = Engine(PLAIN)
    engine.submit(Job(1, 45, 10, row(0, 55)), 0)
    drained(engine)
    engine.submit(Job(2, 60, 1, row(0, 60)), 10**9)
    (first, done) = drained(engine)
    assert first.cached_tokens == 50  # its prompt and what it wrote
    assert done.prompt_tokens == 60
    assert first.at_ns - 10**9 == 1_000 + 10 * 10 + 50


def test_a_prompt_wholly_remembered_still_reads_its_last_token():
    engine = Engine(PLAIN)
    for number in (1, 2):
        engine.submit(Job(number, 40, 1, row(0, 40)), number * 10**9)
        first = drained(engine)[0]
    assert first.cached_tokens == 30


def test_places_are_given_in_order_of_arrival_or_of_priority():
    for order, wanted in (("fcfs", [1, 2, 3, 4]), ("priority", [1, 4, 3, 2])):
        engine = Engine(msgspec.structs.replace(PLAIN, sequences_max=1, order=order))
        for number, priority in ((1, 9), (2, 3), (3, 2), (4, 1)):
            engine.submit(Job(number, 20, 4, priority=priority), 0)
        assert [event.job for event in drained(engine) if event.kind == "done"] == wanted


def test_a_call_larger_than_the_engine_is_refused():
    engine = Engine(PLAIN)
    engine.submit(Job(1, 3_990, 1), 5)
    assert seen(engine.step(5)) == [("refused", 1, 5)]
    assert engine.next_ns() is None


def test_out_of_memory_the_last_waits_and_is_read_again():
    engine = Engine(msgspec.structs.replace(PLAIN, kv_tokens=200))
    for number in (1, 2):
        engine.submit(Job(number, 80, 60, row(number, 140)), 0)
    events = drained(engine)
    assert [event.job for event in events if event.kind == "preempted"] == [2]
    assert [event.job for event in events if event.kind == "done"] == [1, 2]
    assert [event.output_tokens for event in events if event.kind == "done"] == [60, 60]
    assert engine.tally.written_tokens == 120
    assert engine.tally.read_tokens > 160
    assert engine.cache.used == 0


def test_an_aborted_call_gives_everything_back_and_is_not_heard_of_again():
    engine = Engine(PLAIN)
    for number in range(6):
        engine.submit(Job(number, 250, 30, row(number, 280)), 0)
    engine.step(5_000)
    assert engine.waiting > 0
    for number in range(6):
        assert engine.abort(number, 5_000)
    assert not engine.abort(0, 5_000)
    assert engine.cache.used == 0
    assert drained(engine) == []
    assert engine.running == engine.waiting == 0


def test_a_stalled_call_keeps_its_place_until_it_is_aborted():
    engine = Engine(msgspec.structs.replace(PLAIN, sequences_max=1))
    engine.submit(Job(1, 20, 50), 0)
    engine.submit(Job(2, 20, 2), 0)
    engine.step(2_500)
    assert engine.freeze(1, 2_500)
    assert drained(engine) == []
    assert engine.running == 1
    assert engine.abort(1, 9_000)
    assert seen(drained(engine)) == [("first", 2, 9_000 + 1_200), ("done", 2, 9_000 + 1_200 + 1_026)]
    assert engine.cache.used == 0


def test_a_dead_engine_fails_everybody_and_starts_empty():
    engine = Engine(PLAIN)
    for number in range(6):
        engine.submit(Job(number, 50, 30, row(0, 80)), 0)
    engine.step(3_000)
    engine.fail_all(3_000)
    assert sorted(event.job for event in engine.step(3_000) if event.kind == "failed") == list(range(6))
    assert engine.cache.free == engine.cache.blank == engine.cache.blocks
    engine.submit(Job(7, 50, 1, row(0, 50)), 4_000)
    assert drained(engine)[0].cached_tokens == 0


def test_a_slow_engine_takes_longer_by_its_factor():
    ends = []
    for permille in (1_000, 3_000):
        engine = Engine(PLAIN)
        engine.slow(permille, 0)
        engine.submit(Job(1, 20, 30), 0)
        ends.append(drained(engine)[-1].at_ns)
    assert ends[1] == 3 * ends[0]


JOBS = st.lists(
    st.tuples(
        st.integers(0, 30_000),  # after the one before
        st.integers(1, 260),  # prompt
        st.integers(1, 70),  # output
        st.integers(0, 4),  # family of prompts
        st.integers(0, 2),  # priority
        st.one_of(st.none(), st.integers(0, 90_000)),  # aborted after
    ),
    min_size=1,
    max_size=25,
)
SHAPES = st.builds(
    EngineShape,
    sequences_max=st.integers(1, 6),
    iteration_tokens_max=st.integers(8, 120),
    kv_tokens=st.sampled_from([420, 600, 1_200]),
    block_tokens=st.sampled_from([1, 7, 10]),
    base_ns=st.just(1_000),
    read_ns=st.just(10),
    write_ns=st.just(5),
    context_ns=st.integers(0, 2),
    order=st.sampled_from(["fcfs", "priority"]),
)


def driven(shape, jobs, *, always, check=lambda engine: None):
    """The whole story; `always`: look at the end of every iteration too."""
    engine, events, todo, at = Engine(shape), [], [], 0
    for number, (after, prompt, output, family, priority, aborted) in enumerate(jobs):
        at += after
        names = row(family, prompt + output, shared=3, size=shape.block_tokens)
        todo.append((at, 0, number, Job(number, prompt, output, names, priority)))
        if aborted is not None:
            todo.append((at + aborted, 1, number, None))
    for at, what, number, job in sorted(todo, key=lambda item: item[:3]):
        while True:
            end = engine.iteration_ends_ns if always else engine.next_ns()
            if end is None or end > at:
                break
            events += engine.step(end)
            check(engine)
        if what:
            engine.abort(number, at)
        else:
            engine.submit(job, at)
        check(engine)
    while (end := engine.iteration_ends_ns if always else engine.next_ns()) is not None:
        events += engine.step(end)
        check(engine)
    events += engine.step(at)
    return engine, events


@settings(deadline=None, max_examples=60)
@given(SHAPES, JOBS)
def test_looking_at_every_iteration_or_only_when_told_to_gives_the_same_story(shape, jobs):
    engine, events = driven(shape, jobs, always=False)
    closely, same = driven(shape, jobs, always=True)
    assert events == same
    assert engine.tally == closely.tally
    assert engine.cache.blank == closely.cache.blank


@settings(deadline=None, max_examples=60)
@given(SHAPES, JOBS)
def test_memory_suffices_everybody_ends_and_every_token_is_counted(shape, jobs):
    most = shape.sequences_max

    def check(engine):
        assert 0 <= engine.cache.used <= engine.cache.blocks
        assert engine.running <= most
        assert not engine.waiting or engine.iteration_ends_ns is not None, "work waits while nobody works"

    engine, events = driven(shape, jobs, always=True, check=check)
    ended = {event.job for event in events if event.kind in {"done", "refused"}}
    assert ended >= {number for number, job in enumerate(jobs) if job[5] is None}
    assert engine.cache.used == 0
    assert engine.running == engine.waiting == 0
    assert [event.at_ns for event in events] == sorted(event.at_ns for event in events)
    if all(job[5] is None for job in jobs):
        done = [event for event in events if event.kind == "done"]
        assert engine.tally.written_tokens == sum(event.output_tokens for event in done)
        assert all(event.output_tokens == jobs[event.job][2] for event in done)
        prompts = sum(event.prompt_tokens - event.cached_tokens for event in done)
        assert engine.tally.read_tokens >= prompts
        assert engine.tally.preempted or engine.tally.read_tokens == prompts


@pytest.mark.parametrize("looks", [1, 7, 50])
def test_progress_can_be_watched(looks):
    engine = Engine(PLAIN)
    engine.submit(Job(1, 20, looks), 0)
    counts = []
    while (end := engine.iteration_ends_ns) is not None:
        engine.step(end)
        counts.append(engine.written(1))
    assert counts == [*range(1, looks), 0]


def plainly(shape, jobs):
    """The same engine for calls that share nothing, written as plainly as can be: every iteration, every call."""
    size, total = shape.block_tokens, shape.kv_tokens // shape.block_tokens
    todo, at = [], 0
    for number, (after, prompt, output, _, priority, _) in enumerate(jobs):
        at += after
        if prompt + output <= (total - total // 100) * size:
            key = (priority if shape.order == "priority" else 0, number)
            todo.append(
                (at, {"key": key, "id": number, "prompt": prompt, "output": output, "wrote": 0, "in": False, "read": 0})
            )
    now, live, events, _blocked = 0, [], [], False

    def held(call, more=0):
        if not call["in"]:
            return 0
        goal = call["prompt"] + call["wrote"]
        return goal // size + 1 if call["read"] < goal or not call["writes"] else -(-(goal + more) // size)

    while todo or live:
        while todo and todo[0][0] <= now:
            live.append(todo.pop(0)[1])
        running = [call for call in live if call["in"]]
        preempted = False
        while sum(held(call, 1) for call in running) > total:
            victim = max(running, key=lambda call: call["key"])
            victim["in"], victim["read"], preempted = False, 0, True
            running.remove(victim)
            events.append(("preempted", victim["id"], now))
        writers = [call for call in running if call["writes"]]
        budget = shape.iteration_tokens_max - len(writers)
        chunks = []
        readers = sorted((call for call in running if not call["writes"]), key=lambda call: call["joined"])
        for call in readers:
            tokens = min(budget, call["prompt"] + call["wrote"] - call["read"])
            budget -= tokens
            chunks.append((call, tokens))
        waiting = sorted((call for call in live if not call["in"]), key=lambda call: call["key"])
        for call in waiting if not preempted else []:
            goal = call["prompt"] + call["wrote"]
            used = sum(held(other, 1) for other in live)
            if len(running) >= shape.sequences_max or budget <= 0 or used + goal // size + 1 + total // 100 > total:
                break
            call.update({"in": True, "writes": False, "read": 0, "joined": (now, call["key"])})
            running.append(call)
            tokens = min(budget, goal)
            budget -= tokens
            chunks.append((call, tokens))
        chunks = [chunk for chunk in chunks if chunk[1] > 0]
        if not writers and not chunks:
            now = todo[0][0]
            continue
        context = sum(call["prompt"] + call["wrote"] for call in writers) + sum(call["read"] for call, _ in chunks)
        read = sum(tokens for _, tokens in chunks)
        now += shape.base_ns + shape.read_ns * read + shape.write_ns * len(writers) + shape.context_ns * context
        for call in writers:
            call["wrote"] += 1
        for call, tokens in chunks:
            call["read"] += tokens
            if call["read"] == call["prompt"] + call["wrote"]:
                call["writes"] = True
                call["wrote"] += 1
                if call["wrote"] == 1:
                    events.append(("first", call["id"], now))
        events += [("done", call["id"], now) for call in live if call["in"] and call["wrote"] == call["output"]]
        live = [call for call in live if not (call["in"] and call["wrote"] == call["output"])]
    return events


@settings(deadline=None, max_examples=60)
@given(SHAPES, JOBS)
def test_calls_that_share_nothing_end_when_the_plainest_engine_ends_them(shape, jobs):
    jobs = [(*job[:3], number, job[4], None) for number, job in enumerate(jobs)]
    engine = Engine(shape)
    found, at = [], 0
    for number, (after, prompt, output, _, priority, _) in enumerate(jobs):
        at += after
        while (due := engine.next_ns()) is not None and due < at:
            found += engine.step(due)
        engine.submit(Job(number, prompt, output, priority=priority), at)
    found += drained(engine)
    told = sorted((event.at_ns, event.kind, event.job) for event in found if event.kind != "refused")
    assert told == sorted((at, kind, number) for kind, number, at in plainly(shape, jobs))
