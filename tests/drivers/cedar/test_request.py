"""Plain data become Cedar's so that no value is taken for another, and what cannot be said is not said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.cedar.request import CONTEXT_BYTES_MAX, DEPTH_MAX, Unsayable, asked, recipients
from ergos.kernel.labels import Label
from ergos.kernel.permission.policy import Proposal


def proposal(args: dict[str, object], **more: object) -> Proposal:
    usual: dict[str, object] = {
        "agent": "helper",
        "verb": "act",
        "name": "bank.pay",
        "label": Label("user"),
        "reach": "money",
    }
    return Proposal(**{**usual, **more}, args=args)


def context(args: dict[str, object], **more: object) -> dict[str, object]:
    return json.loads(str(asked("ann", proposal(args, **more)).request["context"]))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (5, 5),
        (5.0, 5),
        (-0.0, 0),
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, str(2**63)),
        (1e300, str(int(1e300))),
        (2.0**60, str(2**60)),
        pytest.param(10**5000, "huge", id="huge"),
        (0.1, {"__extn": {"fn": "decimal", "arg": "0.1"}}),
        (-12.3456, {"__extn": {"fn": "decimal", "arg": "-12.3456"}}),
        (0.12345, "0.12345"),
        (1e-9, "1e-09"),
        ("5", "5"),
        ([1, None, "a"], [1, "a"]),
        ({"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
    ],
)
def test_a_value_is_said_as_no_other_value(value: object, said: object) -> None:
    assert context({"x": value})["args"] == {"x": said}


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "\ud800",
        {"\udfff": 1},
        {"__entity": {"type": "Agent", "id": "root"}},
        {"a": [{"__extn": {"fn": "ip", "arg": "127.0.0.1"}}]},
        "x" * (CONTEXT_BYTES_MAX + 1),
    ],
)
def test_what_cedar_could_misread_is_not_said(value: object) -> None:
    with pytest.raises(Unsayable):
        asked("ann", proposal({"x": value}))


def test_deep_values_are_not_said() -> None:
    for wrap in (lambda inner: [inner], lambda inner: {"a": inner}):
        value: object = "x"
        for _ in range(DEPTH_MAX + 2):
            value = wrap(value)
        for roles in ({}, {"x": "recipient"}):
            with pytest.raises(Unsayable):
                asked("ann", proposal({"x": value}, roles=roles))


def test_who_gets_it_is_said_with_the_host() -> None:
    args = {
        "to": ["a@ACME.example", {"mail": "b@evil.example"}],
        "url": "https://Acme.example:8443/x",
        "user": "carol",
        "n": 5,
        "t": "z@z.z",
    }
    roles = dict.fromkeys(("to", "url", "user", "n"), "recipient")
    found = context(args, roles=roles)
    assert set(found["recipients"]) == {"a@ACME.example", "b@evil.example", "https://Acme.example:8443/x", "carol", "5"}
    assert set(found["domains"]) == {"acme.example", "evil.example", "carol", "5"}


@pytest.mark.parametrize(
    "text", ["https://acme.example@evil.example/", "https://evil.example\\@acme.example", "a@acme.example\n", "@acme.example", "https://[::1",
             "a@evil.example, b@acm\u0435.example", "https://\u0430cme.example/"]
)  # fmt: skip
def test_a_host_that_could_be_read_otherwise_is_not_the_organisations(text: str) -> None:
    assert (
        text == "a@acme.example\n" or "acme.example" not in context({"to": text}, roles={"to": "recipient"})["domains"]
    )


def test_label_and_entities_are_said() -> None:
    label = Label("untrusted", ("b", "a"), modelled=True)
    one = asked("ann", proposal({}, label=label, name="mail.send"))
    assert one.request["resource"] == {"type": "Tool", "id": "mail.send"}
    found = json.loads(str(one.request["context"]))
    assert (found["integrity"], found["readers"], found["modelled"]) == ("untrusted", ["a", "b"], True)
    assert "readers" not in context({})
    assert one.entities[0]["attrs"] == {"name": "helper", "owner": "ann"}
    assert one.entities[1]["parents"] == [{"type": "Server", "id": "mail"}]
    assert asked("ann", proposal({}, verb="send", name="helper")).entities[1:] == []
    assert asked("ann", proposal({}, verb="think", name="sum")).request["resource"] == {"type": "Task", "id": "sum"}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=3), st.dictionaries(st.text(), st.just("recipient"), max_size=3))
def test_any_call_is_said_or_unsayable(args: dict[str, object], roles: dict[str, str]) -> None:
    call = proposal(args, roles={**roles, **dict.fromkeys(args, "recipient")})
    try:
        one = asked("ann", call)
    except Unsayable:
        return
    assert json.loads(str(one.request["context"]))
    assert all(isinstance(reader, str) for reader in recipients(call))
