"""The copy, made plainer before it is read: what the grammar of times may see, names of zones, words in brackets.

Every rewriting keeps the length of the text, so that a place in it stays the same place in the prose.

Rules: pure, linear; nothing that was set apart changes, but a name of a time zone, which looks like a path. Must not
know: clauses, verbs.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.circumstances import Circumstances
from ergos.compile.words.atoms import MARKS, Copy
from ergos.drivers.schedule.zones import zone_misfit

_TAKEN: Final = MARKS["taken"]
_EVENTS: Final = re.compile(
    r"\b(?:each|every|any) time\b(?! zone)|\b(?:\d+|two|three|four|five|six|ten) times (?:in a row"
    r"|running|straight|consecutively)|\btwice in a row\b|\bafter the first (?:failure|error|crash"
    r"|problem)\b|(?<=fails )(?:\w+ times|twice|once)\b"
    r"|(?<=failed )(?:\w+ times|twice)\b|连续[^，。；]{1,3}次",
    re.IGNORECASE,
)
_VERB_BEHIND: Final = re.compile(
    r"(?<=[\d:apm] )(?:e-?mail|mail|text|message)(?= )(?! (?:arrives|comes"
    r"|from)\b)",
    re.IGNORECASE,
)
"""'at 9 email bob': a verb behind an hour, no count of things."""
_ZONE: Final = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[A-Za-z_+-]{2,30}"
    r"(?:/[A-Za-z_]{2,30})?[\w+-]{0,3}"
)
_DAY_PARTS: Final = re.compile(
    r"\b(?P<day>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day) (?P<part>morning|afternoon|evening|night)s\b", re.IGNORECASE
)
_EVERY_ZH: Final = re.compile(r"每[逢到](?=月[底末初]|周[一二三四五六日天]|星期|礼拜|月|个月)")
_OPENED: Final = re.compile(
    r"[(（]\s{0,2}(?P<said>(?:(?:from|sent by|by|via|from each|in|under|at|来自|发自|发件人是?|发件人为|在|位于"
    r"|见|即)\s{0,2})?"
    r"(?:the |each |every |any |all )?[\ue001-\ue004]+(?:(?:\s{0,2}(?:,|，|、|and|和|或"
    r"|or)\s{0,2})[\ue001-\ue004]+){0,9}"
    r"(?:\s{0,2}(?:里的?|中的?|上的?|下|发来的?|寄来的?|发的))?)\s{0,2}[)）]",
    re.IGNORECASE,
)


_LISTED: Final = re.compile(
    r"\b(?P<head>(?:values?|fields?|columns?|figures|data|details|information|numbers)|(?:以下|下列"
    r"|这些)?(?:字段|信息|数据"
    r"|几项|内容))\s?[(（]"
    r"(?P<list>[A-Za-z_\u4e00-\u9fff -]{1,30}(?:\s?[,，、]\s?[A-Za-z_\u4e00-\u9fff -]{1,30}){1,15})[)）]",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(r"(?P<word>\b(?:subject(?: line)?|title)|主题|标题)\s?[:：](?=\s?\ue001)", re.IGNORECASE)


def plainer(copy: Copy) -> None:
    """Give names of zones back, and open brackets in which addresses alone stand."""
    for atom in list(copy.atoms.values()):
        if atom.kind == "path" and _ZONE.fullmatch(atom.text) and not zone_misfit(atom.text):
            copy.text = copy.text[: atom.start] + atom.text + copy.text[atom.end :]
            del copy.atoms[atom.start]
    copy.text = _LISTED.sub(
        lambda match: " " * (len(match[0]) - len(match["list"]) - 1) + match["list"] + " ", copy.text
    )
    copy.text = copy.text.replace(" — ", " - ")
    copy.text = _SUBJECT.sub(lambda match: match[0][:-1] + " ", copy.text)
    copy.text = _DAY_PARTS.sub(lambda match: f"{match['day']}s {match['part']}", copy.text)
    copy.text = _EVERY_ZH.sub("每个", copy.text)
    copy.text = _OPENED.sub(lambda match: " " + match[0][1:-1] + " ", copy.text)


def for_times(text: str, prose: str, circumstances: Circumstances) -> str:
    """The copy without what only looks like a time: names of agents ('nightly-backup'), "each time", "at 9 email …"."""
    for name in sorted(circumstances.agents, key=len, reverse=True):
        if name in prose:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _TAKEN * len(name), text)
    text = _VERB_BEHIND.sub(lambda match: _TAKEN * len(match[0]), text)
    return _EVENTS.sub(lambda match: _TAKEN * len(match[0]), text)
