"""AGENT.md: every field means what it says, and every malformed kind of it is refused with a place and a hint."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import encode
from ergos.base.errors import AgentFileError
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.supervisor import Supervision
from ergos.lib.agent_file import BUDGETS, FIELDS, MATCHERS, VERBS, AgentFile, read

FULL = """---
name: 小秘书.v2
goal: Keep the accounts.
language: zh
program: programs/main.py:start
team: [clerk, 审计]
grants:
  - act: pay
    args:
      amount: {range: [0, 100.5]}
      to: landlord
      kind: {one_of: [rent, water]}
      folder: {under: [bills, /srv]}
      url: {domain: example.org}
      note: any
      urgent: false
    ask: true
    expires: 2027-01-31
    words: pay the rent, and ask me
  - think: brief
  - send: clerk
  - act: mail.*
    expires: "2027-01-31T08:00:00+08:00"
budget: {per_call: 5, per_process: $0.25, per_day: 2.50usd, tokens_per_day: 1_000, tokens_per_owner: 7}
supervision: {restart: never, restarts: 0, loop_calls: 9, watchdog_s: 2.5}
solvers: [model, system1]
window_tokens: 8000
settings: {out: published, list: [1, {a: null}]}
---

请记账。
"""


def test_every_field_means_what_it_says() -> None:
    found = read(FULL, "AGENT.md")
    day = datetime.datetime(2027, 1, 31, tzinfo=datetime.UTC)
    assert found.name == "小秘书.v2"
    assert (found.goal, found.language, found.program) == ("Keep the accounts.", "zh", "programs/main.py:start")
    assert found.team == ("clerk", "审计")
    assert found.grants[0] == Grant(
        agent="小秘书.v2",
        verb="act",
        name="pay",
        args={
            "amount": Matcher("range", (0, 100.5)),
            "to": Matcher("equals", ("landlord",)),
            "kind": Matcher("one_of", ("rent", "water")),
            "folder": Matcher("under", ("bills", "/srv")),
            "url": Matcher("domain", ("example.org",)),
            "note": Matcher("any"),
            "urgent": Matcher("equals", (False,)),
        },
        ask=True,
        expires_ns=int(day.timestamp()) * 10**9,
        words="pay the rent, and ask me",
    )
    assert found.grants[3].expires_ns == int(day.timestamp()) * 10**9
    assert [(grant.verb, grant.name) for grant in found.grants[4:]] == [("spawn", "clerk"), ("spawn", "审计")]
    assert found.caps == Caps(
        call=Amount(5_000_000, -1), process=Amount(250_000, -1), day=Amount(2_500_000, 1_000), owner=Amount(-1, 7)
    )
    assert found.supervision == Supervision(restart="never", restarts=0, loop_calls=9, watchdog_s=2.5)
    assert found.solvers == ("model", "system1")
    assert found.window_tokens == 8000
    assert msgspec.json.decode(found.settings) == {"out": "published", "list": [1, {"a": None}]}
    assert found.instructions == "请记账。"


def test_a_name_is_enough_and_grants_nothing() -> None:
    found = read("---\nname: a\n---", "AGENT.md")
    assert (found.program, found.language, found.window_tokens) == ("agent.py:agent", "en", WINDOW_TOKENS_DEFAULT)
    assert found.grants == ()
    assert found.caps == Caps()
    assert found.supervision == Supervision()
    assert found.solvers == ()


@pytest.mark.parametrize("field", ["team", "grants", "settings"])
def test_an_empty_list_may_be_left_empty(field: str) -> None:
    assert read(f"---\nname: a\n{field}:\n---", "AGENT.md").grants == ()


def grant(text: str) -> str:
    return f"grants:\n  - {text}"


# What stands below `name: a`, so line 3 is its first line; the line and column of the fault; words of its message.
FAULTS: list[tuple[str, int, int, str, str]] = [
    ("gaol: x", 3, 1, "'gaol' is no field", "'goal'"),
    ("grant: []", 3, 1, "'grant' is no field", "'grants'"),
    ("Name: b", 3, 1, "'Name' is no field", "'name'"),
    ("zzz: b", 3, 1, "'zzz' is no field", "one of name, goal"),
    ("grantz:\n  - act: x", 3, 1, "'grantz' is no field", "'grants'"),
    ("goal: 5", 3, 7, "5 is not text", "text"),
    ("goal: ''", 3, 7, "'' is not text", "text"),
    ("goal: [a]", 3, 7, "is not text", "text"),
    ("goal:", 3, 6, "None is not text", "text"),
    ("language: fr", 3, 11, "'fr'", "en or zh"),
    ("language: 1", 3, 11, "1 is not text", "text"),
    ("program: agent", 3, 10, "no program", "FILE.py:FUNCTION"),
    ("program: ../x.py:f", 3, 10, "no program", "FILE.py:FUNCTION"),
    ("program: /x.py:f", 3, 10, "no program", "FILE.py:FUNCTION"),
    ("program: x.py:1f", 3, 10, "no program", "FILE.py:FUNCTION"),
    ("program: a/../../x.py:f", 3, 10, "no program", "FILE.py:FUNCTION"),
    ("program: {a: b}", 3, 10, "is not text", "FILE.py"),
    ("team: writer", 3, 7, "'writer' is not a list", "- item"),
    ("team: {a: b}", 3, 7, "is not a list", "- item"),
    ("team: [1]", 3, 8, "1 is not text", "agent"),
    ("team: [a/b]", 3, 8, "not a name", "letters"),
    ("team: ['..']", 3, 8, "not a name", "letters"),
    ("team: [b, b]", 3, 11, "second time", "once"),
    ("team: [[b]]", 3, 8, "is not text", "agent"),
    ("grants: act", 3, 9, "is not a list", "- item"),
    ("grants: {act: x}", 3, 9, "is not a list", "- item"),
    ("grants: [act]", 3, 10, "'act' is not a mapping", "act: TOOL"),
    (grant("{}"), 4, 5, "exactly one verb", "act, think, send, spawn"),
    (grant("ask: true"), 4, 5, "exactly one verb", "act"),
    (grant("{act: x, think: y}"), 4, 5, "exactly one verb", "act"),
    (grant("{act: x, spawn: y}"), 4, 5, "exactly one verb", "act"),
    (grant("{remember: x}"), 4, 6, "'remember' is no part of a grant", ""),
    (grant("{act: x, arg: {}}"), 4, 14, "'arg' is no part of a grant", "'args'"),
    (grant("act: 5"), 4, 10, "5 is not text", "tool"),
    (grant("act: [a, b]"), 4, 10, "is not text", "tool"),
    (grant("act: '*'"), 4, 10, "not a name", "prefix"),
    (grant("act: a/b"), 4, 10, "not a name", "prefix"),
    (grant("act: .*"), 4, 10, "not a name", "prefix"),
    (grant("{act: x, ask: yes}"), 4, 19, "ask is 'yes'", "true or false"),
    (grant("{act: x, ask: 1}"), 4, 19, "ask is 1", "true or false"),
    (grant("{act: x, ask: null}"), 4, 19, "ask is None", "true or false"),
    (grant("{act: x, words: 7}"), 4, 21, "7 is not text", "words"),
    (grant("{act: x, expires: tomorrow}"), 4, 23, "no date", "2027-01-31"),
    (grant("{act: x, expires: 2027-13-01}"), 4, 23, "month", "2027-01-31"),
    (grant("{act: x, expires: 2027-02-30}"), 4, 23, "day", "2027-01-31"),
    (grant("{act: x, expires: 2027-01-31Tnoon}"), 4, 23, "", "2027-01-31"),
    (grant("{act: x, expires: 20270131}"), 4, 23, "no date", "2027-01-31"),
    (grant("{act: x, expires: 9999-12-31}"), 4, 23, "9999", "2027-01-31"),
    (grant("{act: x, expires: 0001-01-01}"), 4, 23, "year", "2027-01-31"),
    (grant("{act: x, expires: [2027-01-31]}"), 4, 23, "no date", "2027-01-31"),
    (grant("{act: x, args: [a]}"), 4, 20, "is not a mapping", "matcher"),
    (grant("{act: x, args: {a: {between: [1, 2]}}}"), 4, 25, "'between' is no matcher", "equals"),
    (grant("{act: x, args: {a: {ranges: [1, 2]}}}"), 4, 25, "'ranges' is no matcher", "'range'"),
    (grant("{act: x, args: {a: {range: [one, two]}}}"), 4, 32, "two numbers", "[0, 100]"),
    (grant("{act: x, args: {a: {range: 0 to 100}}}"), 4, 32, "two numbers", "[0, 100]"),
    (grant("{act: x, args: {a: {range: [1]}}}"), 4, 32, "two numbers", "[0, 100]"),
    (grant("{act: x, args: {a: {range: [1, 2, 3]}}}"), 4, 32, "two numbers", "[0, 100]"),
    (grant("{act: x, args: {a: {range: [false, true]}}}"), 4, 32, "two numbers", "[0, 100]"),
    (grant("{act: x, args: {a: {range: [9, 1]}}}"), 4, 32, "nothing lies between", "smaller"),
    (grant("{act: x, args: {a: {one_of: []}}}"), 4, 33, "no value", "at least one"),
    (grant("{act: x, args: {a: {equals: [1, 2]}}}"), 4, 33, "several", "one_of"),
    (grant("{act: x, args: {a: {equals: {b: c}}}}"), 4, 33, "single value", "number"),
    (grant("{act: x, args: {a: {under: 5}}}"), 4, 32, "no text", "FOLDER"),
    (grant("{act: x, args: {a: {under: ''}}}"), 4, 32, "no text", "FOLDER"),
    (grant("{act: x, args: {a: {domain: [1]}}}"), 4, 33, "no text", "HOST"),
    (grant("{act: x, args: {a: {equals: 1, any: 1}}}"), 4, 24, "exactly one matcher", "range"),
    (grant("{act: x, args: {a: {}}}"), 4, 24, "exactly one matcher", "range"),
    (grant("{act: x, args: {a: null}}"), 4, 24, "single value", "number"),
    (grant("{act: x, args: {a: [1, 2]}}"), 4, 24, "single value", "number"),
    ("budget: 5", 3, 9, "5 is not a mapping", "per_day"),
    ("budget: {per_year: 1usd}", 3, 10, "'per_year' is no budget", ""),
    ("budget: {perday: 1usd}", 3, 10, "'perday' is no budget", "'per_day'"),
    ("budget: {per_day: -1usd}", 3, 19, "not an amount", "2.50usd"),
    ("budget: {per_day: -1}", 3, 19, "not an amount", "2.50usd"),
    ("budget: {per_day: 1eur}", 3, 19, "not an amount of US dollars", "2.50usd"),
    ("budget: {per_day: €5}", 3, 19, "not an amount of US dollars", "2.50usd"),
    ("budget: {per_day: 5元}", 3, 19, "not an amount of US dollars", "2.50usd"),
    ("budget: {per_day: true}", 3, 19, "no amount", "2.50usd"),
    ("budget: {per_day: [1usd]}", 3, 19, "no amount", "2.50usd"),
    ("budget: {per_day: }", 3, 18, "no amount", "2.50usd"),
    ("budget: {per_day: lots}", 3, 19, "not an amount", "2.50usd"),
    ("budget: {per_day: 0.0000001usd}", 3, 19, "not an amount", "2.50usd"),
    ("budget: {tokens_per_day: -5}", 3, 26, "no count", "whole number"),
    ("budget: {tokens_per_day: 1.5}", 3, 26, "no count", "whole number"),
    ("budget: {tokens_per_day: many}", 3, 26, "no count", "whole number"),
    ("budget: {tokens_per_day: true}", 3, 26, "no count", "whole number"),
    ("supervision: never", 3, 14, "is not a mapping", "restarts"),
    ("supervision: {restart: always}", 3, 24, "always", "never or on_crash"),
    ("supervision: {retries: 3}", 3, 15, "'retries' is no part", "one of restart"),
    ("supervision: {restarts: -1}", 3, 25, "restarts is -1", "whole number"),
    ("supervision: {restarts: 1000}", 3, 25, "restarts is 1000", "whole number"),
    ("supervision: {restarts: 2.5}", 3, 25, "restarts", "whole number"),
    ("supervision: {restarts: '2'}", 3, 25, "restarts", "whole number"),
    ("supervision: {loop_calls: 1}", 3, 27, "less than 2", "whole number"),
    ("supervision: {watchdog_s: 0}", 3, 27, "watchdog_s is 0", "seconds"),
    ("supervision: {period_s: 1.0e300}", 3, 25, "period_s", "seconds"),
    ("supervision: {backoff_s: -1}", 3, 26, "backoff_s", "seconds"),
    ("solvers: model", 3, 10, "'model' is not a list", "- item"),
    ("solvers: {model: 1}", 3, 10, "is not a list", "- item"),
    ("solvers: []", 3, 10, "names no kind", "code, system1, model"),
    ("solvers:", 3, 9, "names no kind", "code, system1, model"),
    ("solvers: [modl]", 3, 11, "'modl' is no kind of solver", "'model'"),
    ("solvers: [gpt-5]", 3, 11, "'gpt-5' is no kind of solver", "one of code, system1, model"),
    ("solvers: [model, system1, model]", 3, 27, "second time", "once"),
    ("solvers: [1]", 3, 11, "1 is not text", "kind of solver"),
    ("window_tokens: 0", 3, 16, "0 tokens", ">= 1"),
    ("window_tokens: -5", 3, 16, "no count", "whole number"),
    ("window_tokens: 32k", 3, 16, "no count", "whole number"),
    ("window_tokens: 1.0", 3, 16, "no count", "whole number"),
    ("settings: []", 3, 11, "is not a mapping", "name: value"),
    ("settings: 5", 3, 11, "is not a mapping", "name: value"),
    ("settings: {a: 1.0e999}", 3, 15, "too large", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "what", "hint"), FAULTS, ids=[case[0][:50] for case in FAULTS])
def test_a_malformed_field_is_refused_with_its_place_and_what_was_expected(
    text: str, line: int, column: int, what: str, hint: str
) -> None:
    with pytest.raises(AgentFileError) as raised:
        read(f"---\nname: a\n{text}\n---\n", "AGENT.md")
    assert raised.value.what.startswith(f"AGENT.md, line {line}, column {column}: "), raised.value.what
    assert what in raised.value.what
    assert hint in raised.value.what_to_do
    assert raised.value.what_to_do.startswith("expected ")


@pytest.mark.parametrize(
    "name", ["", "5", "true", "a b", "a/b", "../a", "-a", "_a", "[a]", "x" * 101, "'a\\nb'", "a\u202eb"]
)
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(AgentFileError, match="line 2, column"):
        read(f"---\nname: {name}\n---\n", "AGENT.md")


def test_a_file_without_a_name_says_so() -> None:
    with pytest.raises(AgentFileError, match="'name' is missing"):
        read("---\ngoal: x\n---\n", "AGENT.md")


WORDS = (*FIELDS, *VERBS, *MATCHERS, *BUDGETS, "args", "ask", "expires", "words", "restarts", "a", "1usd", "-1", "2.5")
NODE = st.recursive(
    st.sampled_from(WORDS) | st.booleans() | st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from((*FIELDS, "x")), NODE, max_size=5))
def test_any_yaml_is_a_definition_that_can_be_kept_or_a_fault_with_a_place(fields: dict[str, object]) -> None:
    text = "---\n" + msgspec.json.encode({"name": "a", **fields}).decode().replace("\n", " ") + "\n---\n"
    try:
        found = read(text, "AGENT.md")
    except AgentFileError as error:
        assert "line 2, column " in error.what  # noqa: PT017 - most are refused, some are read
    else:
        assert isinstance(found, AgentFile)
        assert encode(found)
