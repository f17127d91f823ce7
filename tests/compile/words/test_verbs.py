import pytest

from ergos.compile.words.verbs import any_english, english_at, han_verbs


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("summarise the news", "summarise"),
        ("sends it to me", "send"),
        ("boil them down", "summarise"),
        ("list price", None),
        ("reports are good", None),
    ],
)
def test_an_english_noun_is_no_verb(text: str, verb: str | None) -> None:
    found = english_at(text, 0, len(text))
    assert (found.verb if found else None) == verb


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("提取发票号、日期", ["提取"]),
        ("写一份总结发给我", ["写", "发给"]),
        ("翻译成英文后发到频道", ["翻译成", "发到"]),
        ("报告里的发现", []),
    ],
)
def test_a_chinese_noun_is_no_verb(text: str, forms: list[str]) -> None:
    assert [one.form for one in han_verbs(text, 0, len(text))] == forms


@pytest.mark.parametrize("text", ["before publishing it", "before it is published", "before she publishes"])
def test_a_verb_is_known_in_every_form(text: str) -> None:
    found = any_english(text, 0, len(text))
    assert found is not None
    assert found.verb == "publish"
