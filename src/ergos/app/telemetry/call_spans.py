"""The spans, events and measurements of a call that has ended, by the conventions for its kind.

Rules: pure; what is common to all calls stands in the span that is handed in.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from ergos.app.telemetry import names
from ergos.app.telemetry.answers import Read
from ergos.app.telemetry.spans import Attributes, LogEvent, Measured, Span, Told
from ergos.base.clock import SECOND
from ergos.kernel.calls import Call, Failure


def model_call(span: Span, model: str, provider: str, failure: Failure | None, read: Read) -> list[Told]:
    """A model call."""
    operation = names.EMBEDDINGS if read.dialect == "openai.embeddings" else names.CHAT
    vendor = provider.partition("/")[0] or "ergos"
    usage = read.usage
    attributes: Attributes = {
        **span.attributes,
        names.OPERATION: operation,
        names.PROVIDER: vendor,
        names.REQUEST_MODEL: model,
    }
    if read.model:
        attributes[names.RESPONSE_MODEL] = read.model
    if read.id:
        attributes[names.RESPONSE_ID] = read.id
    if read.stop:
        attributes[names.FINISH_REASONS] = (read.stop,)
    labels = (
        (names.OPERATION, operation), (names.PROVIDER, vendor), (names.REQUEST_MODEL, model), *failed(failure),
    )  # fmt: skip
    told: list[Told] = [lasted(names.OPERATION_DURATION, span.start_ns, span.end_ns, labels)]
    if usage.known:
        attributes[names.INPUT_TOKENS], attributes[names.OUTPUT_TOKENS] = usage.input_tokens, usage.output_tokens
        more = (
            (names.CACHE_READ_TOKENS, usage.cached_tokens),
            (names.CACHE_WRITTEN_TOKENS, usage.cache_written_tokens),
            (names.REASONING_TOKENS, usage.reasoning_tokens),
        )
        attributes.update({name: count for name, count in more if count})
        for kind, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if count:
                told.append(
                    Measured(metric=names.TOKEN_USAGE, value=count, attributes=(*labels, (names.TOKEN_TYPE, kind)))
                )
    content = {names.INPUT_MESSAGES: read.given, names.OUTPUT_MESSAGES: read.came}
    attributes.update({name: text for name, text in content.items() if text})
    found = msgspec.structs.replace(span, name=f"{operation} {model}", kind="client", attributes=attributes)
    event = LogEvent(
        name=names.INFERENCE_DETAILS,
        at_ns=span.end_ns,
        trace_id=span.trace_id,
        span_id=span.span_id,
        attributes={name: value for name, value in attributes.items() if name.startswith(("gen_ai.", "error."))},
    )
    return [found, event, *told]


def tool_call(
    span: Span, call: Call, failure: Failure | None, read: Read, servers: Collection[str], inner_id: bytes
) -> list[Told]:
    """A tool call, and what its server did of it. `inner_id`: of the latter's span."""
    name = call.name
    attributes: Attributes = {
        **span.attributes,
        names.OPERATION: names.EXECUTE_TOOL,
        names.TOOL_NAME: name,
        names.TOOL_CALL_ID: call.key,
        names.TOOL_TYPE: "function",
    }
    content = {names.TOOL_ARGUMENTS: read.given, names.TOOL_RESULT: read.came}
    attributes.update({key: text for key, text in content.items() if text})
    found = msgspec.structs.replace(span, name=f"{names.EXECUTE_TOOL} {name}", attributes=attributes)
    labels = ((names.TOOL_NAME, name), *failed(failure))
    told: list[Told] = [found, lasted(names.TOOL_DURATION, span.start_ns, span.end_ns, labels)]
    server, _, tool = name.partition(".")
    if tool and server in servers:
        told.append(
            Span(
                trace_id=span.trace_id,
                span_id=inner_id,
                parent_id=span.span_id,
                name=f"{names.TOOLS_CALL} {tool}",
                kind="client",
                start_ns=span.start_ns,
                end_ns=span.end_ns,
                attributes={
                    names.MCP_METHOD: names.TOOLS_CALL,
                    names.TOOL_NAME: tool,
                    "server.name": server,
                    **({names.ERROR_TYPE: failure.code} if failure else {}),
                },
                error=span.error,
            )
        )
        labels = ((names.MCP_METHOD, names.TOOLS_CALL), *labels)
        told.append(lasted(names.MCP_DURATION, span.start_ns, span.end_ns, labels))
    return told


def failed(failure: Failure | None) -> tuple[tuple[str, str], ...]:
    """The label of a failure."""
    return () if failure is None else ((names.ERROR_TYPE, failure.code),)


def lasted(metric: str, start_ns: int, end_ns: int, attributes: tuple[tuple[str, str], ...]) -> Measured:
    """A duration."""
    return Measured(metric=metric, value=max(0, end_ns - start_ns) / SECOND, attributes=attributes)


def spent(value: float, agent: str) -> Measured:
    """Micro-dollars an agent's call cost."""
    return Measured(metric=names.SPENT, value=value, attributes=((names.AGENT_NAME, agent),))
