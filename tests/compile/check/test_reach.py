"""Permissions and reach: what is too much, too little, or does not get out."""

from __future__ import annotations

from ergos.compile.check.reach import about_grants
from ergos.kernel.egress import EgressRule, EgressRules
from ergos.lib.agent_file import read
from tests.compile.office import KNOWN, compiled, known

PROSE = "read https://news.example/feed and summarise it"


def test_hosts_that_the_home_does_not_let_it_reach_are_said_with_what_to_write():
    made = compiled(PROSE, egress=EgressRules())
    (one,) = [one for one in made.diagnostics if one.code == "C360"]
    assert 'host = "news.example"' in one.remedy("en")
    assert made.ready


def test_a_host_that_a_rule_names_needs_no_word():
    rules = EgressRules((EgressRule(name="news", host="news.example"),))
    assert "C360" not in [one.code for one in compiled(PROSE, egress=rules).diagnostics]
    assert "C360" not in [one.code for one in compiled(PROSE).diagnostics]


def test_a_grant_without_words_of_its_owner_is_said():
    text = "---\nname: desk\nsteps:\n  - {act: files.read, with: {path: a.md}}\ngrants:\n  - {act: files.read}\n---\n"
    assert "C357" in [one.code for one in about_grants(read(text, "A"), KNOWN, {})]


def test_an_argument_that_the_grant_does_not_list_is_not_covered():
    text = (
        "---\nname: desk\nsteps:\n  - {id: r, act: files.read, with: {path: a.md, lines: 5}}\n"
        "grants:\n  - {act: files.read, args: {path: a.md}, words: w}\n---\n"
    )
    assert "C331" in [one.code for one in about_grants(read(text, "A"), known(), {})]
