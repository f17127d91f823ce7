"""What steps give and take."""

from __future__ import annotations

from ergos.compile.lower.flow import Flow, Value, field_name
from ergos.compile.lower.places import Places
from ergos.kernel.triggers import Files, Schedule
from tests.compile.office import KNOWN, intent


def flow(prose: str = "do this and that", *triggers: object) -> Flow:
    return Flow(intent(prose), KNOWN, Places(KNOWN), triggers)  # type: ignore[arg-type]


def test_ids_are_unique_and_never_those_of_what_a_run_begins_with():
    here = flow()
    made = [here.add("act", "x", stem, {}, (0, 2), "read") for stem in ("read", "read", "event", "sources")]
    assert made == ["read", "read_2", "event_2", "sources_2"]


def test_the_same_thing_is_said_once():
    here = flow()
    here.say("C303", (0, 2), what="a")
    here.say("C303", (0, 2), what="b")
    assert len(here.diagnostics) == 1


def test_what_is_no_text_is_written_out_where_a_text_is_wanted():
    assert Value("text", "summary").text == "{summary}"
    assert Value("record", "extract").text == "{extract}\n"
    assert Value("text", "event").text == "{event}\n"


def test_a_schedule_beside_a_trigger_leaves_no_message_to_rely_on():
    files = Files(name="files", folder="in:/")
    assert flow("x", files).event() == files
    assert flow("x", files, Schedule(name="s", at="2027-01-01T08:00")).event() is None


def test_words_of_a_step_stand_on_one_line():
    assert flow("do\n  this").words((0, 9)) == "do this"


def test_field_names_are_such_as_references_take():
    assert [field_name(one) for one in ("due date", " 总额 ", "2nd", "a/b")] == ["due_date", "总额", "field_2nd", "a_b"]


def test_a_condition_on_each_record_makes_the_step_run_for_each():
    here = flow()
    here.give("records", "extract", ("total",))
    here.conditions = ("item.total > 5",)
    here.add("act", "notify.owner", "told", {"text": "{extract}"}, (0, 2), "notify")
    assert (here.steps[0].each, here.steps[0].given) == ("{extract}", {"text": "{item}"})
