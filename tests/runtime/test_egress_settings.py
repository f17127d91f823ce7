"""What an owner says of the way out becomes one frozen value, or an error that says where, what and what was expected."""

from __future__ import annotations

import contextlib
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.kernel.egress import EgressRule, EgressRules, Injection
from ergos.runtime import egress_settings as module
from ergos.runtime.egress_settings import KEYS, egress_settings


def read(text: str) -> EgressRules:
    return egress_settings(tomllib.loads(text).get("egress"), "settings.toml")


def test_nothing_said_lets_nothing_out() -> None:
    assert egress_settings(None, "x") == EgressRules() == read("[egress]")


def test_the_documented_example_is_what_it_says() -> None:
    example = "\n".join(line[4:] for line in (module.__doc__ or "").splitlines() if line.startswith("    "))
    github, wiki, mirror = read(example).rules
    assert github == EgressRule(
        name="github",
        host="api.github.com",
        ports=(443,),
        methods=("GET", "POST"),
        paths=("/repos/acme/", "/user"),
        inject=(Injection("authorization", "github", "Bearer {}"),),
        bytes_max=16_777_216,
        deadline_s=60.0,
    )
    assert wiki == EgressRule(
        name="wiki",
        host="wiki.corp.example",
        private=True,
        addresses=("10.1.2.3",),
        inject=(Injection("authorization", "wiki", "Basic {base64}"),),
    )
    assert mirror == EgressRule(name="mirror", host="mirror.example.org", methods=())
    assert mirror.opaque
    assert all(key in example for key in KEYS)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("host = 'API.Example.com'", "api.example.com"),
        ("host = '*.Example.com'", "*.example.com"),
        ("host = '*'", "*"),
        ("host = '1.1.1.1'", "1.1.1.1"),
        ("host = '127.0.0.1'\nprivate = true", "127.0.0.1"),
        ("host = '[0::1]'\nprivate = true", "::1"),
        ("host = '::1'\nprivate = true", "::1"),
    ],
)
def test_a_host_is_kept_in_its_one_spelling(said: str, meant: str) -> None:
    assert read(f"[egress.a]\n{said}").rules[0].host == meant


def test_a_secret_goes_into_the_usual_header_in_the_usual_form() -> None:
    (rule,) = read("[egress.a]\nhost='a.b'\ninject=[{secret='secret:t'},{header='X-Key',secret='secret:t'}]").rules
    assert rule.inject == (Injection("authorization", "t", "Bearer {}"), Injection("x-key", "t", "{}"))


def test_methods_and_paths_are_brought_into_one_form() -> None:
    (rule,) = read("[egress.a]\nhost='a.b'\nmethods=['get','POST','get']\npaths=['/%7ea/']").rules
    assert (rule.methods, rule.paths) == (("GET", "POST"), ("/~a/",))


