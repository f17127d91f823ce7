"""Two spellings of a value are one token; a part of a value is none of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.numerals import number
from ergos.kernel.permission.readings import TEXT_CHARS_MAX, pieces, tokens
from tests.kernel.plain import TEXT


@pytest.mark.parametrize(
    ("token", "spellings"),
    [
        (
            "n:1000.5",
            ["1,000.50", "1000.5", "$1,000.50", "1.000,50", "€ 1000.50", "+1000.5", "１０００.５", "1000.5元"],
        ),
        ("n:50000", ["50k", "5万", "50,000", "五万"]),
        ("n:320", ["三百二十", "320", "320.00"]),
        ("n:10", ["10%", "10th", "十"[:0] + "10", "ten"]),
        ("n:-5", ["-5", "-5.0"]),
        (
            "d:2024-05-26",
            ["2024-05-26", "2024/5/26", "May 26th, 2024", "26 May 2024", "26th of May, 2024", "2024年5月26日"],
        ),
        ("d:-05-26", ["May 26th", "26 may", "5月26日", "5月26号", "the 26th of May"]),
        ("t:19:00", ["19:00", "7pm", "7 p.m.", "7:00 PM", "晚上7点", "19点", "下午七点", "19:00:00"]),
        ("t:15:30", ["15:30", "3:30pm", "下午三点半", "15点30分"]),
        ("e:eve@x.com", ["eve@x.com", "Eve@X.com", "<eve@x.com>"[1:-1], "(eve@x.com)"]),
        ("u:https://x.com/a?b=C", ["https://x.com/a?b=C", "https://X.com/a?b=C.", "'HTTPS://x.com/a?b=C'"]),
        ("u:http://www.x.com", ["http://www.x.com/", "www.x.com"]),
        (
            "i:GB29NWBK60161331926819",
            ["GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819", "gb29 nwbk 6016 1331 9268 19"],
        ),
        ("i:/srv/data", ["/srv/data", "/srv/data/"]),
        ("i:a-b.docx", ["a-b.docx", "'a-b.docx'.", "“a-b.docx”"]),
    ],
)
def test_spellings_of_one_value_are_one_token(token: str, spellings: list[str]) -> None:
    for spelling in spellings:
        assert token in tokens(spelling), spelling
        assert token in tokens(f"See {spelling}, please"), spelling
        assert token in tokens(f"请看{spelling}，谢谢"), spelling


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("12", "1"),
        ("2024-05-12", "12"),
        ("2024-05-12", "2024"),
        ("12:00", "12"),
        ("steve@x.com", "eve@x.com"),
        ("ève@x.com", "ve@x.com"),
        ("eve@x.com", "x.com"),
        ("eve@x.com.evil.net", "eve@x.com"),
        ("https://x.com/ab", "https://x.com/a"),
        ("https://x.com/a?b=c", "https://x.com/a"),
        ("/srv/data/report.txt", "/srv/data"),
        ("/srv/data/report.txt", "report.txt"),
        ("1j1l-2k3j", "1j1l"),
        ("1,000", "1"),
        ("1,000", "000"),
        ("1.5", "5"),
        ("3-5", "3"),
        ("US122000000121212121212", "US12"),
        ("report.txt", "Report.txt"),
        ("Secret1", "secret1"),
    ],
)
def test_a_part_of_a_value_is_no_token_of_it(whole: str, part: str) -> None:
    (token,) = tokens(part)
    assert token not in tokens(f"take {whole} now")


@pytest.mark.parametrize(
    "text", ["03/04/2024", "1,5", "12,5", "1.2.3", "192.168.0.1", "24/7", "25:00", "13pm", "May 32", "2024-13-01"]
)
def test_what_can_be_read_in_two_ways_is_no_number_and_no_date(text: str) -> None:
    assert not any(token[:2] in {"n:", "d:", "t:"} for token in tokens(text)), tokens(text)


def test_both_ends_of_a_stretch_of_days_are_days() -> None:
    assert tokens("November 10th to 15th 2024")[:2] == ["d:2024-11-10", "d:2024-11-15"]
    assert tokens("10-14 May 2023") == ["d:2023-05-10", "d:2023-05-14"]


def test_a_time_elsewhere_is_another_time() -> None:
    assert tokens("19:00Z") != tokens("19:00") != tokens("19:00+02:00")


def test_signs_are_told_where_they_matter() -> None:
    assert tokens("x.txt/..", quiet=True) == ["i:x.txt", "q:.", "q:."]
    assert tokens("https://x.com/a')", quiet=True) == ["u:https://x.com/a", "q:'", "q:)"]
    assert tokens("@bob, $5", quiet=True) == ["q:@", "w:bob", "q:,", "q:$", "n:5"]
    assert tokens("2024-05-06 10:00 a@x.com 1,000.50 /a-b/c", quiet=True) == [
        "d:2024-05-06", "t:10:00", "e:a@x.com", "n:1000.5", "i:/a-b/c",
    ]  # fmt: skip


def test_words_are_folded_and_parted_at_hyphens() -> None:
    assert tokens("Follow-up MEETING, Grandma's") == ["w:follow", "w:up", "w:meeting", "w:grandma", "w:'s"]
    assert tokens("@bob #general") == ["w:bob", "w:general"]
    assert tokens("a; rm -rf *") == ["w:a", "w:rm", "w:rf", "s:*"]
    assert tokens("发给张三") == ["w:发", "w:给", "w:张", "w:三"]


@given(TEXT | st.text(max_size=40))
def test_every_text_has_tokens_and_each_says_its_kind(text: str) -> None:
    assert all(token[1] == ":" and len(token) > 2 for token in tokens(text))


@given(
    st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30)
)
def test_a_number_and_its_digits_are_one_token(value: float) -> None:
    spelt = f"{value:.60f}" if isinstance(value, float) and "e" in repr(value) else repr(value)
    if len(spelt) < 60:
        assert tokens(spelt) == [number(value)]


@pytest.mark.parametrize(
    "part", ["a", "1", "1,", "a.", "a@", "1.000", "aa11 ", "may ", "/", "12:", "http://", "三", "' "]
)
def test_a_text_without_end_is_read_to_its_bound(part: str) -> None:
    found = tokens(part * TEXT_CHARS_MAX)
    assert len(found) <= TEXT_CHARS_MAX


def test_a_text_is_read_no_further_than_is_asked() -> None:
    text = "the report, at 7pm. " * 10_000
    assert next(iter(pieces(text))) == ["w:the", "w:report"]
    assert [token for some in pieces(text[:200]) for token in some] == tokens(text[:200], quiet=True)


@given(
    st.lists(
        st.sampled_from("May 5 ab12 a@b.c x. don't 7pm , ; (so) the Sarah 三 点半 中午 会议 。 - \n 10:00".split(" "))
    )
)
def test_words_beside_each_other_are_read_as_they_are_alone(words: list[str]) -> None:
    alone = [token for word in words for token in tokens(f"{word}\n\n", quiet=True)]
    assert tokens("\n\n".join(words), quiet=True) == alone
