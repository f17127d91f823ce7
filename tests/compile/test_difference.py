"""What is different between two programs."""

from __future__ import annotations

from ergos.compile.difference import difference, same
from ergos.lib.agent_file import AgentFile
from tests.compile.office import INVOICES, compiled


def file(prose: str) -> AgentFile:
    made = compiled(prose).file
    assert made is not None
    return made


def test_a_program_differs_from_itself_in_nothing():
    assert difference(file(INVOICES), file(INVOICES), "en") == ()


def test_what_it_may_now_do_comes_first():
    other = file(INVOICES + "; send it to bob@example.com")
    changes = difference(file(INVOICES), other, "en")
    assert changes[0].heading == "It may now also"
    assert "mail.send" in changes[0].lines[0]
    assert difference(other, file(INVOICES), "zh")[0].heading == "不再可以"


def test_schedule_and_budget_are_told_apart():
    old = file("every day at 8 read ./a.txt and tell me; at most $5 a month")
    new = file("every day at 9 read ./a.txt and tell me; at most $3 a month")
    shown = {one.heading: one.lines for one in difference(old, new, "en")}
    assert set(shown) == {"When", "Budget"}
    assert shown["Budget"] == ("no longer: At most $5.00 a month.", "now: At most $3.00 a month.")


def test_other_words_for_the_same_are_the_same():
    assert same(file("every day at 8 read ./a.txt and tell me"), file("read ./a.txt daily at 08:00 and tell me"))
    assert not same(file("every day at 8 read ./a.txt and tell me"), file("every day at 8 read ./b.txt and tell me"))
