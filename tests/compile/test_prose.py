"""Program to prose to the same program."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.compile.difference import same
from ergos.compile.pipeline import compile_prose
from ergos.compile.prose import prose_of
from tests.compile.office import BRIEFING, INVOICES, agreed, compiled

WHEN = {
    "en": ["every day at 08:00", "every Monday and Friday at 09:30", "every weekday at 17:15", "on the 1st of every month at 09:00",
           "when a file arrives in ./inbox", "when a *.pdf file arrives in ./inbox", ""],
    "zh": ["每天 08:00", "每周一和周五 09:30", "每个工作日 17:15", "每月1日 09:00", ""],
}  # fmt: skip
READ = {
    "en": ["read https://a.example/feed", "read ./reports", "read a.txt"],
    "zh": ["读 https://a.example/feed", "读 ./reports"],
}
MAKE = {
    "en": [
        "write a 2-page brief in Chinese",
        "write a 200-word summary in English",
        "write a brief, citing the sources",
    ],
    "zh": ["写一份2页的中文简报", "写一份200字的摘要"],
}
GIVE = {
    "en": ["save it to weekly.md", "send it to bob@example.com", "tell me", "publish it to ./site"],
    "zh": ["保存到 weekly.md", "发邮件给 bob@example.com", "通知我"],
}
KEEP = {
    "en": ["spend at most $5 a month", "ask me before sending", "", "do not disturb me between 22:00 and 07:00"],
    "zh": ["每月最多花 5 美元", "", "发送前先问我"],
}


@st.composite
def requests(draw: st.DrawFn) -> str:
    language = draw(st.sampled_from(["en", "zh"]))
    parts = [draw(st.sampled_from(table[language])) for table in (WHEN, READ, MAKE, GIVE, KEEP)]
    if "send" not in parts[3] and "发邮件" not in parts[3] and ("sending" in parts[4] or "发送" in parts[4]):
        parts[4] = ""
    return ("；" if language == "zh" else "; ").join(part for part in parts if part)


def told(prose: str) -> str:
    made = compiled(prose)
    assert made.file is not None, prose
    return prose_of(made.file, agreed(made))


@given(requests())
@settings(deadline=None, max_examples=60)
def test_a_program_in_words_is_the_same_program(prose: str):
    made = compiled(prose)
    assert made.file is not None, prose
    words = prose_of(made.file, agreed(made))
    again = compile_prose(words, agreed(made))
    assert again.file is not None, words
    assert same(made.file, again.file), words


@pytest.mark.parametrize(
    "prose",
    [
        INVOICES,
        BRIEFING,
        "when a file arrives in ~/Downloads move it to ~/Archive",
        "delete *.tmp files in ./build every Friday at 17:00",
        "每天晚上10点备份 notes.md 到 ./backup",
        "translate README.md into Chinese and save it as README.zh.md",
    ],
)
def test_what_people_say_survives_being_said_canonically(prose: str):
    made = compiled(prose)
    assert made.file is not None
    again = compile_prose(told(prose), agreed(made))
    assert again.file is not None
    assert same(made.file, again.file)
