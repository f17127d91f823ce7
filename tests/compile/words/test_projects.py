from tests.compile.owner import said


def test_an_agent_may_be_named() -> None:
    assert said("summarise a.md; call it 'morning brief'").name == "morning brief"
    assert said("总结 a.md，名字叫“晨报”").name == "晨报"


def test_a_team_is_named_and_the_work_is_still_read() -> None:
    read = said("Work with writer and checker to summarise a.md")
    assert [one.value for one in read.team] == ["writer", "checker"]
    assert [one.value.verb for one in read.actions] == ["summarise"]


def test_milestones_have_names_and_dates() -> None:
    read = said("Finish my thesis. Milestones: outline by 10 December 2026, final version by 15 March 2027.")
    assert [(one.value.name, one.value.due) for one in read.milestones] == [
        ("outline", "2026-12-10"),
        ("final version", "2027-03-15"),
    ]


def test_a_report_of_its_own_work_is_no_trigger() -> None:
    read = said("Summarise a.md every day at 8. Send me a progress report every Sunday.")
    assert read.report is not None
    assert read.report.value.startswith("FREQ=WEEKLY;BYDAY=SU")
    assert len(read.triggers) == 1
