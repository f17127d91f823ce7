"""The records that cross the ports."""

from __future__ import annotations

from ergos.buses.mcp.server.ports import Caller, RpcError


def test_two_starts_of_one_process_are_two_callers() -> None:
    assert Caller("process 7", 7, 1) != Caller("process 7", 7, 2)
    assert Caller("owner a") == Caller("owner a")


def test_an_error_carries_what_the_protocol_wants() -> None:
    error = RpcError(-32602, "no", {"uri": "x"})
    assert (error.code, error.message, error.data, str(error)) == (-32602, "no", {"uri": "x"}, "no")
