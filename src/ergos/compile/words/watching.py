"""Files, feeds and pages that wake an agent, and addresses that are only said to be watched.

Rules: pure; a path is taken as it was written, without './'; what is missing is asked for. Must not know: actions.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Span
from ergos.compile.words.atoms import ANY, Atom
from ergos.compile.words.draft import Draft
from ergos.compile.words.events import CHANGED, CREATED, events_of, files_of, kind_of, words_of
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Page

WATCH: Final = re.compile(
    rf"(?:watch(?:es)?(?: out for| over)?|monitors?|keep (?:an eye|watch|tabs) on|observe|look out for"
    rf"|subscribe to|follow|track|stay on top of|listen (?:to|on|for)|wait for)\b|(?:监视|监控|监听"
    rf"|监测|盯着|盯住|盯|关注|留意|订阅|跟踪|追踪|观察)(?:着|好|住)?(?!\s*{ANY}*\s*的?(?:人|度))",
    re.IGNORECASE,
)
FILE_NOUN: Final = re.compile(
    r"\b(?:files?|folder|directory|documents?|attachments?|scans?|invoices?|receipts?|uploads?)\b"
    r"|文件夹?|目录|文档|发票|收据|账单|合同",
    re.IGNORECASE,
)

FOLDER_NAMED: Final = re.compile(
    r"(?:folder|directory)\s+(?:called |named )?(?P<after>[A-Za-z][\w-]*)|(?:in|into|to|inside|under"
    r"|from)\s+(?:the |my |our )?(?P<before>[A-Za-z][\w-]*)\s+(?:folder|directory)\b"
    r"|(?:(?:created|appears?|lands?|arrives?|dropped|saved|added|put|changes?|deleted|shows up) "
    r"(?:in|into|to))\s+(?P<bare>[a-z][\w-]*)(?=\s|$)"
    r"|(?P<han>[\w\u4e00-\u9fff]{1,20}?)\s*(?:文件夹|目录)",
    re.IGNORECASE,
)

_FEED: Final = re.compile(
    r"\b(?:feeds?|rss|atom|posts?|entr(?:y|ies)|articles?|episodes?|papers?|podcasts?|blog|headlines?"
    r"|stor(?:y|ies))\b|订阅|源|新文章|文章|帖子|博文|新闻|条目|推送|一期|节目|论文",
    re.IGNORECASE,
)

_FEED_URL: Final = re.compile(
    r"(?:\brss|\batom|feeds?)(?:\b|[./?]|$)|\.(?:rss|atom|xml)(?:$|[?#])|/(?:rss|atom|feed)", re.IGNORECASE
)

_FEED_WORD: Final = re.compile(r"\b(?:feeds?|rss|atom)\b|订阅|订阅源", re.IGNORECASE)

_PAGE_SAYS: Final = re.compile(
    r"\b(?:says?|shows?|contains?|displays?|reads|mentions?|appears?|has the (?:text|words?))\b|出现"
    r"|显示|写着|包含|含有|有",
    re.IGNORECASE,
)


def read_web(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    """A feed, or a page."""
    text = draft.copy.text
    clause = text[start:end]
    own = next(draft.copy.within(start, end, "url"), None)
    atom = own
    if atom is None and next(draft.copy.within(start, end, "path"), None) is None:
        last = draft.watched or draft.last_address
        atom = (
            last if last is not None and last.kind == "url" and (draft.watched or _PAGE_SAYS.search(clause)) else None
        )
        if atom is not None and draft.watched is None and not next(draft.copy.within(start, end, "quote"), None):
            atom = None
    if not sure and draft.scheduled:
        return []
    if atom is None or (not sure and not (own or next(draft.copy.within(start, end, "quote"), None))):
        return []
    words = words_of(draft, start, end)
    quoted = next(draft.copy.within(start, end, "quote"), None)
    feed = bool(_FEED_WORD.search(clause)) or bool(_FEED_URL.search(atom.text)) or draft.watched_kind == "feed"
    feed = feed or bool(_FEED.search(clause) and CREATED.search(clause) and not CHANGED.search(clause) and not quoted)
    if draft.watched is atom:
        draft.watched = None
    if feed and (
        not quoted or draft.watched_kind == "feed" or _FEED_WORD.search(clause) or _FEED_URL.search(atom.text)
    ):
        return [Feed(name="", url=atom.text, words=words)]
    contains = quoted.text if quoted and _PAGE_SAYS.search(clause) else ""
    return [Page(name="", url=atom.text, contains=contains, words=words)]


def read_files(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    """Files of a folder, or one file."""
    text = draft.copy.text
    clause = text[start:end]
    kind = kind_of(text, start, end)
    events = events_of(clause)
    paths = list(draft.copy.within(start, end, "path"))
    glob = next((one.text for one in paths if re.fullmatch(r"\*?\.[A-Za-z0-9]+|\*[^/]*", one.text)), "")
    path = next((one for one in paths if one.text != glob), None)
    quoted = next(draft.copy.within(start, end, "quote"), None)
    named = FOLDER_NAMED.search(text, start, end)
    if path is None and draft.watched is not None and draft.watched.kind != "url":
        path, draft.watched = draft.watched, None
    folder = path.text if path else ""
    if not folder and named:
        folder = next((found for found in named.groups() if found), "")
        folder = (
            ""
            if folder.lower() in {"the", "a", "this", "that", "my", "new", "it", "which", "called", "named", "inbox"}
            or re.search(r"[当个的新每有]", folder)
            else folder
        )
    if not folder and quoted and FILE_NOUN.search(clause):
        folder = quoted.text
    if not folder and re.search(r"\b(?:the|this|that) file\b|该文件|这个文件", clause, re.IGNORECASE):
        last = draft.last_address
        folder = last.text if last is not None and last.kind == "path" else ""
    if not events and not sure:
        return []
    last = draft.triggers[-1].value if draft.triggers else None
    if (
        not folder
        and isinstance(last, Files)
        and events
        and re.search(r"\b(?:one|it|they|any|file)\b|文件", clause, re.IGNORECASE)
    ):
        return [
            Files(
                name="",
                folder=last.folder,
                pattern=kind or last.pattern,
                events=(event,),
                words=words_of(draft, start, end),
            )
            for event in events
        ]
    if not folder:
        if (kind or glob or re.search(r"\b(?:files?|documents?)\b|文件", clause, re.IGNORECASE)) and (events or sure):
            draft.say("C215", (start, end))
        return []
    return files_of(folder, glob or kind, events or ("created",), words_of(draft, start, end))


def watch(draft: Draft, atom: Atom, span: Span) -> None:
    """Make a trigger of an address that is watched and of which nothing else was said."""
    words = words_of(draft, *span)
    if atom.kind == "url":
        feed = draft.watched_kind == "feed" or bool(_FEED_URL.search(atom.text))
        draft.trigger(
            Feed(name="", url=atom.text, words=words) if feed else Page(name="", url=atom.text, words=words), span
        )
    else:
        kind = kind_of(draft.copy.text, *span)
        for one in files_of(atom.text, kind, events_of(draft.copy.text[span[0] : span[1]]) or ("created",), words):
            draft.trigger(one, span)
