import msgspec

from ergos.sim.grid.jobs import EngineShape, Event, Job


def test_the_shape_is_the_one_that_was_specified():
    shape = EngineShape()
    assert (shape.sequences_max, shape.iteration_tokens_max, shape.kv_tokens) == (64, 4_096, 160_000)
    # 8 ms, 0.06 ms a token read, 0.03 ms a call, 8e-5 ms a token of context
    assert (shape.base_ns, shape.read_ns, shape.write_ns, shape.context_ns) == (8_000_000, 60_000, 30_000, 80)


def test_records_survive_json():
    for record in (EngineShape(order="priority"), Job(1, 2, 3, (4, 5), 6), Event("limited", 1, 2, retry_after_ns=3)):
        assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
