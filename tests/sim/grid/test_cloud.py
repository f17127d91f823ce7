import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.sim.grid.cloud import MINUTE_NS, Bucket, Buckets, Cloud, CloudShape
from ergos.sim.grid.jobs import Job

SECOND = 1_000_000_000


def test_a_bucket_fills_steadily_up_to_its_burst():
    bucket = Bucket(60, 500)
    assert bucket.left(0) == 30
    bucket.take(30, 0)
    assert bucket.wait_ns(1, 0) == SECOND
    assert bucket.wait_ns(5, 2 * SECOND) == 3 * SECOND
    assert bucket.left(10 * SECOND) == 10
    assert bucket.left(1_000 * SECOND) == 30
    bucket.take(-100, 1_000 * SECOND)
    assert bucket.left(1_000 * SECOND) == 30


def test_more_than_a_bucket_ever_holds_is_covered_when_it_is_full():
    bucket = Bucket(60, 500)
    assert bucket.wait_ns(1_000, 0) == 0
    bucket.take(1_000, 0)
    assert bucket.left(0) == 0
    assert bucket.wait_ns(1, 0) == 971 * SECOND


@given(st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(1, 400)), max_size=60))
def test_no_minute_ever_sees_more_than_its_limit_and_one_burst(calls):
    buckets, now, taken = Buckets(120, 6_000, 250), 0, []
    for after, tokens in calls:
        now += after
        wait = buckets.ask(tokens, now)
        assert wait >= 0
        if wait == 0:
            taken.append((now, tokens))
        else:
            assert buckets.ask(tokens, now) == wait, "a refusal takes nothing"
    for begin, _ in taken:
        inside = [tokens for at, tokens in taken if begin <= at < begin + MINUTE_NS]
        assert len(inside) <= 120 + 30
        assert sum(inside) <= 6_000 + 1_500


def test_after_the_time_it_names_a_call_is_taken():
    buckets = Buckets(60, 6_000, 100)
    for _ in range(6):
        assert buckets.ask(10, 0) == 0
    wait = buckets.ask(10, 0)
    assert buckets.ask(10, wait - 1) > 0
    assert buckets.ask(10, wait) == 0


def drained(cloud):
    events = []
    while (at := cloud.next_ns()) is not None:
        events += cloud.step(at)
    return events


def test_a_cloud_answers_in_its_time_whoever_else_asks():
    shape = CloudShape(base_ns=100, read_ns=2, write_ns=10)
    cloud = Cloud(shape)
    for number in range(5):
        cloud.submit(Job(number, 50, 4), 0)
    events = drained(cloud)
    assert [(event.kind, event.at_ns) for event in events] == [("first", 200)] * 5 + [("done", 230)] * 5
    assert all(event.output_tokens == 4 for event in events[5:])


def test_beyond_its_limits_it_says_when_to_come_again_and_forgets_the_aborted():
    cloud = Cloud(CloudShape(requests_per_minute=4, burst_permille=500))
    for number in range(3):
        cloud.submit(Job(number, 50, 4), 0)
    (limited,) = [event for event in cloud.step(0) if event.kind == "limited"]
    assert (limited.job, limited.retry_after_ns) == (2, 15 * SECOND)
    assert cloud.abort(0, 0)
    assert not cloud.abort(0, 0)
    assert {event.job for event in drained(cloud)} == {1}
    assert (cloud.asked, cloud.limited) == (3, 1)


@pytest.mark.parametrize("written", [1, 500])
def test_what_was_written_is_charged_when_it_is_done(written):
    cloud = Cloud(CloudShape(tokens_per_minute=60_000, burst_permille=1_000, base_ns=0, read_ns=0, write_ns=0))
    cloud.submit(Job(1, 50, written), 0)
    drained(cloud)
    assert cloud.buckets.tokens.left(0) == 60_000 - 50 - written
