"""Triggers: their names, their paths, what they need of the home."""

from __future__ import annotations

from ergos.compile.lower.places import Places
from ergos.compile.lower.triggers import triggers_of
from ergos.kernel.triggers import Files, Mailbox, Page, Schedule, Webhook
from tests.compile.office import KNOWN, intent, known, on

PROSE = "one two three"


def of(*triggers: object, **changes: object):
    said = intent(PROSE, triggers=tuple(on(PROSE, "two", one) for one in triggers))  # type: ignore[arg-type]
    where = known(**changes) if changes else KNOWN
    return triggers_of(said, where, Places(where))


def test_no_two_triggers_share_a_name():
    found, _ = of(*[Schedule(name="schedule", at="2027-01-01T08:00")] * 3)
    assert [one.name for one in found] == ["schedule", "schedule_2", "schedule_3"]


def test_folders_become_roots_and_words_are_kept():
    found, said = of(Files(name="files", folder="./in"))
    assert (found[0].folder, found[0].words, said) == ("in:/", "two", ())  # type: ignore[union-attr]


def test_what_the_home_lacks_is_said_and_the_only_one_there_is_is_meant():
    _, said = of(Mailbox(name="mailbox", account=""))
    assert [one.code for one in said] == ["C328"]
    found, said = of(Mailbox(name="mailbox", account=""), accounts=frozenset({"post"}))
    assert (found[0].account, said) == ("post", ())  # type: ignore[union-attr]
    _, said = of(Webhook(name="webhook", secret=""), secrets=frozenset({"a", "b"}))
    assert [(one.code, one.choices) for one in said] == [("C355", ("a", "b"))]


def test_a_page_that_is_looked_at_every_hour_needs_no_schedule_beside_it():
    found, _ = of(Schedule(name="s", rule="FREQ=MINUTELY;INTERVAL=15"), Page(name="page", url="https://a.example"))
    assert [(type(one), getattr(one, "every_s", 0)) for one in found] == [(Page, 900)]


def test_a_whole_disk_is_not_watched():
    found, said = of(Files(name="files", folder="/"))
    assert (found, [one.code for one in said]) == ((), ["C313"])
