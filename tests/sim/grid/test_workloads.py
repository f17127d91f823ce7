"""The shapes that were published or measured, at the percentiles that are known."""

import itertools

import msgspec
import pytest

from ergos.sim.grid.programs import OUTLINE_TOKENS
from ergos.sim.grid.statistics import mean, percentile
from ergos.sim.grid.workloads import KINDS, OWNERS, SECOND_NS, Mix, mixed

LONG = mixed(5, Mix(programs_per_s=1.0, length_s=2_400.0))


def turns(kind):
    return [t for p in LONG.programs if p.kind == kind for stage in p.stages for chain in stage for t in chain]


def of(kind, number):
    return [number(program) for program in LONG.programs if program.kind == kind]


def test_support_is_shaped_like_the_airline_conversations():
    calls = of("support", lambda program: program.calls)
    assert mean(calls) == pytest.approx(12.3, rel=0.1)
    assert percentile(calls, 0.5) == pytest.approx(11, abs=1)
    assert percentile(calls, 0.9) == pytest.approx(20, abs=2)
    contexts, outputs = [t.prompt_tokens for t in turns("support")], [t.output_tokens for t in turns("support")]
    assert percentile(contexts, 0.5) == pytest.approx(2_600, rel=0.1)
    assert percentile(contexts, 0.95) == pytest.approx(5_500, rel=0.1)
    assert percentile(outputs, 0.5) == pytest.approx(54, rel=0.1)
    assert percentile(outputs, 0.95) == pytest.approx(166, rel=0.1)


def test_single_questions_are_shaped_like_the_azure_conversations():
    contexts, outputs = [t.prompt_tokens for t in turns("single")], [t.output_tokens for t in turns("single")]
    assert mean(contexts) == pytest.approx(1_155, rel=0.12)
    assert percentile(contexts, 0.95) == pytest.approx(4_083, rel=0.15)
    assert mean(outputs) == pytest.approx(211, rel=0.1)
    assert percentile(outputs, 0.95) == pytest.approx(451, rel=0.1)


def test_coding_is_shaped_like_tracelab_with_contexts_of_a_sixth():
    sessions = mixed(5, Mix(programs_per_s=2.0, length_s=400.0, shares=(0.0, 1.0, 0.0, 0.0))).programs
    steps = [session.calls for session in sessions]
    assert percentile(steps, 0.5) == pytest.approx(16, rel=0.2)
    assert percentile(steps, 0.9) == pytest.approx(152, rel=0.3)
    calls = [t for session in sessions for t in session.stages[0][0]]
    assert percentile([t.prompt_tokens for t in calls], 0.5) == pytest.approx(119_000 / 6, rel=0.25)
    assert percentile([t.output_tokens for t in calls], 0.5) == pytest.approx(214, rel=0.05)
    pauses = [t.pause_ns / SECOND_NS for t in calls]
    assert percentile(pauses, 0.5) == pytest.approx(0.3, rel=0.1)
    assert percentile(pauses, 0.9) == pytest.approx(8.4, rel=0.15)
    assert max(steps) == 400
    assert any(len({t.segments[-1][0] for t in session.stages[0][0]}) > 1 for session in sessions), "nothing compacted"


def test_map_reduce_fans_out_and_joins():
    for program in (program for program in LONG.programs if program.kind == "map-reduce"):
        split, maps, join = program.stages
        assert (len(split), len(join)) == (1, 1)
        assert 4 <= len(maps) <= 12
        assert join[0][0].prompt_tokens > sum(chain[-1].output_tokens for chain in maps)


def test_kinds_and_owners_have_their_shares():
    count = len(LONG.programs)
    for kind, share in zip(KINDS, Mix().shares, strict=True):
        assert len(of(kind, lambda program: program)) == pytest.approx(share * count, rel=0.15)
    owned = [sum(program.owner == owner for program in LONG.programs) for owner in OWNERS]
    assert owned[0] == pytest.approx(count / 2, rel=0.08)
    assert all(number == pytest.approx(count / 6, rel=0.2) for number in owned[1:])
    assert sum(program.cancelled_after_ns > 0 for program in LONG.programs) == pytest.approx(0.02 * count, rel=0.5)


def test_bursts_are_three_times_as_dense_and_the_mean_rate_is_kept():
    assert len(LONG.programs) == pytest.approx(2_400, rel=0.07)
    phases = [program.arrival_ns / SECOND_NS % 400 for program in LONG.programs]
    burst = sum(phase >= 340 for phase in phases) / 60
    quiet = sum(phase < 340 for phase in phases) / 340
    assert burst / quiet == pytest.approx(3.0, rel=0.15)


def test_a_program_depends_on_its_seed_and_number_alone():
    slower = mixed(5, Mix(programs_per_s=0.5, length_s=100.0))
    for one, other in zip(slower.programs, LONG.programs, strict=False):
        assert msgspec.structs.replace(one, arrival_ns=0) == msgspec.structs.replace(other, arrival_ns=0)
    assert mixed(6, Mix(length_s=50.0)).programs != mixed(5, Mix(length_s=50.0)).programs
    assert mixed("x", Mix(length_s=50.0)) == mixed("x", Mix(length_s=50.0))


def test_stems_and_pids_of_different_programs_do_not_meet():
    stems: dict[int, int] = {}
    for program in LONG.programs:
        for stage in program.stages:
            for turn in (turn for chain in stage for turn in chain):
                for stem, _ in turn.segments:
                    if stem >= 4_096:
                        assert stems.setdefault(stem, program.pid) == program.pid


def test_every_context_grows_out_of_the_one_before():
    for program in (program for program in LONG.programs if program.kind in {"support", "coding"}):
        (chain,) = program.stages[0]
        for before, turn in itertools.pairwise(chain):
            assert all(tokens % OUTLINE_TOKENS == 0 for _, tokens in turn.segments[:-1])
            if before.segments[-1][0] == turn.segments[-1][0]:
                assert turn.prompt_tokens == before.prompt_tokens + before.output_tokens + turn.fresh_tokens
                assert turn.blocks(64)[: len(before.blocks(64))] == before.blocks(64)
