"""A verb with what stands around it: what it is done to, where the result goes, what is named in a list.

Rules: pure; the words of the owner are kept as names of fields, small and without articles. Must not know: triggers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from ergos.compile.intent import Span
from ergos.compile.words.atoms import ANY, HAN, Atom
from ergos.compile.words.draft import Draft
from ergos.compile.words.verbs import VerbAt

FIELDS_MAX: Final = 40  # fields of one extraction
PENDING_CHARS_MAX: Final = 120  # characters between a list and the words that say where it goes
FIELD_CHARS_MAX: Final = 40  # characters of the name of a field

_TO: Final = re.compile(
    r"(?:\b(?:to|into|onto|under|as|inside|towards|in file|in a file called|named|called"
    r"|with)\s+(?:it\s+)?(?:the |my |our |a |an |this )?(?:\w+ )?(?:file |folder |directory |table "
    r"|channel |sheet |spreadsheet |log |hook |webhook |page )?(?:called |named |at )?"
    r"|(?:到|至|进|入|为|成|给|往|向|叫|在)\s*(?:文件夹?|表格?|目录|频道|群|台账|名为|叫做|企业微信"
    r"|钉钉|飞书|slack|邮箱)*\s*)\Z",
    re.IGNORECASE,
)
_IN: Final = re.compile(r"(?:\b(?:in|on|at|to)\s+(?:the |my |our )?(?:file |folder |channel )?)\Z", re.IGNORECASE)
_AND: Final = re.compile(r"\s*(?:,|，|、|\band\b|和|与|及|以及|or)\s*(?:to\s+|给)?\s*\Z", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"(?<![\w/&])#[\w\u4e00-\u9fff][\w\u4e00-\u9fff-]{0,60}|(?<![\w+])\+\d[\d ]{6,18}\d")
_LIST: Final = re.compile(
    r"\s*(?:,|，|、|;|；|/|\band\b|\bas well as\b|\bplus\b|以及|和(?!平|谐|解)|与|及|跟|还有|并(?=[^\s]))\s*",
    re.IGNORECASE,
)
_ARTICLES: Final = re.compile(
    r"^(?:(?:the|a|an|all|any|each|every|its|their|his|her|my|our|also|following|(?:fields?|columns?"
    r"|values?)(?=\s*[:\w])"
    r"|named|called|names? of|of|both|just|only|me|for|out|then|these|those|new|from it|it"
    r"|them)\b\s*|[:：\-\s]|每[个条篇份张封]\s*(?:[A-Za-z]+|文件|文章|发票|邮件|文档)?\s*的?|其中的?"
    r"|里面?的|中的|上的|所有的?|全部的?|出|各|它的|该|下列|以下|字段|信息|的|一下|一次|：|里|中)+",
    re.IGNORECASE,
)
_FIELD_END: Final = re.compile(
    r"(?:\s+(?:from|in|into|out of|of each|for each|to|per|on|at|under|that|which|with|as|if|when|by"
    r"|using|please|of (?:the|each|every|all|every)|out|mentioned|found|too)\b.*|(?:等|这些|几个|四个"
    r"|三个|两个|五个)?(?:信息|字段|内容|几项|几个字段|等等|等)?$|(?:出来|下来|一下).*|\s*(?:告诉"
    r"|给我|发给|发到|发送).*$|\s+(?:for|in|of|at|on|per|by|from)$)",
    re.IGNORECASE | re.DOTALL,
)
_PRONOUN: Final = re.compile(
    r"(?:it|them|this|that|these|those|everything|result|results|the results?|one|ones|each one|all"
    r"|output|差异|结果|它们?|内容|全部|the rest|summary|a line|line|row|a row|entry|an entry|one "
    r"line|data|something)",
    re.IGNORECASE,
)
_HAN_TO: Final = re.compile(rf"(?:到|至|进|入|存为|存成)\s*(?:表格?|文件|台账)?\s*{ANY}")
_HAN_OF: Final = re.compile(
    rf"^.*(?:{ANY}|里面?|中|上|下|内|当中)\s*的?(?=\S)|^(?:请|把|将|从|对(?!方)|用)+", re.DOTALL
)


@dataclass
class Phrase:
    """One verb and its surroundings."""

    head: VerbAt
    before: Span
    """From the beginning of its clause, or the verb before, to it."""
    after: Span
    """From it to the next verb, or the end of its clause."""
    targets: list[str] = field(default_factory=list[str])
    sources: list[Atom] = field(default_factory=list[Atom])
    passive: bool = False
    """What it is done to stands before it."""

    @property
    def span(self) -> Span:
        """All of it."""
        return min(self.before[0], self.head.start), self.after[1]


_TAKES_IN: Final = frozenset(
    {
        "put",
        "save",
        "store",
        "file",
        "file away",
        "keep",
        "keep a copy",
        "record",
        "log",
        "write",
        "post",
        "publish",
        "share",
        "announce",
        "document",
        "note",
        "archive",
        "enter",
        "add",
        "download",
        "append",
        "export",
        "put a line",
        "put a row",
        "put an entry",
        "put one line",
        "keep a log of",
        "keep a record of",
        "keep a running log of",
        "keep a running list of",
        "keep a list of",
        "keep a tally of",
        "keep track of",
        "make a note of",
        "make an entry",
        "add an entry",
        "tack",
        "collect",
        "jot down",
        "write down",
        "write out",
        "tack on",
        "add a line",
        "add a row",
        "dump",
    }
)


def bind(draft: Draft, phrase: Phrase) -> None:
    """Tell where things go from what is read, among the addresses around a verb."""
    text = draft.copy.text
    low = phrase.after[0]
    previous = False
    for atom in draft.copy.within(*phrase.before, "url", "path", "mail"):
        given = re.search(
            r"(?:往|到|至)\s*\Z|在\s*\Z" if phrase.head.verb in {"append", "write"} else r"(?:往|到|至)\s*\Z",
            text[max(phrase.before[0], atom.start - 6) : atom.start],
            re.IGNORECASE,
        )
        _ = phrase.targets.append(atom.text) if given or atom.kind == "mail" else phrase.sources.append(atom)
    first = True
    for atom in draft.copy.within(*phrase.after, "url", "path", "mail"):
        gap = text[low : atom.start]
        whole = text[phrase.head.start : atom.start]
        to = bool(_TO.search(whole)) or (
            phrase.head.form in _TAKES_IN
            and bool(_IN.search(whole))
            and not (atom.kind == "url" and phrase.head.verb in {"append", "write"})
        )
        to = to or (
            first
            and phrase.head.han
            and phrase.head.form[-1:] in "到给至入进为成在往"
            and not gap.strip(" 文件夹表目录的我")
        )
        to = to or (previous and bool(_AND.fullmatch(gap))) or atom.kind == "mail"
        if (
            to
            and re.search(r"\bcompared? .* (?:with|to)\s*\Z|\bwith\s+(?:the )?\Z", whole, re.IGNORECASE)
            and phrase.head.verb in {"compare", "read", "compute", "filter", "extract"}
        ):
            to = False
        if to and phrase.head.verb in {"read", "compare"} and atom.kind != "mail" and not re.search(r"\binto\b", whole):
            to = False
        _ = phrase.targets.append(atom.text) if to else phrase.sources.append(atom)
        previous, low, first = to, atom.end, False
    for match in _CHANNEL.finditer(draft.copy.prose, *phrase.span):
        phrase.targets.append(match[0])


def listed(draft: Draft, start: int, end: int, *, han: bool) -> tuple[str, ...]:
    """The names of a list: 'supplier, number and total'; () where none is one."""
    said = draft.copy.text[start:end]
    if han:
        said = _HAN_TO.split(said, maxsplit=1)[0]
        said = _HAN_OF.sub("", said)
    said = re.sub(rf"{ANY}+", " ", said)
    said = re.sub(
        r"^\s*(?:the )?(?:following )?(?:fields?|columns?|details?|data|information)?\s*:",
        "",
        said,
        flags=re.IGNORECASE,
    )
    if not han:
        cut = re.search(
            r"\s(?:from|into|out of|to|in|for each|of each|per|as|using|if|when|under|on)\s*(?=$|\s)(?!.*,)",
            said,
            re.IGNORECASE,
        )
        said = said[: cut.start()] if cut else said
    found: list[str] = []
    for part in _LIST.split(said):
        name = _ARTICLES.sub("", part.strip())
        name = _FIELD_END.sub("", name).strip(" .:：的'\"")
        name = " ".join(name.lower().split())
        if (
            name
            and len(name) <= FIELD_CHARS_MAX
            and not _PRONOUN.fullmatch(name)
            and name not in found
            and re.search(r"\w", name)
        ):
            found.append(name)
    return _shared_head(found) if not han else tuple(found[:FIELDS_MAX])


def pending(draft: Draft, at: int) -> tuple[str, ...]:
    """Names of a list that nothing understood and that stands just before: they are what is to be found."""
    if not draft.unread or not 0 <= at - draft.unread[-1][1] < PENDING_CHARS_MAX:
        return ()
    span = draft.unread[-1]
    names = listed(draft, *span, han=bool(HAN.search(draft.copy.text, *span)))
    if len(names) < 2 or any(len(one) > 24 or len(one.split()) > 4 for one in names):
        return ()
    draft.unread.pop()
    draft.diagnostics = [one for one in draft.diagnostics if one.code != "C201" or one.spans != (span,)]
    return names


def _shared_head(found: list[str]) -> tuple[str, ...]:
    """'usd and gbp rates': both are rates."""
    if len(found) == 2 and " " not in found[0]:
        first, _, head = found[1].partition(" ")
        if _HEADS.fullmatch(head) and first:
            return f"{found[0]} {head}", found[1]
    return tuple(found[:FIELDS_MAX])


_HEADS: Final = re.compile(
    r"(?:rates|prices|names|dates|totals|amounts|values|codes|addresses|figures|readings|levels|scores|counts"
    r"|times|ids|numbers"
    r"|temperatures|quantities|balances)"
)


def object_of(draft: Draft, phrase: Phrase) -> str:
    """What it is done to, as it was said."""
    said = draft.copy.said(*phrase.after)
    if phrase.head.han and not said:
        said = draft.copy.said(*phrase.before)
    return said[:200]
