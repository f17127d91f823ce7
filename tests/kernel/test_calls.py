"""A call keeps its meaning on the way through the journal, and an older one is read as it was meant."""

from __future__ import annotations

import msgspec

from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.labels import USER, Label


def test_a_call_comes_back_as_it_was_written() -> None:
    call = Call(
        key="act:pay:1",
        kind="act",
        name="pay",
        args={"to": msgspec.Raw(b'"bob"')},
        effect="irreversible",
        label=Label("untrusted", ("me",), modelled=True),
    )
    again = msgspec.json.decode(msgspec.json.encode(call), type=Call)
    assert (again.key, again.effect, again.label) == (call.key, call.effect, call.label)
    assert bytes(again.args["to"]) == b'"bob"'


def test_a_label_without_a_models_part_is_read_as_one_of_before() -> None:
    old = msgspec.json.decode(b'["untrusted",null]', type=Label)
    assert old == Label("untrusted")
    assert not old.modelled


def test_what_is_usual_is_not_written() -> None:
    call = msgspec.json.encode(Call(key="k", kind="think", name="n", args={}, label=USER))
    assert call == b'{"key":"k","kind":"think","name":"n","args":{}}'
    assert msgspec.json.encode(Failure("E1", "x")) == b'{"code":"E1","what":"x"}'
    assert b"amount" in msgspec.json.encode(Hold(amount=Amount(1, 2), provider="p", day=3))
