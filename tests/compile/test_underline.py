"""Words underlined on a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.compile.diagnostics import Diagnostic
from ergos.compile.underline import COLUMNS, shown, underlined, width


def test_marks_stand_below_the_words_also_where_characters_are_two_wide():
    assert underlined("每天读 a.txt", ((2, 3),)) == ("每天读 a.txt", "    ^^")
    assert underlined("read a and b", ((5, 6), (11, 12))) == ("read a and b", "     ^     ^")


def test_each_line_is_marked_by_itself():
    assert underlined("one\ntwo\nthree", ((0, 7),)) == ("one", "^^^", "two", "^^^")


def test_a_long_line_is_cut_around_the_words():
    line, marks = underlined("x " * 200 + "here" + " y" * 200, ((400, 404),))
    assert width(line) <= COLUMNS + 2
    assert line[marks.index("^") : marks.index("^") + 4] == "here"


def test_what_cannot_be_seen_is_a_dot():
    assert underlined("a\u202eb\x1b[31m", ((0, 2),))[0] == "a·b·[31m"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=4))
def test_any_spans_of_any_text_are_shown(prose: str, spans: list[tuple[int, int]]):
    lines = underlined(prose, spans)
    assert len(lines) % 2 == 0
    assert all("^" in mark for mark in lines[1::2])


def test_a_diagnostic_says_code_words_and_what_to_do():
    found = Diagnostic(code="C308", spans=((0, 4),), values={"where": "#ops"}, choices=("dev", "news"))
    assert shown(found, "post it", "en") == (
        "question[C308]: no address of this home is called #ops",
        "  post it",
        "  ^^^^",
        "  give a URL, or name one of [tools.webhooks] in settings.toml",
        "  one of: dev, news",
    )
    assert shown(found, "", "zh")[0].startswith("问题[C308]：")
