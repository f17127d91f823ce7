import itertools
from pathlib import Path

import pytest

from ergos.base.errors import UsageError
from ergos.sim.grid.statistics import mean, percentile
from ergos.sim.grid.traces import azure, tracelab

TRACES = Path(__file__).parents[4] / "shared" / "traces"
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:05.9799600,110,27\n"
)
LAB = """session_id,arrival_time,round_idx,prefix_len,input_len,output_len,tool_wait_after_ms
0,117,0,0,2318,200,300
0,117,1,2518,348,131,154
1,393,0,0,861,107,0
"""


def recorded(name):
    path = TRACES / name
    if not path.exists():
        pytest.skip(f"the recorded trace {name} is not here")
    return path.read_text("utf-8")


def test_azure_rows_become_calls_at_their_times():
    found = azure(AZURE, kind="code", pace=4.0)
    assert [program.arrival_ns for program in found.programs] == [0, 500_000_000]
    (turn,) = found.programs[0].stages[0][0]
    assert (turn.prompt_tokens, turn.output_tokens, turn.fresh_tokens) == (4_808, 10, 4_808)
    assert found.length_ns == 500_000_000
    assert len(azure(AZURE, kind="code", rows_max=1).programs) == 1


def test_tracelab_sessions_keep_rounds_prefixes_and_pauses():
    found = tracelab(LAB, copies=2, pace=0.5)
    assert [program.calls for program in found.programs] == [2, 1, 2, 1]
    first, second = found.programs[0].stages[0][0]
    assert (first.prompt_tokens, first.pause_ns) == (2_318, 600_000_000)
    assert (second.prompt_tokens, second.fresh_tokens, second.pause_ns) == (2_866, 348, 0)
    assert second.blocks(64)[: len(first.blocks(64))] == first.blocks(64)
    arrivals = [program.arrival_ns / 1e6 for program in found.programs]
    assert arrivals == [234, 786, 234 + 788, 786 + 788]
    assert len({program.pid for program in found.programs}) == 4


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n"])
def test_what_is_no_azure_trace_is_refused(text):
    with pytest.raises(UsageError, match="row 1"):
        azure(text, kind="code")


@pytest.mark.parametrize("text", ["", "session_id\n1\n", LAB + "x,1,2,3,4,5,6\n"])
def test_what_is_no_tracelab_trace_is_refused(text):
    with pytest.raises(UsageError, match="TraceLab"):
        tracelab(text)


def test_the_recorded_azure_traces_have_their_known_shape():
    for name, context, output, p95 in (("azure_code.csv", 2_048, 28, 7_303), ("azure_conv.csv", 1_155, 211, 4_083)):
        programs = azure(recorded(name), kind="single").programs
        prompts = [program.stages[0][0][0].prompt_tokens for program in programs]
        assert mean(prompts) == pytest.approx(context, rel=0.01)
        assert percentile(prompts, 0.95) == pytest.approx(p95, rel=0.01)
        assert mean([program.stages[0][0][0].output_tokens for program in programs]) == pytest.approx(output, rel=0.02)


def test_every_round_of_the_recorded_sessions_reads_what_went_before():
    programs = tracelab(recorded("tracelab_multi.csv")).programs
    assert (len(programs), sum(program.calls for program in programs)) == (48, 303)
    for program in programs:
        (chain,) = program.stages[0]
        for before, turn in itertools.pairwise(chain):
            assert turn.prompt_tokens == before.prompt_tokens + before.output_tokens + turn.fresh_tokens
