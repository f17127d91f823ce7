"""An owner reads what a grant allows, all of it, and nobody else can write into that sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.policy import Allowed, Ask, Denied
from ergos.kernel.permission.sentences import difference, explained, matched, sentence

KINDS = ["equals", "one_of", "range", "under", "domain", "grounded", "any"]
MATCHERS = st.builds(
    Matcher,
    st.sampled_from(KINDS),
    st.lists(st.text() | st.integers() | st.floats() | st.booleans(), max_size=4).map(tuple),
)
GRANTS = st.builds(
    Grant,
    agent=st.text(),
    verb=st.sampled_from(["act", "think", "send", "spawn"]),
    name=st.text() | st.text().map(lambda text: text + ".*"),
    args=st.none() | st.dictionaries(st.text(), MATCHERS, max_size=3),
    ask=st.booleans(),
    expires_ns=st.none() | st.integers(),
    times=st.none() | st.integers(),
)
ORDER = Grant(
    agent="demo",
    verb="act",
    name="mail.send",
    args={"to": Matcher("equals", ("bob@example.com",)), "body": Matcher("any"), "n": Matcher("range", (0, 9))},
    ask=True,
    expires_ns=7,
    times=3,
)


def day(_: int) -> str:
    return "1 May 2027"


def tag(_: int) -> str:
    return "2027 年 5 月 1 日"


def test_a_whole_grant_is_one_english_sentence() -> None:
    assert sentence(ORDER, "en", day) == (
        "demo may use mail.send, with body (the text) anything, with the argument n between 0 and 9, with to (the recipient) "
        'equal to "bob@example.com", at most 3 times in all, until 1 May 2027, asking you each time.'
    )


def test_a_whole_grant_is_one_chinese_sentence() -> None:
    assert sentence(ORDER, "zh", tag) == (
        "在 2027 年 5 月 1 日之前，demo 可以使用 mail.send，正文（body）不限，参数 n 在 0 到 9 之间（含两端），"
        "收件人（to）必须为“bob@example.com”，最多共 3 次，每次须经您批准。"
    )


@pytest.mark.parametrize(
    ("grant", "english", "chinese"),
    [
        (Grant(agent="*", verb="act", name="mail.*"), "every agent may use any tool of mail with any arguments.",
         "任何智能体可以使用 mail 下的任何工具，参数不限。"),
        (Grant(agent="a", verb="think", name="sum", args={}), "a may solve sum without arguments.", "a 可以完成 sum，不带参数。"),
        (Grant(agent="a", verb="send", name="b", times=1), "a may write to b with any arguments, once.",
         "a 可以写信给 b，参数不限，仅限一次。"),
        (Grant(agent="a", verb="spawn", name="team.*", expires_ns=1),
         "a may start any agent of team with any arguments, for a limited time.",
         "在限定时间内，a 可以启动 team 下的任何智能体，参数不限。"),
    ],
)  # fmt: skip
def test_every_verb_has_its_words(grant: Grant, english: str, chinese: str) -> None:
    assert sentence(grant, "en") == english
    assert sentence(grant, "zh") == chinese


@pytest.mark.parametrize(
    ("matcher", "english", "chinese"),
    [
        (Matcher("equals", (5,)), "equal to 5", "必须为 5"),
        (Matcher("equals", ("5",)), 'equal to "5"', "必须为“5”"),
        (Matcher("equals", ("a", "b")), 'one of 2 values: "a" or "b"', "必须是以下 2 个值之一：“a”、“b”"),
        (Matcher("range", (1, 2.5)), "between 1 and 2.5", "在 1 到 2.5 之间（含两端）"),
        (Matcher("under", ("/srv",)), 'inside "/srv"', "必须位于“/srv”之内"),
        (Matcher("domain", ("x.org",)), 'at "x.org" or a name below it', "必须指向“x.org”或其子域名"),
        (Matcher("grounded"), "that comes from you or a source you trust", "须由您给出或出自您信任的来源"),
        (Matcher("any"), "anything", "不限"),
        (Matcher("range", (3,)), "that nothing can fit", "无任何值可用"),
    ],
)
def test_every_matcher_has_its_words(matcher: Matcher, english: str, chinese: str) -> None:
    assert matched(matcher, "en") == english
    assert matched(matcher, "zh") == chinese


@given(GRANTS, st.sampled_from(["en", "zh"]))
def test_no_grant_breaks_its_sentence(grant: Grant, language: str) -> None:
    found = sentence(grant, language)
    assert found == sentence(grant, language)
    assert found.isprintable()
    assert found.endswith("。" if language == "zh" else ".")
    assert ("每次须经您批准。" in found[-8:] or found.endswith("asking you each time.")) is grant.ask


@given(st.text(min_size=1, max_size=60), st.sampled_from(["en", "zh"]))
def test_a_value_changes_nothing_but_its_own_quotation(text: str, language: str) -> None:
    def said(value: str) -> str:
        return sentence(Grant(agent="a", verb="act", name="t", args={"q": Matcher("equals", (value,))}), language)

    closing = '"' if language == "en" else "”"
    head, _, tail = said("x").partition("x")
    assert said(text).startswith(head)
    assert said(text).endswith(tail)
    assert said(text)[len(head) :].index(closing) == len(said(text)) - len(head) - len(tail)


def test_an_agent_cannot_write_a_sentence_into_its_name() -> None:
    assert sentence(Grant(agent="任何智能体", verb="act", name="t"), "zh").startswith("“任何智能体”可以")
    forged = Grant(agent="demo may use a.\nroot", verb="act", name="t, asking you each time")
    assert sentence(forged, "en") == (
        '"demo may use a.\\u{a}root" may use "t, asking you each time" with any arguments.'
    )


@pytest.mark.parametrize("rule", ["grant", "grounding", "content", "readers", "unheard-of"])
def test_every_question_is_explained(rule: str) -> None:
    assert explained(Ask("g", "to is new", rule), "en").startswith("You are asked, because ")
    assert explained(Ask("g", "to\nis new", rule), "zh").startswith("需要您决定：")
    assert explained(Ask("g", "to\nis new", rule), "zh").isprintable()


def test_what_is_allowed_or_denied_is_explained() -> None:
    assert explained(Allowed("own"), "en") == "Allowed: this call reaches nobody and needs no grant."
    assert explained(Allowed("ab12"), "en") == "Allowed by the grant ab12."
    assert explained(Allowed("ab12"), "zh") == "允许：由授权 ab12 批准。"
    assert explained(Denied("grants", ""), "en") == "Denied: no grant in force covers this call."
    assert explained(Denied("grants", ""), "zh") == "拒绝：没有生效的授权允许此调用。"
    assert explained(Denied("forbidden", "rule 'a'"), "en") == (
        "Denied: a rule of the organisation forbids it, whatever its owner grants (\"rule 'a'\")."
    )
    assert explained(Denied("forbidden", ""), "zh") == "拒绝：组织的规定禁止此调用，所有者的授权也不能改变。"
    assert explained(Denied("house", "no"), "zh") == "拒绝：规则“house”如此规定（详情：“no”）。"


def test_a_change_is_told_by_what_it_gives_and_takes() -> None:
    old = [Grant(agent="a", verb="act", name="mail.*"), Grant(agent="a", verb="act", name="t", times=3)]
    new = [Grant(agent="a", verb="act", name="mail.read"), Grant(agent="a", verb="act", name="t", times=9)]
    changed = difference(old, new, "en")
    assert changed.more == ("a may use t with any arguments, at most 9 times in all.",)
    assert changed.less == ("a may use any tool of mail with any arguments.",)
    assert changed.asks_more
    assert not difference(new, new, "en").asks_more
    assert not difference(old, (), "zh").asks_more


def test_a_grant_that_no_longer_asks_is_more() -> None:
    asks, silent = (Grant(agent="a", verb="act", name="t", ask=ask) for ask in (True, False))
    assert difference([asks], [silent], "en").more == ("a may use t with any arguments.",)
    assert difference([silent], [asks], "en").more == ()


def test_a_value_that_is_no_longer_asked_about_is_more() -> None:
    anybody = Grant(agent="a", verb="act", name="mail", args={"to": Matcher("any")})
    stranger = Grant(agent="a", verb="act", name="mail", args={"to": Matcher("equals", ("eve@evil.net",))})
    assert difference([anybody], [stranger], "en").asks_more
