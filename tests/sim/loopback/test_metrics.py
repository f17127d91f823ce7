from __future__ import annotations

from ergos.base.clock import SECOND
from ergos.sim.grid.engine import Engine
from ergos.sim.loopback.calls import CallLog
from ergos.sim.loopback.metrics import exposition


def values(text: bytes) -> dict[str, float]:
    lines = [line for line in text.decode().splitlines() if line and not line.startswith("#")]
    return {
        name.partition("{")[0] + (name[name.index("le=") :] if "le=" in name else ""): float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines)
    }


def test_counters_have_vllms_names() -> None:
    log = CallLog()
    call = log.came("/p", {"model": "m"}, now_ns=0)
    call.input_tokens, call.cached_tokens, call.output_tokens, call.first_ns = 100, 64, 20, SECOND
    log.ended(call, "answered", 200, 3 * SECOND)
    told = values(exposition("m", log, 0, Engine()))
    assert told["vllm:prompt_tokens_total"] == 100
    assert told["vllm:prefix_cache_hits_total"] == 64
    assert told["vllm:generation_tokens_total"] == 20
    assert told["vllm:request_success_total"] == 1
    assert told["vllm:num_requests_running"] == told["vllm:num_requests_waiting"] == 0
    assert told["vllm:e2e_request_latency_seconds_sum"] == 3
    assert told['vllm:e2e_request_latency_seconds_bucketle="2.5"}'] == 0
    assert told['vllm:e2e_request_latency_seconds_bucketle="5.0"}'] == 1


def test_without_an_engine_nothing_waits() -> None:
    told = values(exposition("m", CallLog(), 7, None))
    assert told["vllm:num_requests_running"] == 7
    assert told["vllm:kv_cache_usage_perc"] == 0
