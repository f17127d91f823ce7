"""A program in plain sentences."""

from __future__ import annotations

from ergos.compile.preview.page import Section, check_words, next_firings, preview, text_of
from ergos.kernel.permission.wording import Language
from ergos.lib.work import Acceptance
from tests.compile.office import BRIEFING, INVOICES, compiled, known


def sections(prose: str, language: Language) -> dict[str, tuple[str, ...]]:
    made = compiled(prose)
    assert made.file is not None
    return {one.heading: one.lines for one in preview(made.file, known(), language, made.folders)}


def test_an_english_preview_says_when_what_and_what_not():
    shown = sections(INVOICES, "en")
    assert shown["When"] == ("when a *.pdf file arrives in invoices:/",)
    assert shown["Does"][0] == "1. read: read the file that the trigger named"
    assert any("a no ends the run" in line for line in shown["Asks you"])
    assert any('equal to "here:/ledger.csv"' in line for line in shown["May"])
    assert "send mail" in shown["May not"][0]
    assert shown["Folders that it needs"] == (
        "here:/ is /srv/ada/accounts, read and written",
        "invoices:/ is /srv/ada/accounts/invoices, read only",
    )


def test_a_chinese_preview_is_chinese_throughout():
    shown = sections(BRIEFING, "zh")
    assert shown["何时"][0] == "每天 08:00"
    assert shown["预算"] == ("每月最多 $5.00。",)
    assert "每次使用 press.publish 之前。" in shown["询问您"]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in heading) for heading in shown)


def test_the_next_ten_firings_are_local_times_in_order():
    made = compiled(BRIEFING)
    assert made.file is not None
    coming = next_firings(made.file, known())
    assert len(coming) == 10
    assert coming[0] == "2026-11-26 08:00 CET"
    assert list(coming) == sorted(coming)


def test_text_shows_each_heading_above_its_lines():
    assert text_of((Section("A", ("b", "c")),)) == "A\n  b\n  c"


def test_a_check_of_a_language_says_its_name_and_one_page_is_no_pages():
    assert check_words(Acceptance(of="brief", check="language", value="de", words="x"), "en") == "brief is in German"
    assert check_words(Acceptance(of="brief", check="language", value="de", words="x"), "zh") == "brief 用德文写成"
    assert check_words(Acceptance(of="brief", check="pages_max", value=1, words="x"), "en").endswith("at most 1 page")
