"""The values that say what may leave."""

from __future__ import annotations

from ergos.kernel.egress import EgressRecord, EgressRule, EgressRules, Injection


def test_a_rule_lets_out_little_unless_it_says_more() -> None:
    rule = EgressRule(name="a", host="a.example.com")
    assert (rule.scheme, rule.all_ports, rule.methods, rule.private) == ("https", (443,), ("GET", "HEAD"), False)
    assert EgressRule(name="a", host="a", scheme="http").all_ports == (80,)
    assert EgressRule(name="a", host="a", ports=(1, 2)).all_ports == (1, 2)


def test_only_a_rule_that_limits_nothing_may_be_a_tunnel() -> None:
    bare = EgressRule(name="a", host="a", methods=())
    assert bare.opaque
    for limited in (
        EgressRule(name="a", host="a"),
        EgressRule(name="a", host="a", methods=(), paths=("/",)),
        EgressRule(name="a", host="a", methods=(), inject=(Injection("x", "y"),)),
    ):
        assert not limited.opaque


def test_rules_can_only_be_taken_away() -> None:
    rules = EgressRules((EgressRule(name="a", host="a"), EgressRule(name="b", host="b")))
    assert [rule.name for rule in rules.only(["b", "unknown"]).rules] == ["b"]
    assert rules.only([]) == EgressRules()


def test_a_record_has_no_place_for_a_secret() -> None:
    assert set(EgressRecord.__struct_fields__) == {
        "at_ns", "method", "host", "port", "path", "status", "bytes_out", "bytes_in", "rule", "refusal",
    }  # fmt: skip
