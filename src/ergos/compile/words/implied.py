"""Events that no conjunction marks: "new xml files in incoming/", "Mail arrives from …", "payroll done?", X 一更新.

Rules: pure; only what surely happens again and again is an event; where times of its own were said, nothing is. Must
not know: conjunctions, what is done then.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Span
from ergos.compile.words.atoms import Atom
from ergos.compile.words.draft import Draft
from ergos.compile.words.events import EVENT, kind_of
from ergos.compile.words.speech import BE_DONE, DESTINED
from ergos.compile.words.triggers import read_trigger
from ergos.compile.words.verbs import english_at, han_verbs
from ergos.compile.words.watching import FOLDER_NAMED, WATCH

_NEW_IN: Final = re.compile(
    r"(?:\b(?:every|each|any|for (?:each|every|any)|all|the|a|tag|translate|classify|summari[sz]e"
    r"|post|log)?\s*(?:every |each |any )?new\b|\bevery\b[^,;]{1,40}\bthat (?:appears?|arrives?|lands"
    r"|comes|shows)|\bevery (?:message|mail|e-?mail|post)\b|\beach (?:message|mail)\b)|新(?:的|来的?"
    r"|到的?|增的?)?\s*[\u4e00-\u9fffA-Za-z]*|每条消息|每封(?:新)?邮件",
    re.IGNORECASE,
)

ONCE: Final = (
    r"(?<![\u4e00-\u9fff]第)一(?:到|来|更新|变|改动|改|有变|动|出|进|新增|上线|发布|出现|落地|放票"
    r"|失败|挂|结束|完成|跑完|收到|上新|开)"
)
_SUFFERED: Final = re.compile(
    rf"被(?:修改|删除|更新|改|移动|替换|覆盖|动)|每(?:变|改|动|来|加|新增|多|有|放|进|收|出现)|来了?新|{ONCE}"
    rf"|有(?:新|更新|变化|变动|改动)|出了?新|又(?:更新|变|有)"
)
_THEN: Final = re.compile(r"[，,]\s*(?:就|则|便|马上|立即)")

_NEW_MAIL: Final = re.compile(
    r"\b(?:each|every|any|all)\s+(?:new|incoming)\s+(?:e-?mails?|mails?)\b|每封(?:新|收到的|新收到的)?邮件",
    re.IGNORECASE,
)

_MAIL_COMES: Final = re.compile(
    r"(?:any|some)(?:one|body) (?:writes?|mails?|e-?mails?) (?:to )?(?:us|me|in)\b|(?:an? |the |new "
    r"|any )*(?:e-?mails?|mail|messages?)\s+(?:arriv\w+|comes?|from)\b|新?邮件(?:来自|到)",
    re.IGNORECASE,
)


def read_implied(draft: Draft, begin: int, end: int) -> int:
    """Read an event that a clause begins with, or names in passing; where the rest begins."""
    text = draft.copy.text
    if draft.scheduled:
        return begin
    mail = _NEW_MAIL.search(text, begin, end)
    if mail is not None and read_trigger(draft, *mail.span(), sure=True):
        draft.copy.put("taken", *mail.span())
        return begin
    if WATCH.match(text, begin, end):
        return begin
    brought = _BROUGHT.search(text, begin, end)
    if brought is not None and read_trigger(draft, *brought.span(), sure=True):
        draft.copy.put("taken", *brought.span())
        return begin
    if english_at(text, begin, end, opening=True) is None:
        stop = _stated(draft, begin, end)
        if stop is not None:
            return stop
    if _MAIL_COMES.match(text, begin, end) or _at_an_address(draft, begin, end):
        return end if read_trigger(draft, begin, end, sure=True) else begin
    new = _NEW_IN.search(text, begin, end)
    return begin if new is None and not draft.watched else _of_new(draft, begin, end, new)


def _stated(draft: Draft, begin: int, end: int) -> int | None:
    """Read an event that is stated; where the rest begins, None where none is."""
    text = draft.copy.text
    if _named_agent(draft, begin, end) and _agent_ends(draft, begin, end):
        return end
    each = _FROM_EACH.match(text, begin, end) is not None
    destined = DESTINED.search(text, begin + 3, end)
    if destined is not None:
        happens = each or EVENT.search(text, begin, destined.start()) is not None
        return destined.start() if happens and read_trigger(draft, begin, destined.start(), sure=True) else begin
    if each and EVENT.search(text, begin, end) and next(draft.copy.within(begin, end, "path", "url"), None):
        return end if read_trigger(draft, begin, end, sure=True) else begin
    if (
        _TOPIC.search(text, begin, end)
        and text[end : end + 2].lstrip()[:1] in {":", "："}
        and next(draft.copy.within(begin, end, "path", "quote"), None) is not None
        and read_trigger(draft, begin, end, sure=True)
    ):
        return end
    if _heads(draft, begin, end):
        return end
    if _STATED.search(text, begin, end) is not None:
        return end if read_trigger(draft, begin, end, sure=True) else begin
    return None


def _at_an_address(draft: Draft, begin: int, end: int) -> bool:
    """Whether something happens at an address: ./发票 里每来一张, "grades.csv got changed?"."""
    text = draft.copy.text
    if next(draft.copy.within(begin, end, "path", "url", "mail"), None) is None or not EVENT.search(text, begin, end):
        return False
    return bool(
        _SUFFERED.search(text, begin, end)
        or _THEN.match(text, end)
        or (
            text[end : end + 3].lstrip()[:1] in {"：", ":", "?", "？"}
            and not han_verbs(text, begin, end)
            and english_at(text, begin, end, opening=True) is None
        )
    )


def _of_new(draft: Draft, begin: int, end: int, new: re.Match[str] | None) -> int:
    """Read what is new, or happens where something is watched."""
    text = draft.copy.text
    does = bool(
        english_at(text, begin, end, opening=True) or han_verbs(text, begin, end) or BE_DONE.search(text, begin, end)
    )
    if not does and (new or EVENT.search(text, begin, end)):
        return end if read_trigger(draft, begin, end, sure=True) else begin
    if new is None or not does:
        return begin
    address = next(draft.copy.within(begin, end, "path", "url"), None) or FOLDER_NAMED.search(text, begin, end)
    if address is not None and (kind_of(text, begin, end) or _THINGS.search(text, begin, end)):
        low, high = _new_span(draft, begin, end, new)
        if read_trigger(draft, low, high, sure=True) and isinstance(address, Atom):
            draft.copy.put("taken", address.start, address.end)
    return begin


_THINGS: Final = re.compile(
    r"topic|queue|主题|队列|files?\b|document|文件|feed|文章|article|post\b|entr|照片|帖子", re.IGNORECASE
)
_FROM_EACH: Final = re.compile(
    r"(?:from|of|in|for|out of|with) (?:(?:each|every|any|all)\b|(?:new |incoming )?(?:e-?mails?|messages?"
    r"|letters?|post) (?:from|by|about)\b)",
    re.IGNORECASE,
)
_ANYTHING_NEW: Final = re.compile(
    r"\s*[:：]\s*(?:[^.;。；\n]{0,40}?(?:\bnew\b|\bthere\b|\barriv|\bappear|\bwhatever|\bwhenever|\bchang|新"
    r"|一有|来了|变))",
    re.IGNORECASE,
)


def _heads(draft: Draft, begin: int, end: int) -> bool:
    """As in "contracts/*.docx: anything new there …": the place that is watched stands before a colon."""
    text = draft.copy.text
    atom = next(draft.copy.within(begin, end, "path", "url"), None)
    if atom is None or (atom.start, atom.end) != (begin, end) or not _ANYTHING_NEW.match(text, end):
        return False
    draft.watched, draft.watched_span = atom, (begin, end)
    return True


_BROUGHT: Final = re.compile(
    r"(?:[\u4e00-\u9fff]{0,6}(?:邮件|来信))?\s*\ue003+\s*(?:(?:发来|寄来|写来"
    r"|来)的\s*(?:[\u4e00-\u9fff]{0,4}(?:邮件|来信|信))?"
    r"|的(?:来信|来函|邮件|信))|\ue002+\s*(?:上)?(?:新?出来|新?发布|新?发出|新?刊出|新出)的"
)
"""What comes from somewhere: （a@b.example 发来的）."""


_STATED: Final = re.compile(
    r"(?<=[a-z\ue001-\ue008]) (?:lands?|arrives?|comes? in|shows? up|appears?|turns? up|(?:is|are|gets?"
    r"|get) (?:dropped|uploaded|saved|put|placed"
    r"|scanned|delivered|added))\s+(?:in|into|to|at|on|under)\s+(?:the |my |our )?(?:folder "
    r"|directory )?(?=[\ue002\ue004])",
    re.IGNORECASE,
)
"""As in "Guests' comments land in ./feedback": what is said to happen again and again wakes the agent."""


def _named_agent(draft: Draft, begin: int, end: int) -> bool:
    prose = draft.copy.prose[begin:end]
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", prose) for name in draft.circumstances.agents)


def _agent_ends(draft: Draft, begin: int, end: int) -> bool:
    """As in "payroll done?", "nightly-backup failed:": an agent, and how it ended."""
    text = draft.copy.text
    ended = re.search(
        r"\b(?:failed|crashed|died|broke|done|finished|completed|is through)(?: again| once more)?\s*\Z|(?:失败|挂"
        r"|跑完|完成|结束|出错)了?\s*\Z",
        text[begin:end],
        re.IGNORECASE,
    )
    quiet = english_at(text, begin, end, opening=True) is None and not han_verbs(text, begin, end)
    return ended is not None and quiet and read_trigger(draft, begin, end, sure=True)


_TOPIC: Final = re.compile(r"\b(?:topic|queue)\b|主题|队列", re.IGNORECASE)


def _new_span(draft: Draft, begin: int, end: int, new: re.Match[str]) -> Span:
    """The new thing and the first address behind or before it."""
    after = next(draft.copy.within(new.start(), end, "path", "url"), None)
    topic = _TOPIC.search(draft.copy.text, begin, new.start())
    if topic is not None and next(draft.copy.within(topic.end(), new.start(), "path", "quote"), None) is not None:
        return topic.start(), new.end()
    if after is not None:
        return new.start(), after.end
    return begin, new.end()
