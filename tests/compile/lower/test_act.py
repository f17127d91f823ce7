"""Actions that change or tell something, as steps."""

from __future__ import annotations

import pytest

from ergos.compile.lower.act import escaped
from ergos.compile.pipeline import compile_prose
from ergos.lib.references import filled
from ergos.lib.work import Step
from tests.compile.office import codes, compiled, known


def last(prose: str, **changes: object) -> Step:
    file = compiled(prose, **changes).file
    assert file is not None
    return file.work.steps[-1]


def test_a_brief_is_printed_into_the_file_that_was_named():
    step = last("read https://a.example/feed and write a brief, save it to weekly.md")
    assert (step.name, step.given) == ("press.publish", {"brief": "{brief}", "path": "here:/weekly.md"})


def test_a_text_is_written_as_it_is():
    step = last("summarise ./a.txt and save it to b.txt")
    assert (step.name, step.given) == ("files.write", {"path": "here:/b.txt", "text": "{summary}"})


def test_what_arrives_is_moved_under_its_own_name():
    step = last("when a file arrives in ~/Downloads move it to ~/Archive")
    assert step.given == {"path": "{event.path}", "to": "Archive:/{event.name}"}


def test_all_of_a_kind_are_deleted_only_where_kind_and_folder_are_all_that_is_said():
    step = last("delete *.tmp files in ./build every Friday at 17:00")
    assert (step.name, step.each) == ("files.delete", "{found.matches}")
    assert "C311" in codes(compiled("delete *.tmp files older than a week in ./build"))


def test_mail_goes_to_whom_was_named_and_to_nobody_else():
    step = last("summarise ./a.txt and send it to bob@example.com")
    assert step.given["to"] == ["bob@example.com"]
    assert set(codes(compiled("summarise ./a.txt and send it to the team"))) & {"C203", "C307"}


def test_a_reply_goes_to_the_sender_and_is_asked_about():
    made = compile_prose("when mail arrives, summarise it and reply to the sender", known(accounts=frozenset({"post"})))
    assert made.file is not None
    sent = next(one for one in made.file.grants if one.name == "mail.send")
    assert sent.ask


def test_a_channel_must_be_a_hook_of_the_home():
    prose = "summarise ./a.txt and post it to #ops"
    assert set(codes(compiled(prose))) & {"C203", "C308"}
    step = last(prose, hooks=frozenset({"ops"}))
    assert (step.name, step.given["hook"]) == ("webhook.send", "ops")


def test_a_command_runs_with_the_script_that_it_names():
    step = last("every day at 3 run `./backup.sh`")
    assert step.given == {"command": "./backup.sh", "files": ["here:/backup.sh"]} or step.name == "notify.owner"


@pytest.mark.parametrize("text", ["{event.path}", "a {b} c", "{{", "}}{"])
def test_braces_in_the_words_of_the_owner_are_no_references(text: str):
    assert filled(escaped(text), {"event": {"path": "leaked"}, "b": "leaked"}) == text


def test_what_is_noted_of_nothing_read_is_the_time_and_the_words():
    step = last("every day at 8 append the time to clock.log")
    assert (step.name, step.given["path"]) == ("files.append", "here:/clock.log")
    assert str(step.given["text"]).startswith("{now.iso}")


def test_a_brief_for_its_owner_is_told_and_not_published():
    file = compiled("every day write a brief of https://a.example and https://b.example and send it to me").file
    assert file is not None
    assert [step.name for step in file.work.steps] == ["sources.read", "brief", "notify.owner"]
    assert "{brief}" in str(file.work.steps[-1].given["text"])


def test_each_of_what_a_filter_leaves_is_told():
    file = compiled("read https://x.example/rss and keep only entries about rust and tell me").file
    assert file is not None
    assert (file.work.steps[-1].name, file.work.steps[-1].each) == ("notify.owner", "{kept}")


def test_a_whole_folder_is_no_file_to_copy():
    assert "C363" in codes(compiled("copy ./docs to ./backup"))


def test_a_subject_says_what_is_sent_and_not_to_whom():
    file = compiled("send report.pdf to a@x.example and b@y.example").file
    assert file is not None
    assert file.work.steps[-1].given["to"] == ["a@x.example", "b@y.example"]
    assert file.work.steps[-1].given["subject"] == "report.pdf"


@pytest.mark.parametrize(
    ("prose", "text"),
    [
        ("remind me every 3 months to change the water filter", "change the water filter"),
        ("每三个月提醒我换滤芯", "换滤芯"),
    ],
)
def test_a_reminder_says_what_to_do_and_not_whom_to_remind(prose: str, text: str):
    file = compiled(prose).file
    assert file is not None
    assert file.work.steps[-1].given["text"] == text


def test_run_on_a_day_is_no_command():
    file = compiled("read payroll.csv and tell me the total. Run on the 27th of every month at noon.").file
    assert file is not None
    assert "shell.run" not in [step.name for step in file.work.steps]
