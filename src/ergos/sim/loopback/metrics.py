"""What `GET /metrics` tells, under vLLM's names, so that a scheduler in front reads it as it reads vLLM.

Rules: reads counters, changes nothing. Without an engine there is no cache and nothing waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.base.clock import SECOND
from ergos.sim.grid.engine import Engine
from ergos.sim.loopback.calls import CallLog

TEXT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)  # seconds of the engine's time


def exposition(model: str, calls: CallLog, running: int, engine: Engine | None) -> bytes:
    """All of it, in the Prometheus text format."""
    done = [call for call in calls.calls if call.outcome == "answered"]
    label = f'model_name="{model}"'
    lines: list[str] = []
    waiting, used = 0, 0.0
    if engine is not None:
        running, waiting = engine.running, engine.waiting
        used = engine.cache.used / engine.cache.blocks
        given = f'{label},block_size="{engine.shape.block_tokens}",num_gpu_blocks="{engine.cache.blocks}"'
        lines += _one("vllm:cache_config_info", "gauge", given, 1)
        lines += _one("vllm:num_preemptions_total", "counter", label, engine.tally.preempted)
    lines += _one("vllm:num_requests_running", "gauge", label, running)
    lines += _one("vllm:num_requests_waiting", "gauge", label, waiting)
    lines += _one("vllm:kv_cache_usage_perc", "gauge", label, round(used, 6))
    read, cached = sum(call.input_tokens for call in done), sum(call.cached_tokens for call in done)
    lines += _one("vllm:prompt_tokens_total", "counter", label, read)
    lines += _one("vllm:generation_tokens_total", "counter", label, sum(call.output_tokens for call in done))
    lines += _one("vllm:prefix_cache_queries_total", "counter", label, read)
    lines += _one("vllm:prefix_cache_hits_total", "counter", label, cached)
    lines += _one("vllm:request_success_total", "counter", f'{label},finished_reason="stop"', len(done))
    firsts = [(call.first_ns - call.came_ns) / SECOND for call in done if call.first_ns]
    lines += _histogram("vllm:time_to_first_token_seconds", label, firsts)
    lines += _histogram(
        "vllm:e2e_request_latency_seconds", label, [(call.ended_ns - call.came_ns) / SECOND for call in done]
    )
    return ("\n".join(lines) + "\n").encode()


def _one(name: str, kind: str, labels: str, value: float) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    yield f"{name}{{{labels}}} {value}"


def _histogram(name: str, labels: str, values: list[float]) -> Iterator[str]:
    yield f"# TYPE {name} histogram"
    for most in BUCKETS_S:
        yield f'{name}_bucket{{{labels},le="{most}"}} {sum(value <= most for value in values)}'
    yield f'{name}_bucket{{{labels},le="+Inf"}} {len(values)}'
    yield f"{name}_sum{{{labels}}} {sum(values):.6f}"
    yield f"{name}_count{{{labels}}} {len(values)}"
