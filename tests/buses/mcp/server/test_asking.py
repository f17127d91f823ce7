"""Who asks, and what they take, is found out on every request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ergos.buses.mcp.server.asking import CALLER, Call, arguments_of, caller_of, demand_tasks, takes_tasks
from ergos.buses.mcp.server.ports import TASKS, Caller, RpcError

ME = Caller("owner me")


def context(version: str = "2026-07-28", extensions: Any = None, request: Any = None, params: Any = None) -> Any:
    able = None if extensions is False else SimpleNamespace(extensions=extensions)
    session = SimpleNamespace(client_capabilities=able)
    return SimpleNamespace(protocol_version=version, session=session, request=request, params=params, meta=None)


def test_a_request_says_nothing_about_who_asks() -> None:
    other = SimpleNamespace(scope={CALLER: Caller("process 1", 1, 1)})
    assert caller_of(context(request=other), ME).pid == 1
    assert caller_of(context(params={"caller": "root"}), ME) == ME
    for nobody in (SimpleNamespace(scope={}), SimpleNamespace(scope={CALLER: "owner me"})):
        with pytest.raises(RpcError):
            caller_of(context(request=nobody), ME)


@pytest.mark.parametrize(
    ("version", "extensions", "takes"),
    [("2026-07-28", {TASKS: {}}, True), ("2026-07-28", {}, False), ("2026-07-28", None, False), ("2026-07-28", False, False), ("2025-11-25", {TASKS: {}}, False)],
)  # fmt: skip
def test_a_task_is_for_who_said_so_on_this_request(version: str, extensions: Any, takes: bool) -> None:
    asked = context(version, extensions)
    assert takes_tasks(asked) is takes
    assert Call(asked, ME).takes_tasks is takes
    if not takes:
        with pytest.raises(RpcError) as refused:
            demand_tasks(asked)
        assert refused.value.code == -32021


def test_parameters_of_the_wrong_shape_are_refused() -> None:
    class Wanted(msgspec.Struct):
        n: int

    assert arguments_of(context(params={"n": 1, "_meta": {}}), Wanted).n == 1
    for wrong in (None, {}, {"n": "1"}, {"n": None}):
        with pytest.raises(RpcError):
            arguments_of(context(params=wrong), Wanted)
