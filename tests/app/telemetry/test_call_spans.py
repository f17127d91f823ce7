"""A call that has ended is told by the conventions of its kind."""

from __future__ import annotations

import pytest

from ergos.app.telemetry import names
from ergos.app.telemetry.answers import Read
from ergos.app.telemetry.call_spans import model_call, tool_call
from ergos.app.telemetry.spans import LogEvent, Measured, Span
from ergos.kernel.calls import Call, Failure
from ergos.kernel.models import Usage

SPAN = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="x", start_ns=10**9, end_ns=3 * 10**9, attributes={names.PID: 7})
CALL = Call(key="k", kind="act", name="github.search", args={})
BROKEN = Failure("E500", "it broke")


def test_an_embedding_is_told_as_one():
    found = model_call(SPAN, "m", "vendor/m", None, Read(dialect="openai.embeddings", usage=Usage(5, 0)))
    assert isinstance(found[0], Span)
    assert found[0].name == "embeddings m"
    assert [one.value for one in found if isinstance(one, Measured) and one.metric == names.TOKEN_USAGE] == [5]


def test_a_usage_that_nobody_said_is_not_told():
    found = model_call(SPAN, "m", "", BROKEN, Read())
    span, event, *measured = found
    assert isinstance(span, Span)
    assert names.INPUT_TOKENS not in span.attributes
    assert isinstance(event, LogEvent)
    assert names.PID not in event.attributes  # the event holds what the conventions know
    assert [one.metric for one in measured if isinstance(one, Measured)] == [names.OPERATION_DURATION]
    [lasted] = measured
    assert isinstance(lasted, Measured)
    assert (lasted.value, dict(lasted.attributes)[names.ERROR_TYPE]) == (2.0, "E500")


@pytest.mark.parametrize(("servers", "spans"), [((), 1), (("github",), 2), (("git",), 1)])
def test_what_a_server_of_tools_did_has_a_span_of_its_own(servers: tuple[str, ...], spans: int):
    found = [one for one in tool_call(SPAN, CALL, None, Read(), servers, b"i" * 8) if isinstance(one, Span)]
    assert len(found) == spans
    if spans == 2:
        assert (found[1].name, found[1].parent_id, found[1].span_id) == ("tools/call search", SPAN.span_id, b"i" * 8)


def test_content_is_told_where_it_was_read():
    told = tool_call(SPAN, CALL, None, Read(given="{}", came="result"), (), b"")
    assert isinstance(told[0], Span)
    assert (told[0].attributes[names.TOOL_ARGUMENTS], told[0].attributes[names.TOOL_RESULT]) == ("{}", "result")
