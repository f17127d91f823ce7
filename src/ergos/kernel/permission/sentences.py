"""What a grant, a decision and a change of grants say, as one English or one Chinese sentence each.

    sentence(grant, "en")  ->  demo may use mail.send, with to (the recipient) equal to "bob@example.com", at most 3
                               times in all, asking you each time.

Rules: a sentence says all that a grant allows and nothing else; it depends on its arguments alone; text of strangers
stands in it as `wording` shows it. Instants become dates by the caller's calendar, because the kernel has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from ergos.kernel.permission.coverage import covers, never_fits
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.policy import Allowed, Ask, Decision
from ergos.kernel.permission.wording import Language, listed, named, quoted, shown

Calendar: TypeAlias = Callable[[int], str]
"""Nanoseconds since 1970 as a date in the reader's language."""

_VERBS: Final = {
    "act": ("use", "使用"),
    "think": ("solve", "完成"),
    "send": ("write to", "写信给"),
    "spawn": ("start", "启动"),
}
_KINDS: Final = {"act": ("tool", "工具"), "think": ("task", "任务")}
_PLAIN_NAMES: Final = {
    "to": ("the recipient", "收件人"),
    "cc": ("who gets a copy", "抄送"),
    "bcc": ("who gets a hidden copy", "密送"),
    "recipient": ("who gets it", "接收方"),
    "recipients": ("who gets it", "接收方"),
    "attendees": ("who is invited", "受邀者"),
    "participants": ("who takes part", "参与者"),
    "subject": ("the subject", "主题"),
    "body": ("the text", "正文"),
    "content": ("the content", "内容"),
    "text": ("the text", "文字"),
    "url": ("the address", "网址"),
    "path": ("the file or folder", "文件或文件夹"),
    "folder": ("the folder", "文件夹"),
    "amount": ("the amount", "金额"),
    "iban": ("the account", "银行账户"),
    "account": ("the account", "账户"),
    "query": ("what is searched for", "查询内容"),
    "code": ("the code", "代码"),
    "command": ("the command", "命令"),
    "channel": ("the channel", "频道"),
    "date": ("the date", "日期"),
}
"""Arguments that mean the same to every tool that has them."""

_ASKED: Final = {
    "grant": ("the grant says that you approve every such call", "该授权规定每次调用都须您批准"),
    "grounding": (
        "a value that matters comes neither from you nor from a source you trust",
        "关键参数既不是您给出的，也不出自您信任的来源",
    ),
    "content": (
        "text would leave for another reader after the agent has read what nobody vouches for",
        "智能体读过来源不可信的内容，而文字将发给他人",
    ),
    "readers": ("what was read is not meant for whoever would get it", "所读内容不应让接收方看到"),
}
_DENIED: Final = {
    "grants": ("no grant in force covers this call", "没有生效的授权允许此调用"),
    "forbidden": (
        "a rule of the organisation forbids it, whatever its owner grants",
        "组织的规定禁止此调用，所有者的授权也不能改变",
    ),
}


class Difference(msgspec.Struct, frozen=True):
    """What other grants give and take."""

    more: tuple[str, ...]
    """A sentence for each grant that no earlier one covers."""
    less: tuple[str, ...]
    """A sentence for each earlier grant that nothing covers any more."""

    @property
    def asks_more(self) -> bool:
        """Whether the owner has to confirm it."""
        return bool(self.more)


def sentence(grant: Grant, language: Language, date: Calendar | None = None) -> str:
    """The grant in one sentence for its owner. Without a `date` an expiry is only said to exist."""
    return _chinese(grant, date) if language == "zh" else _english(grant, date)


def explained(decision: Decision, language: Language) -> str:
    """A decision in one sentence for the owner."""
    zh = language == "zh"
    match decision:
        case Allowed("own"):
            return (
                "允许：此调用不涉及外部，无须授权。" if zh else "Allowed: this call reaches nobody and needs no grant."
            )
        case Allowed(grant):
            by = named(grant, language)
            return f"允许：由授权 {by} 批准。" if zh else f"Allowed by the grant {by}."
        case Ask(grant, why, rule):
            meaning = _meaning(_ASKED, rule, language)
            if zh:
                return f"需要您决定：{meaning}{_detail(why, language)}。"
            return f"You are asked, because {meaning}{_detail(why, language)}."
        case _:
            meaning = _meaning(_DENIED, decision.rule, language)
            if zh:
                return f"拒绝：{meaning}{_detail(decision.why, language)}。"
            return f"Denied: {meaning}{_detail(decision.why, language)}."


def difference(
    old: Sequence[Grant], new: Sequence[Grant], language: Language, date: Calendar | None = None
) -> Difference:
    """What an agent with the new grants may do more and less than with the old ones. Cost: O(old x new)."""
    more = [grant for grant in new if not any(covers(other, grant) for other in old)]
    less = [grant for grant in old if not any(covers(other, grant) for other in new)]
    return Difference(_each(more, language, date), _each(less, language, date))


def _each(grants: Sequence[Grant], language: Language, date: Calendar | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence(grant, language, date) for grant in grants))


