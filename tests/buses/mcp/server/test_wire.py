"""Our values on the wire."""

from __future__ import annotations

import pytest

from ergos.base.clock import MILLISECOND, SECOND
from ergos.base.errors import UsageError
from ergos.buses.mcp.server.ports import TaskStatus, TaskView
from ergos.buses.mcp.server.wire import created, detailed, failed, instant, of_error, of_failure, returned, tool
from ergos.kernel.calls import EffectClass, Failure
from ergos.kernel.packages import ToolSpec

VIEW = TaskView(id="t", status="working", created_ns=SECOND, updated_ns=2 * SECOND, ttl_ms=5)


def test_an_instant_is_utc_to_the_millisecond() -> None:
    assert instant(1_700_000_000 * SECOND + 7 * MILLISECOND) == "2023-11-14T22:13:20.007Z"


def test_a_result_is_text_for_a_model_and_a_value_for_a_program() -> None:
    assert returned("hi") == {"content": [{"type": "text", "text": "hi"}], "isError": False}
    assert returned({"a": 1})["structuredContent"] == {"a": 1}
    assert "structuredContent" not in returned([1])
    assert returned(None)["content"][0]["text"] == "null"


def test_a_failure_says_what_and_what_to_do() -> None:
    assert of_failure(Failure("E9", "it broke", "mend it"))["content"][0]["text"] == "[E9] it broke — mend it"
    assert of_error(UsageError("no"))["isError"] is True
    assert "_meta" not in failed("no")


@pytest.mark.parametrize(
    ("status", "more"),
    [("working", set()), ("input_required", {"inputRequests"}), ("completed", {"result"}), ("failed", {"error"}), ("cancelled", set())],
)  # fmt: skip
def test_a_task_shows_what_belongs_to_its_status_and_nothing_else(status: TaskStatus, more: set[str]) -> None:
    view = TaskView(
        id="t", status=status, created_ns=0, updated_ns=0, result={"content": []}, error={"code": 1}, inputs={"k": {}}
    )
    common = {"taskId", "status", "createdAt", "lastUpdatedAt", "ttlMs", "pollIntervalMs"}
    assert set(detailed(view)) == common | more
    assert set(created(view)) == common | {"resultType"}
    assert view.ended == (status in {"completed", "failed", "cancelled"})


def test_a_task_that_is_kept_for_ever_says_so() -> None:
    assert created(VIEW)["ttlMs"] == 5
    assert detailed(TaskView(id="t", status="working", created_ns=0, updated_ns=0))["ttlMs"] is None


@pytest.mark.parametrize(
    ("effect", "reads", "destroys"),
    [
        ("pure", True, False),
        ("idempotent", False, False),
        ("reconcilable", False, False),
        ("irreversible", False, True),
    ],
)
def test_what_a_tool_does_is_hinted_by_its_effect_class(effect: EffectClass, reads: bool, destroys: bool) -> None:
    shown = tool(ToolSpec(name="a.b", summary="does", parameters={}, effect=effect))
    assert shown["inputSchema"] == {"type": "object"}
    assert (shown["annotations"]["readOnlyHint"], shown["annotations"]["destructiveHint"]) == (reads, destroys)
