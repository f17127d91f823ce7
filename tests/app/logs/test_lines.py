"""One event is one line, whatever is in it, and no secret is in any line."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.logs.lines import TEXT_CHARS_MAX, Event, Lines
from ergos.app.logs.redaction import Redactor

FIELDS = st.dictionaries(
    st.sampled_from(["what", "agent", "code", "n"]),
    st.text(max_size=80) | st.integers(-(2**53), 2**53) | st.booleans(),
)
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cf"]), min_size=8, max_size=30
)


@given(FIELDS, st.sampled_from(["json", "text"]))
def test_an_event_is_one_line(fields: dict[str, str | int | bool], log_format: str):
    line = Lines(log_format, Redactor()).line(Event(at_ns=0, level="info", event="x.y", fields=fields))  # type: ignore[arg-type]
    assert len(line.splitlines()) == 1
    assert not [letter for letter in line if unicodedata.category(letter) in ("Cc", "Zl", "Zp")]
    if log_format == "json":
        found = json.loads(line)
        assert (found["at"], found["level"], found["event"]) == ("1970-01-01T00:00:00.000Z", "info", "x.y")
    else:
        assert line.startswith("1970-01-01T00:00:00.000Z info x.y")


@given(SECRETS, st.text(max_size=700), st.text(max_size=30), st.sampled_from(["json", "text"]))
def test_no_secret_is_in_any_line(secret: str, before: str, after: str, log_format: str):
    lines = Lines(log_format, Redactor([secret]))  # type: ignore[arg-type]
    line = lines.line(Event(at_ns=0, level="info", event="x", fields={"what": before + secret + after}))
    without = lines.line(Event(at_ns=0, level="info", event="x", fields={"what": before + "[secret]" + after}))
    assert line.count(secret) <= without.count(secret)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_secret_at_the_place_of_the_cut_is_not_half_shown(log_format: str):
    secret = "super-secret-value"
    for place in range(TEXT_CHARS_MAX - len(secret) - 2, TEXT_CHARS_MAX + 2):
        event = Event(at_ns=0, level="info", event="x", fields={"what": "." * place + secret})
        line = Lines(log_format, Redactor([secret])).line(event)  # type: ignore[arg-type]
        assert secret[:8] not in line


def test_words_for_people_are_quoted_where_they_need_it():
    fields = {"a": "plain", "b": "two words", "c": True, "d": 1, "e": "", "f": 'x"=y'}
    line = Lines("text", Redactor()).line(Event(at_ns=10**18, level="warn", event="e", fields=fields))
    assert line == '2001-09-09T01:46:40.000Z warn e a=plain b="two words" c=true d=1 f="x\\"=y"'


def test_a_secret_with_something_unseen_in_it_is_seen():
    event = Event(at_ns=0, level="info", event="x", fields={"what": "it is super-sec\u200bret-val\u202eue"})
    assert "super" not in Lines("json", Redactor(["super-secret-value"])).line(event)
