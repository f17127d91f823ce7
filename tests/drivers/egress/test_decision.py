"""A decision is total, is no until a rule says yes, and a rule says only what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.egress.decision import Permitted, allowed, names, within
from ergos.kernel.egress import EgressRule, EgressRules, Injection
from ergos.kernel.hosts import Host, Refused
from ergos.kernel.targets import Asked, read_url

RULES = EgressRules(
    (
        EgressRule(name="repo", host="api.example.com", paths=("/repos/a", "/user/"), methods=("GET",)),
        EgressRule(name="post", host="api.example.com", paths=("/repos/a/issues",), methods=("POST",)),
        EgressRule(name="below", host="*.example.org", scheme="http", ports=(80, 8080)),
        EgressRule(name="pinned", host="10.1.2.3", scheme="http", private=True),
        EgressRule(name="mirror", host="mirror.example.net", methods=()),
        EgressRule(name="sealed", host="sealed.example.net", methods=(), inject=(Injection("a", "b"),)),
    )
)


def decided(method: str, url: str) -> str:
    """Name of the rule, or why not."""
    asked = read_url(method, url)
    assert isinstance(asked, Asked)
    found = allowed(RULES, asked)
    return found.rule.name if isinstance(found, Permitted) else found.why


@pytest.mark.parametrize(
    ("method", "url", "rule"),
    [
        ("GET", "https://api.example.com/repos/a", "repo"),
        ("GET", "https://api.example.com:443/repos/a/b?c", "repo"),
        ("GET", "https://api.example.com/user/x", "repo"),
        ("POST", "https://api.example.com/repos/a/issues", "post"),
        ("GET", "http://x.example.org/", "below"),
        ("HEAD", "http://y.x.example.org:8080/", "below"),
        ("GET", "http://10.1.2.3/", "pinned"),
        ("DELETE", "https://mirror.example.net/x", "mirror"),
        ("DELETE", "https://sealed.example.net/x", "sealed"),
    ],
)
def test_what_a_rule_names_is_allowed(method: str, url: str, rule: str) -> None:
    assert decided(method, url) == rule


@pytest.mark.parametrize(
    ("method", "url", "why"),
    [
        ("GET", "https://other.example.com/", "no rule names other.example.com"),
        ("GET", "https://api.example.com/repos/ab", "does not name this path"),
        ("GET", "https://api.example.com/user", "does not name"),
        ("POST", "https://api.example.com/repos/a", "post does not name this path"),
        ("GET", "http://api.example.com/repos/a", "is for https, not for http"),
        ("GET", "https://api.example.com:8443/repos/a", "does not name port 8443"),
        ("GET", "http://example.org/", "no rule names example.org"),
        ("GET", "http://xexample.org/", "no rule names xexample.org"),
        ("GET", "http://10.1.2.4/", "no rule names 10.1.2.4"),
        ("TRACE", "https://mirror.example.net/x", "does not name the method TRACE"),
    ],
)
def test_what_no_rule_names_is_refused_with_the_nearest_reason(method: str, url: str, why: str) -> None:
    assert why in decided(method, url)


def test_a_tunnel_needs_a_rule_that_looks_at_nothing() -> None:
    for name, good in (("mirror.example.net", True), ("sealed.example.net", False), ("api.example.com", False)):
        found = allowed(RULES, Asked(method="CONNECT", host=Host(name), port=443, path=""))
        assert isinstance(found, Permitted) == good
    assert isinstance(allowed(RULES, Asked(method="CONNECT", host=Host("mirror.example.net"), port=22)), Refused)


def test_a_program_inside_leaves_the_scheme_to_the_rule() -> None:
    found = allowed(RULES, Asked(method="GET", host=Host("api.example.com"), path="/user/"))
    assert isinstance(found, Permitted)
    assert (found.rule.scheme, found.port) == ("https", 443)


def test_any_host_is_any_name_and_no_address() -> None:
    rule = EgressRule(name="web", host="*")
    assert names(rule, Host("a.example.com"))
    assert not names(rule, Host("1.1.1.1", address=True))


HOSTS = st.sampled_from(["a.b", "x.a.b", "a", "ab", "b", "xa.b", "*", "*.a.b", "1.1.1.1"])
PATHS = st.text("/ab", max_size=5).map(lambda text: "/" + text)
RULE = st.builds(
    EgressRule,
    name=st.sampled_from("xyz"),
    host=HOSTS,
    scheme=st.sampled_from(["http", "https"]),
    ports=st.lists(st.sampled_from([80, 443]), max_size=2).map(tuple),
    methods=st.lists(st.sampled_from(["GET", "POST"]), max_size=2).map(tuple),
    paths=st.lists(PATHS, max_size=2).map(tuple),
    inject=st.sampled_from([(), (Injection("a", "b"),)]),
)
ASKED = st.builds(
    Asked,
    method=st.sampled_from(["GET", "POST", "CONNECT", "TRACE", "X"]),
    host=HOSTS.filter(lambda text: "*" not in text).map(lambda text: Host(text, address=text[0] == "1")),
    port=st.sampled_from([0, 80, 443]),
    path=PATHS,
    scheme=st.sampled_from([None, "http", "https"]),
)


@given(st.lists(RULE, max_size=4), ASKED)
def test_a_yes_is_covered_by_its_rule_and_a_no_by_none(rules: list[EgressRule], asked: Asked) -> None:
    def covers(rule: EgressRule) -> bool:
        host = asked.host.name
        named = rule.host == host or (
            not asked.host.address and (rule.host == "*" or (rule.host[0] == "*" and host.endswith(rule.host[1:])))
        )
        port = asked.port or {"http": 80, "https": 443}[rule.scheme]
        said = (
            named
            and asked.scheme in {None, rule.scheme}
            and port in (rule.ports or ({"http": 80, "https": 443}[rule.scheme],))
        )
        if asked.method == "CONNECT":
            return said and not (rule.methods or rule.paths or rule.inject)
        method = asked.method != "TRACE" and (not rule.methods or asked.method in rule.methods)
        below = not rule.paths or any(
            (asked.path + "/").startswith(prefix.rstrip("/") + "/") and asked.path >= prefix for prefix in rule.paths
        )
        return said and method and below

    found = allowed(EgressRules(tuple(rules)), asked)
    if isinstance(found, Permitted):
        assert covers(found.rule)
        assert found.rule == next(rule for rule in rules if covers(rule))
        assert found.port in found.rule.all_ports
    else:
        assert found.why
        assert not any(covers(rule) and within(asked.path, (rule.paths or ("/",))[0]) for rule in rules)


def test_taking_rules_away_never_allows_more() -> None:
    asked = Asked(method="GET", host=Host("api.example.com"), path="/user/")
    for names_ in ([], ["post"], ["below", "mirror"]):
        assert isinstance(allowed(RULES.only(names_), asked), Refused)
