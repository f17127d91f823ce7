"""The order in which AG-UI 1.0 wants the events of one run, as a check.

Source: https://docs.ag-ui.com/spec/1.0/events/lifecycle and /basic/patterns.
"""

from __future__ import annotations

from typing import Any

from ag_ui.core import Event
from pydantic import TypeAdapter

_EVENT = TypeAdapter(Event)


def check_run(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The last event, if everything before it is in order."""
    for event in events:
        assert not (_EVENT.validate_python(event).model_extra or {})
    assert events[0]["type"] == "RUN_STARTED"
    steps: set[str] = set()
    messages: set[str] = set()
    calls: dict[str, str] = {}
    state: Any = None
    for number, event in enumerate(events):
        kind = event["type"]
        last = number == len(events) - 1
        assert (kind in {"RUN_FINISHED", "RUN_ERROR"}) == last, "a run ends once, and nothing follows"
        assert kind != "RUN_STARTED" or number == 0
        if kind == "STEP_STARTED":
            assert event["stepName"] not in steps
            steps.add(event["stepName"])
        elif kind == "STEP_FINISHED":
            steps.remove(event["stepName"])
        elif kind == "TEXT_MESSAGE_START":
            assert event["messageId"] not in messages
            messages.add(event["messageId"])
        elif kind == "TEXT_MESSAGE_CONTENT":
            assert event["messageId"] in messages
        elif kind == "TEXT_MESSAGE_END":
            messages.remove(event["messageId"])
        elif kind == "TOOL_CALL_START":
            assert event["toolCallId"] not in calls, "a call is opened once"
            calls[event["toolCallId"]] = "open"
        elif kind == "TOOL_CALL_ARGS":
            assert calls[event["toolCallId"]] == "open"
        elif kind == "TOOL_CALL_END":
            assert calls[event["toolCallId"]] == "open"
            calls[event["toolCallId"]] = "closed"
        elif kind == "TOOL_CALL_RESULT":
            assert calls.get(event["toolCallId"], "closed") == "closed"
        elif kind == "STATE_SNAPSHOT":
            state = dict(event["snapshot"])
        elif kind == "STATE_DELTA":
            for change in event["delta"]:
                name = change["path"].removeprefix("/")
                assert change["op"] == "replace"
                assert name in state, "a patch applies to what was shown"
                state[name] = change["value"]
    assert not messages
    assert "open" not in calls.values()
    end = events[-1]
    if end["type"] == "RUN_FINISHED":
        assert not steps, "a run does not finish in the middle of a step"
        assert (end["threadId"], end["runId"]) == (events[0]["threadId"], events[0]["runId"])
        if end["outcome"]["type"] == "interrupt":
            assert end["outcome"]["interrupts"]
    return end