@pytest.mark.parametrize(
    ("said", "where", "expected"),
    [
        ("", "egress.a has no `host`", "expected a name"),
        ("host = ''", "egress.a has no `host`", "expected a name"),
        ("host = 5", "egress.a has no `host`", "expected a name"),
        ("host = 'https://a.b'", "egress.a.host", "without scheme, port or path"),
        ("host = 'a.b:443'", "egress.a.host", "without scheme, port or path"),
        ("host = 'a.b/c'", "egress.a.host", "without scheme"),
        ("host = 'a.b.'", "egress.a.host", "without scheme"),
        ("host = 'é.com'", "egress.a.host", "xn--"),
        ("host = '2130706433'", "egress.a.host", "four numbers"),
        ("host = '*.com'", "egress.a.host", "two labels"),
        ("host = '*.1.1.1.1'", "egress.a.host", "two labels"),
        ("host = '**.a.com'", "egress.a.host", "expected"),
        ("host = 'a.*.com'", "egress.a.host", "expected"),
        ("host = '127.0.0.1'", "egress.a.host", "private = true"),
        ("host = '169.254.169.254'", "egress.a.host", "private = true"),
        ("host = '::ffff:1.2.3.4'", "egress.a.host", "private = true"),
        ("host = 'a.b'\nprivate = true", "egress.a.private", "addresses = ['10.1.2.3']"),
        ("host = 'a.b'\naddresses = ['10.0.0.1']", "egress.a.addresses", "private = true"),
        ("host = '10.0.0.1'\nprivate = true\naddresses = ['10.0.0.2']", "egress.a.addresses", "none besides"),
        ("host = 'a.b'\nprivate = true\naddresses = ['10.0.0.0/8']", "egress.a.addresses", "such as"),
        ("host = 'a.b'\nprivate = 1", "egress.a.private", "true or false"),
        ("host = '*'\ninject = {secret='secret:t'}", "egress.a.host", "one host"),
        ("host = 'a.b'\nscheme = 'http'\ninject = {secret='secret:t'}", "egress.a.inject", "https"),
        ("host = 'a.b'\nscheme = 'ftp'", "egress.a.scheme", "one of http, https"),
        ("host = 'a.b'\nports = [0]", "egress.a.ports", "from 1 to 65,535"),
        ("host = 'a.b'\nports = [true]", "egress.a.ports", "whole number"),
        ("host = 'a.b'\nports = 443", "egress.a.ports", "expected a list"),
        ("host = 'a.b'\nports = []", "egress.a.ports", "one entry at least"),
        ("host = 'a.b'\nmethods = ['FETCH']", "egress.a.methods", "expected some of GET"),
        ("host = 'a.b'\nmethods = ['CONNECT']", "egress.a.methods", "expected some of GET"),
        ("host = 'a.b'\nmethods = ['GET', '*']", "egress.a.methods", "expected some of GET"),
        ("host = 'a.b'\nmethods = [5]", "egress.a.methods", "expected some of GET"),
        ("host = 'a.b'\nmethods = []", "egress.a.methods", "one entry at least"),
        ("host = 'a.b'\npaths = ['a']", "egress.a.paths", "such as '/repos/acme/'"),
        ("host = 'a.b'\npaths = ['/a/../b']", "egress.a.paths", "such as"),
        ("host = 'a.b'\npaths = ['/a?b']", "egress.a.paths", "such as"),
        ("host = 'a.b'\npaths = [1]", "egress.a.paths", "such as"),
        ("host = 'a.b'\nbytes_max = 0", "egress.a.bytes_max", "from 1 to"),
        ("host = 'a.b'\nbytes_max = '1MB'", "egress.a.bytes_max", "whole number"),
        ("host = 'a.b'\ndeadline_s = 0", "egress.a.deadline_s", "seconds"),
        ("host = 'a.b'\ndeadline_s = inf", "egress.a.deadline_s", "at most"),
        ("host = 'a.b'\ndeadline_s = nan", "egress.a.deadline_s", "at most"),
        ("host = 'a.b'\nhots = 'x'", "egress.a.hots is no setting", "egress.a.host"),
        ("host = 'a.b'\ninject = {secret='secret:t', x=1}", "egress.a.inject.x is no setting", "expected"),
        ("host = 'a.b'\ninject = {}", "egress.a.inject.secret", "secret:github"),
        ("host = 'a.b'\ninject = {secret='secret:a b'}", "egress.a.inject.secret", "secret:github"),
        ("host = 'a.b'\ninject = {secret='secret:t', header='Host'}", "egress.a.inject.header", "such as 'Authorization'"),
        ("host = 'a.b'\ninject = {secret='secret:t', header=\"a\\r\\nb\"}", "egress.a.inject.header", "such as"),
        ("host = 'a.b'\ninject = {secret='secret:t', format='Bearer'}", "egress.a.inject.format", "expected one {}"),
        ("host = 'a.b'\ninject = {secret='secret:t', format='{} {}'}", "egress.a.inject.format", "expected one {}"),
        ("host = 'a.b'\ninject = {secret='secret:t', format=\"{}\\r\\nX: y\"}", "egress.a.inject.format", "expected one {}"),
        ("host = 'a.b'\ninject = [{secret='secret:t'}, {secret='secret:u'}]", "egress.a.inject sets a header twice", "once"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_expectation(said: str, where: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(f"[egress.a]\n{said}")
    assert caught.value.what.startswith(f"settings.toml: {where}")
    assert expected in caught.value.what
    assert "expected" in caught.value.what


@pytest.mark.parametrize(
    "said", ["'ghp_0123456789'", "{secret='ghp_0123456789'}", "['ghp_0123456789']", "{secret='secret:ghp_0123/456789'}"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(f"[egress.a]\nhost='a.b'\ninject={said}")
    assert not re.search("ghp_?0123", caught.value.what)
    assert "ergos secret set" in caught.value.what


def test_tables_of_other_kinds_and_names_are_refused() -> None:
    for found in ("x", [], {"a": "b"}, {"a b": {}}, {"a": []}):
        with pytest.raises(SettingsError):
            egress_settings(found, "settings.toml")
    with pytest.raises(SettingsError, match="at most 1,000"):
        egress_settings({f"r{number}": {"host": "a.b"} for number in range(1_001)}, "settings.toml")


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("secret:t") | st.just("*")
)
TREE = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, "secret", "header", "format"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", ""]), st.dictionaries(st.sampled_from(KEYS), TREE, max_size=6), max_size=2
    )
    | TREE
)
def test_anything_at_all_is_settings_or_an_error_of_settings(found: object) -> None:
    with contextlib.suppress(SettingsError):
        rules = egress_settings(found, "settings.toml")
        for rule in rules.rules:
            assert rule.host
            assert rule.methods == () or set(rule.methods) <= {
                "GET",
                "HEAD",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "OPTIONS",
            }
