from __future__ import annotations

import msgspec
import pytest

from ergos.sim.loopback.server import LoopbackServer
from ergos.sim.loopback.wires import Fault, Wire, invalid, openai_refusal, shape_fault


def test_a_wrong_shape_says_where() -> None:
    class Body(msgspec.Struct):
        messages: list[int]

    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"messages": ["x"]}, Body)
    fault = shape_fault(caught.value).fault
    assert fault.status == 400
    assert fault.param == "messages[0]"
    assert "str" in fault.message


def test_an_error_has_the_four_fields_of_openai() -> None:
    error = msgspec.json.decode(openai_refusal(invalid("no", "p", "c").fault))["error"]
    assert error == {"message": "no", "type": "invalid_request_error", "param": "p", "code": "c"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_an_error_in_mid_stream_is_an_event(path: str) -> None:
    wire: Wire = LoopbackServer()._wires[path]
    frame = wire.failing(Fault(status=529, message="too much"))
    assert frame.endswith(b"\n\n")
    data = next(line for line in frame.split(b"\n") if line.startswith(b"data: "))
    assert "too much" in str(msgspec.json.decode(data.removeprefix(b"data: ")))
