"""Words that mean the same are on one line, and the lines are clean."""

from __future__ import annotations

import re
from collections import Counter

from ergos.lib.tool_words import MEANINGS, by_word


def test_a_request_in_one_language_and_a_tool_in_the_other_share_a_meaning() -> None:
    words = by_word()
    for english, chinese in (("mail", "邮件"), ("weather", "天气"), ("delete", "删除"), ("invoice", "发票")):
        assert set(words[english]) & set(words[chinese])


def test_no_chinese_word_is_a_single_character() -> None:
    assert not [word for word in by_word() if re.fullmatch(r"[\u4e00-\u9fff]", word)]


def test_every_word_is_in_lower_case_and_no_line_says_one_twice() -> None:
    for line in MEANINGS.strip().split("\n"):
        words = line.split()
        assert line == line.lower()
        assert not [word for word, count in Counter(words).items() if count > 1], line


def test_no_word_means_too_much() -> None:
    assert max(map(len, by_word().values())) <= 4
