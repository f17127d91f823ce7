"""What must never be done: "never send mail", 不要发布, 只读, "no internet".

Rules: pure; a prohibition names a verb, and what it is about where it is not about everything; where only the owner
is not to be disturbed, nothing is forbidden. Must not know: how actions are read.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import ActionVerb, Forbidden
from ergos.compile.words.draft import Draft
from ergos.compile.words.verbs import VerbAt, any_english, han_verbs

SUBJECT_CHARS_MAX: Final = 16  # characters of what is not to be touched, before the negation
_AFTER_CONDITION: Final = re.compile("如果|要是|假如|若|一旦|时|的话|就|先|什么|任何|(?<!除了)(?<!除)我")

_NEVER_EN: Final = re.compile(
    r"(?:(?:and|but|also|please|just|absolutely|under no circumstances(?: should (?:it|you))?"
    r"|whatever happens|in no case|you|it|the agent|this agent|i do not want (?:you|it) to|i don't "
    r"want (?:you|it) to|however|so)[\s,]+)*"
    r"(?:never|under no circumstances|in no case|(?:you're|you are|it is|it's) not allowed to|do not"
    r"|don't|dont|must not|mustn't|may not|can not|cannot|can't|should not|shouldn't"
    r"|shall not|is not allowed to|are not allowed to|not allowed to|not to|no|without|refrain from"
    r"|avoid|stop|(?:keep|get) (?:your|its|the) (?:hands|fingers|paws|mitts) off|hands off|steer clear of"
    r"|stop short of|hold off(?: on)?|nobody is to|nothing is to be|under no condition|on no account"
    r"|i'd rather you didn't|(?:is|are) forbidden to|forbidden to|it is forbidden to|must never|should never|may "
    r"never|will never|won't|keep from|stay away from|nobody should)\b(?:\s+(?:ever|under any "
    r"circumstances|in any case|at all|please|allowed to))?",
    re.IGNORECASE,
)

_NEVER_ZH: Final = re.compile(
    r"(?:更|决|全程|全都|一概|统统|万万|哪儿都|哪里都|谁都|谁也|千万|绝对|永远|任何情况下|无论如何|无论怎样|请"
    r"|但是?|并且?|也|都|一律|切记|记住|坚决|暂时"
    r"|任何时候|什么时候|在任何情况下|，)*(?P<not>绝不能|绝不可以?|绝不要|绝不|决不能?|不要|不能"
    r"|不可以|不可|不得|不准|不许|不允许|不让|禁止|严禁|切勿|请勿|别再|别|勿|不应该?|不该|不必|不用"
    r"|不(?!低于|少于|超过|足|到|满|高于|大于|小于|多于|反对|等于)|只读)"
)

_FORGET: Final = re.compile(
    r"^(?:\W*)(?:do not|don't|never) forget (?:to )?|(?:别|不要|千万别)忘(?:了|记)", re.IGNORECASE
)

_REACH: Final = re.compile(
    r"\bno (?:internet|network|web|online)(?: access)?\b|\bstay offline\b|\boffline\b|\b(?:without"
    r"|don't use|do not use|never use|not use|don't access|do not access|never access|don't touch|no "
    r"access to) (?:the |any )?(?:internet|network|web)\b|\b(?:don't|do not|never) (?:go online"
    r"|connect to (?:the )?(?:internet|network|web))\b"
    r"|(?:不要|不能|不得|禁止|不准|不许|别|不)(?:再)?(?:联网|上网|访问网络|连网|用网络|访问互联网"
    r"|连接网络|联外网|连外网|走外网|碰外网|出网|连互联网|上外网)|\b(?:absolutely )?no (?:external "
    r"|outside )?(?:network|internet|web|online) ?(?:access|connections?|calls?|traffic)?\b|\bkeep (?:it "
    r"|everything )?(?:offline|local)\b|离线(?:运行|完成)?|断网运行",
    re.IGNORECASE,
)

_ONLY_READ: Final = re.compile(r"只读不写|只读|\bread[- ]only\b", re.IGNORECASE)

_TIMED: Final = re.compile("[\ue005\ue006]|半夜|夜里|深夜|睡")
"""Where a time stands in what is said about messages, the owner wants quiet, and forbids nothing."""
_NETWORK: Final = re.compile(
    r"\b(?:reach|access|touch|use|visit|browse|hit|go on(?:to)?|connect to|surf|query)(?:ing)?\s+(?:to\s+)?(?:the "
    r"|any )?(?:open )?(?:internet|network|web\b(?! ?page)|outside world)"
    r"|(?:上网|联网|连网|外网)",
    re.IGNORECASE,
)
_CONTACT: Final = re.compile(
    r"\s*(?:contact|reach out to|get in touch with|write to|approach|talk to|correspond with|disturb"
    r"|bother)(?:ing)?\b(?! me\b| us\b)|\s*(?:联系|打扰|惊动|骚扰|联络|透露|泄露|泄漏|外传|外泄|散播|声张)(?!我)",
    re.IGNORECASE,
)
_ALTER: Final = re.compile(
    r"\s*(?:touch|change|modify|alter|edit|amend|rename|overwrite|tamper with|mess with|fiddle with)(?:ing)?\b"
    r"|\s*(?:再|随便|乱|去)?(?:动|碰|改|修改|编辑|覆盖|篡改|改动|更改|重命名)",
    re.IGNORECASE,
)
_TOUCH: Final = re.compile(
    r"\b(?:touch|change|modify|alter|edit|do) (?:anything|any|nothing|other|the originals?|my)|(?:动"
    r"|碰|改|修改)(?:任何|其他|别的|原)",
    re.IGNORECASE,
)

_GENERAL: Final = re.compile(
    r"^(?:\s|\b(?:anything|anybody|anyone|any|it|them|else|a|an|the|mails?|e-?mails?|messages?|files?"
    r"|to|on|reply|replies|single|of|that|this|money|at all|ever|out|my|folder|there|without"
    r"|whatever)\b|任何|东西|文件|邮件|内容|出去|给|任何人|别人|消息|了|它|[!！.。])*+$",
    re.IGNORECASE,
)


def read_forbidden(draft: Draft, start: int, end: int) -> bool:
    """A prohibition."""
    text = draft.copy.text
    reach = _REACH.search(text, start, end)
    if reach:
        draft.forbid(Forbidden(verb="reach"), (start, end))
        return True
    if _FORGET.search(text[start:end]):
        return False
    if _PUBLICLY.search(text[start:end]):
        draft.forbid(Forbidden(verb="publish"), (start, end))
        return True
    if _nothing(draft, start, end):
        return True
    never = _NEVER_EN.match(text, start, end) or None
    at = 0
    if never:
        at = never.end()
    else:
        han = _NEVER_ZH.match(text, start, end) or _inside(text, start, end)
        if han is None or han["not"] in {"不必", "不用"}:
            only = _ONLY_READ.search(text, start, end)
            if only:
                draft.forbid(Forbidden(verb="write"), (start, end))
            return only is not None
        if han["not"] == "只读":
            draft.forbid(Forbidden(verb="write"), (start, end))
            return True
        at = han.end()
    verbs = _verbs(text, at, end)
    if _NETWORK.search(text, at, end):
        draft.forbid(Forbidden(verb="reach"), (start, end))
        if not verbs:
            return True
    if not verbs and (_CONTACT.match(text, at, end) or _CONTACT.search(text, start, at)):
        draft.forbid(Forbidden(verb="send"), (start, end))
        return True
    if not verbs and _ALTER.match(text, at, end):
        draft.forbid(Forbidden(verb="write", object=draft.copy.said(start, end)), (start, end))
        return True
    if not verbs:
        return (
            bool(_TOUCH.search(text, start, end))
            or re.match(r"\s*(?:anything|nothing|else|动|再)", text[at:end]) is not None
        )
    rest = verbs[-1].end
    for place, one in enumerate(verbs):
        if place and one.han and one.start == verbs[place - 1].end:
            continue
        if one.verb in {"send", "notify"} and one.han and _TIMED.search(text, start, end):
            continue
        if one.verb in {"ask", "notify"} and re.search(r"\bme\b|我", text[one.start : end]):
            continue
        general = _GENERAL.match(text[rest:end])
        said = "" if general else draft.copy.said(rest, end)
        verb: ActionVerb = _MEANT.get(one.form, "write" if one.verb == "brief" else one.verb)
        draft.forbid(Forbidden(verb=verb, object=said), (start, end))
    return True


_MEANT: Final[dict[str, ActionVerb]] = {
    "mail": "send",
    "email": "send",
    "message": "send",
    "text": "send",
    "call": "send",
    "share": "send",
    "e-mail": "send",
}
"""Nouns behind 'no' and what they mean."""

_PUBLICLY: Final = re.compile(r"^\W*nothing (?:public|published)\b|不(?:要|得)?公开", re.IGNORECASE)


_NOTHING: Final = re.compile(
    r"\s+(?:to\s+|with\s+)?(?:nothing|nobody|no one|no[- ]one|none of (?:it|them|that))\b", re.IGNORECASE
)
_NOTHING_MAY: Final = re.compile(
    r"\W*(?:and |but )?(?:nothing|none|nobody|no (?:file|mail|message|one|data|row|entry|page|post|picture|photo"
    r"|document)s?)\b[^.;]{0,60}?"
    r"\b(?:may|must|should|shall|can|is to|are to|will|gets?|leaves|ought to)\b(?:\s+(?:be|get|ever))*",
    re.IGNORECASE,
)


def _nothing(draft: Draft, start: int, end: int) -> bool:
    """As in "remove nothing" and "nothing in ./photos may be deleted"."""
    text = draft.copy.text
    may = _NOTHING_MAY.match(text, start, end)
    found = any_english(text, may.end(), end) if may else any_english(text, start, end)
    if found is None or (may is None and (found.start > start + 4 or not _NOTHING.match(text, found.end, end))):
        return False
    inner = (
        draft.copy.said(start, may.end())
        if may and re.search(r"\bin\b|[\ue001-\ue004]", text[start : may.end()])
        else ""
    )
    draft.forbid(Forbidden(verb=_MEANT.get(found.form, found.verb), object=inner), (start, end))
    return True


_INSIDE_ZH: Final = re.compile(
    r"(?P<not>绝不能|绝不可以?|绝不要|决不能?|不要|不能|不可以|不可|不得|不准|不许|不允许|禁止|严禁|切勿|请勿"
    r"|(?<![类性级区个分特识鉴告辨差国职])别(?![人的处家名称])|勿|甭|休想|没必要)"
)


def _inside(text: str, start: int, end: int) -> re.Match[str] | None:
    """A Chinese negation behind what it is about: 原文件不许改, 哪儿都别发布."""
    match = _INSIDE_ZH.search(text, start, min(end, start + SUBJECT_CHARS_MAX))
    if match is None or _AFTER_CONDITION.search(text, start, match.start()):
        return None
    return None if han_verbs(text, start, match.start()) else match


def _verbs(text: str, at: int, end: int) -> list[VerbAt]:
    """Every verb of a list: 'send, publish or delete anything'."""
    han = han_verbs(text, at, end)
    if han:
        return han
    found: list[VerbAt] = []
    while verb := any_english(text, at, end):
        if found and not text[found[-1].end : verb.start].strip():
            break
        if found and not re.fullmatch(
            r"(?:\s|,|/|or|and|nor|even|to|ever)*", text[found[-1].end : verb.start], re.IGNORECASE
        ):
            break
        if not found and len(text[at : verb.start].split()) > 3:
            break
        found.append(verb)
        at = verb.end
    return found
