"""An organisation's rules take away and never give; whatever is unclear is forbidden; a murderous text kills nobody here."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import PortMissingError, SettingsError
from ergos.drivers.cedar import rules
from ergos.drivers.cedar.rules import from_file, from_text
from ergos.kernel.labels import Label
from ergos.kernel.packages import Prohibitions
from ergos.kernel.permission.policy import Proposal

pytest.importorskip("cedarpy", reason="the extra 'cedar' is not installed")

RULE = "forbid (principal, action, resource)"
HOUSE = f"""
@id("no-big-payments") @reason("payments above 1,000 go through accounting")
forbid (principal, action == Action::"act", resource in Server::"bank")
when {{ context.args has amount && context.args.amount > 1000 }};

// nothing leaves the house
{RULE} unless {{ ["acme.example"].containsAll(context.domains) }};
@id("bob") forbid (principal in Owner::"bob", action, resource);
@id("trust") {RULE} when {{ resource is Tool && resource.reach == "code" && context.integrity == "untrusted" }};
"""


_HELD: dict[str, rules.CedarProhibitions] = {}


def held_by(text: str) -> rules.CedarProhibitions:
    if text not in _HELD:
        _HELD[text] = from_text(text)
    return _HELD[text]


def call(
    name: str = "bank.pay", owner: str = "ann", *, held: rules.CedarProhibitions | None = None, **args: object
) -> str:
    fields: dict[str, object] = {"label": Label(args.pop("integrity", "user")), "reach": args.pop("reach", "money")}
    proposal = Proposal(agent="helper", verb="act", name=name, args=args, roles={"to": "recipient"}, **fields)
    return (held or held_by(HOUSE)).forbids(owner, proposal)


def test_rules_are_prohibitions() -> None:
    held: Prohibitions = from_text(HOUSE)
    assert held.count == 4


def test_what_a_rule_forbids_is_forbidden_in_its_own_words() -> None:
    assert call(amount=1000) == ""
    assert call(amount=1001) == "rule 'no-big-payments': payments above 1,000 go through accounting"
    assert call("shop.buy", amount=1001) == ""
    assert call(to="a@evil.example") == "the rule at line 7 of rules"
    assert call(to=["a@acme.example", "b@acme.example"]) == ""
    assert call(owner="bob") == "rule 'bob'"
    assert call("shell.run", reach="code", integrity="untrusted") == "rule 'trust'"
    assert call("shell.run", reach="code") == ""
    assert call(owner="bob", amount=5000).count(";") == 1, "every rule that forbids is named"


@pytest.mark.parametrize(
    "amount", [1001.0, 1000.5, "2000", True, 2**80, 1e300, [2000], {"value": 2000}, float("nan"), "\ud800"]
)
def test_a_value_of_another_type_does_not_slip_past_a_rule(amount: object) -> None:
    assert call(amount=amount) != ""


def test_a_rule_that_cannot_be_evaluated_forbids_and_says_which() -> None:
    careless = from_text(f'@id("careless") {RULE} when {{ context.args.amount > 5 }};')
    assert "'careless' cannot be evaluated" in call(held=careless)
    assert call(held=careless, amount=5) == ""
    assert "'careless'" in call(held=careless, amount=6)


def test_no_rules_forbid_nothing() -> None:
    for text in ("", "// nothing yet\n"):
        assert call(held=from_text(text), amount=10**9) == ""


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("permit (principal, action, resource);", 1, 1, "can only forbid"),
        (f"{RULE};\n  permit (principal, action, resource) when {{ false }};", 2, 3, "can only forbid"),
        ("forbid (principal == ?principal, action, resource);", 1, 1, "template"),
        (f"{RULE};\nforbid (principal,\n  action, resorce);", 3, 11, "resorce"),
        (f"{RULE} when {{ context.args.amount > }};", 1, 67, "unexpected token"),
        (f"{RULE} when {{ 1.5 > 2 }};", 1, 47, "unexpected token"),
        (f"{RULE};\n{RULE}", 2, 36, "unexpected end"),
        (f"{RULE} when {{ foo(1) }};", 1, 45, "not a valid function"),
        ("\n\n  nonsense;", 3, 11, "unexpected"),
        ('@id("a" forbid', 1, 9, "forbid"),
        (f"{RULE} when {{ {'(' * 1000}true{')' * 1000} }};", 1, 76, "nested"),
    ],
)
def test_a_broken_text_is_named_by_line_and_column(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(SettingsError) as raised:
        from_text(text, "house.cedar")
    assert f"house.cedar, line {line}, column {column}: " in raised.value.what
    assert what in raised.value.what


def test_a_text_that_kills_its_parser_kills_only_the_child() -> None:
    with pytest.raises(SettingsError, match="kill their parser"):
        rules._in_child("house.cedar", [f"{RULE} when {{ {'(' * 20_000}true{')' * 20_000} }};"])
    assert call(amount=1) == "", "and we go on"


@pytest.mark.parametrize(
    "condition",
    ["!" * 4 + "true", " && ".join(["true"] * 400), "+".join(["1"] * 400) + " > 3", "context" + ".a" * 400,
     "if true then true else " * 180 + "true", "[" * 30 + "]" * 30 + " == 1", " || ".join(["context has a"] * 200)],
)  # fmt: skip
def test_what_the_child_survives_does_not_kill_us(condition: str) -> None:
    held = from_text(f"{RULE} when {{ {condition} }};")
    assert isinstance(call(held=held, amount=1), str)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["amount", "to", "x", "__entity"]), st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6,
    )),
    st.text(), st.text(), st.text(),
)  # fmt: skip
def test_the_answer_is_total_and_forbids_what_is_unclear(
    args: dict[str, object], owner: str, agent: str, name: str
) -> None:
    held = held_by(f"{RULE} when {{ context.args has amount && context.args.amount > 1000 }};")
    found = held.forbids(
        owner, Proposal(agent=agent, verb="act", name=name, args=args, label=Label("user"), roles={"to": "recipient"})
    )
    amount = args.get("amount")
    if not (amount is None or (isinstance(amount, (int, float)) and not isinstance(amount, bool) and amount <= 1000)):
        assert found != ""


def test_a_file_is_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "house.cedar"
    path.write_text(HOUSE)
    assert from_file(path).count == 4
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="UTF-8"):
        from_file(path)
    path.write_bytes(b"/" * 300_000)
    with pytest.raises(SettingsError, match="bytes"):
        from_file(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        from_file(tmp_path / "absent")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    absent = tmp_path / "child.py"
    absent.write_text("raise ModuleNotFoundError(\"No module named 'cedarpy'\")")
    monkeypatch.setattr(rules, "CHILD", absent)
    with pytest.raises(PortMissingError):
        from_text(f"{RULE};")