def matched(matcher: Matcher, language: Language) -> str:
    """What an argument may be, as the end of a sentence."""
    return _matched_zh(matcher) if language == "zh" else _matched_en(matcher)


def _english(grant: Grant, date: Calendar | None) -> str:
    agent = "every agent" if grant.agent == "*" else named(grant.agent, "en")
    parts = [f"{agent} may {_VERBS[grant.verb][0]} {_subject(grant, 'en')}"]
    if grant.args is None:
        parts[0] += " with any arguments"
    elif not grant.args:
        parts[0] += " without arguments"
    for name, matcher in sorted((grant.args or {}).items()):
        parts.append(f"with {_argument(name, 'en')} {_matched_en(matcher)}")
    if grant.times is not None:
        parts.append("once" if grant.times == 1 else f"at most {max(grant.times, 0):,} times in all")
    if grant.expires_ns is not None:
        parts.append(f"until {date(grant.expires_ns)}" if date else "for a limited time")
    if grant.ask:
        parts.append("asking you each time")
    return ", ".join(parts) + "."


def _chinese(grant: Grant, date: Calendar | None) -> str:
    agent = "任何智能体" if grant.agent == "*" else named(grant.agent, "zh")
    doing = f"{_VERBS[grant.verb][1]}{_spaced(_subject(grant, 'zh'))}"
    parts: list[str] = []
    if grant.expires_ns is not None:
        parts.append(f"在{_spaced(date(grant.expires_ns))}之前" if date else "在限定时间内")
    parts.append(f"{_spaced(agent, before=False)}可以{doing}".strip())
    if grant.args is None:
        parts.append("参数不限")
    elif not grant.args:
        parts.append("不带参数")
    for name, matcher in sorted((grant.args or {}).items()):
        parts.append(f"{_argument(name, 'zh')}{_matched_zh(matcher)}")
    if grant.times is not None:
        parts.append("仅限一次" if grant.times == 1 else f"最多共 {max(grant.times, 0):,} 次")
    if grant.ask:
        parts.append("每次须经您批准")
    return "，".join(parts) + "。"


def _subject(grant: Grant, language: Language) -> str:
    if not grant.name.endswith(".*"):
        return named(grant.name, language)
    kind = _KINDS.get(grant.verb, ("agent", "智能体"))
    whole = named(grant.name[:-2], language)
    return f"{_spaced(whole, before=False)}下的任何{kind[1]}" if language == "zh" else f"any {kind[0]} of {whole}"


def _argument(name: str, language: Language) -> str:
    plain = _PLAIN_NAMES.get(name)
    if plain is None:
        return f"参数 {named(name, 'zh')} " if language == "zh" else f"the argument {named(name, 'en')}"
    return f"{plain[1]}（{name}）" if language == "zh" else f"{name} ({plain[0]})"


def _matched_en(matcher: Matcher) -> str:
    if never_fits(matcher):
        return "that nothing can fit"
    values = [shown(value, "en") for value in matcher.values]
    match matcher.kind:
        case "any":
            return "anything"
        case "grounded":
            return "that comes from you or a source you trust"
        case "equals" | "one_of":
            return (
                f"equal to {values[0]}"
                if len(values) == 1
                else f"one of {len(values):,} values: {listed(values, 'en')}"
            )
        case "range":
            return f"between {values[0]} and {values[1]}"
        case "under":
            return "inside " + listed([text for text in values if text.startswith('"')], "en")
        case "domain":
            return "at " + listed([text for text in values if text.startswith('"')], "en") + " or a name below it"


def _matched_zh(matcher: Matcher) -> str:
    if never_fits(matcher):
        return "无任何值可用"
    values = [shown(value, "zh") for value in matcher.values]
    texts = [text for text in values if text.startswith("“")]
    match matcher.kind:
        case "any":
            return "不限"
        case "grounded":
            return "须由您给出或出自您信任的来源"
        case "equals" | "one_of":
            if len(values) == 1:
                return f"必须为{_spaced(values[0], after=False)}"
            return f"必须是以下 {len(values):,} 个值之一：{listed(values, 'zh')}"
        case "range":
            return f"在 {values[0]} 到 {values[1]} 之间（含两端）"
        case "under":
            return f"必须位于{listed(texts, 'zh')}之内"
        case "domain":
            return f"必须指向{listed(texts, 'zh')}或其子域名"


def _meaning(table: dict[str, tuple[str, str]], rule: str, language: Language) -> str:
    words = table.get(rule)
    if words is not None:
        return words[1] if language == "zh" else words[0]
    return f"规则{quoted(rule, 'zh')}如此规定" if language == "zh" else f"the rule {quoted(rule, 'en')} says so"


def _detail(why: str, language: Language) -> str:
    if not why:
        return ""
    return f"（详情：{quoted(why, 'zh')}）" if language == "zh" else f" ({quoted(why, 'en')})"


def _spaced(text: str, *, before: bool = True, after: bool = True) -> str:
    """A blank between Chinese characters and Latin letters or digits, as good typesetting has it."""
    left = " " if before and text and text[0].isascii() and text[0].isalnum() else ""
    right = " " if after and text and text[-1].isascii() and text[-1].isalnum() else ""
    return f"{left}{text}{right}"
