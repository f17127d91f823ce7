"""Our values in the shapes of the protocol: results of tools, tasks, instants.

Rules: pure; the result of a tool carries its value twice, as text for a model and as it is for a program; nothing of
the inside is shown but an error's own words.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import MILLISECOND, SECOND
from ergos.base.errors import ErgosError
from ergos.buses.mcp.server.ports import TaskView, Wire
from ergos.kernel.calls import Failure
from ergos.kernel.packages import ToolSpec

POLL_MS: Final = 500  # milliseconds between two looks at a task that a client is told to keep to
TEXT_CHARS_MAX: Final = 1_000_000  # characters of a value shown as text; a value that is an object is not cut


def instant(at_ns: int) -> str:
    """ISO 8601 in UTC to the millisecond."""
    day = datetime.fromtimestamp(at_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{day}.{at_ns % SECOND // MILLISECOND:03d}Z"


def text(words: str) -> Wire:
    """A piece of text of a result."""
    return {"type": "text", "text": words}


def returned(value: Plain) -> Wire:
    """What a tool returned."""
    words = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
    if len(words) > TEXT_CHARS_MAX:
        words = f"{words[:TEXT_CHARS_MAX]}\n[cut after {TEXT_CHARS_MAX:,} of {len(words):,} characters]"
    result: Wire = {"content": [text(words)], "isError": False}
    if isinstance(value, dict):
        result["structuredContent"] = value
    return result


def failed(words: str, code: str = "") -> Wire:
    """A tool that did not do it, and why."""
    result: Wire = {"content": [text(words)], "isError": True}
    if code:
        result["_meta"] = {"ergos/code": code}
    return result


def of_error(error: ErgosError) -> Wire:
    """An error that was raised, as a tool's result."""
    return failed(str(error), error.code)


def of_failure(failure: Failure) -> Wire:
    """A call that failed, as a tool's result."""
    remedy = f" — {failure.remedy}" if failure.remedy else ""
    return failed(f"[{failure.code}] {failure.what}{remedy}", failure.code)


def tool(spec: ToolSpec) -> Wire:
    """A tool's definition. Its hints follow from its effect class: what is not known to be harmless is not."""
    schema = cast("Wire", dict(spec.parameters))
    schema.setdefault("type", "object")
    return {
        "name": spec.name,
        "description": spec.summary,
        "inputSchema": schema,
        "annotations": {
            "readOnlyHint": spec.goes == "read",
            "destructiveHint": spec.effect == "irreversible",
            "idempotentHint": spec.effect != "irreversible",
            "openWorldHint": spec.goes != "read" or not spec.local,
        },
    }


def task(view: TaskView) -> Wire:
    """What is the same in every shape of a task."""
    shown: Wire = {
        "taskId": view.id,
        "status": view.status,
        "createdAt": instant(view.created_ns),
        "lastUpdatedAt": instant(view.updated_ns),
        "ttlMs": view.ttl_ms,
        "pollIntervalMs": POLL_MS,
    }
    if view.message:
        shown["statusMessage"] = view.message
    return shown


def created(view: TaskView) -> Wire:
    """A task in the place of a result: nothing of its outcome, whatever its status."""
    return {"resultType": "task", **task(view)}


def detailed(view: TaskView) -> Wire:
    """A task with what belongs to its status."""
    shown = task(view)
    match view.status:
        case "completed":
            shown["result"] = view.result if view.result is not None else returned(None)
        case "failed":
            shown["error"] = view.error or {"code": -32603, "message": view.message or "the request failed"}
        case "input_required":
            shown["inputRequests"] = dict(view.inputs)
        case _:
            pass
    return shown
