"""Where things are to end up, said without a command: "X should be in German in Y", "net, VAT → books.csv", "to #ops".

A destination decides what is done: an address of mail is sent to, a channel posted to, a table appended to, another
file written. Names that are listed before a table are fields that are to be extracted.

Rules: pure; only a wish is one: a plain statement of where something is kept, or comes from, moves nothing. Must not
know: triggers, consent.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Action, Found, Span
from ergos.compile.words.actions import act
from ergos.compile.words.adding import has_worked
from ergos.compile.words.atoms import HAN, Atom
from ergos.compile.words.draft import Draft
from ergos.compile.words.output import read_output
from ergos.compile.words.phrases import Phrase, listed, pending
from ergos.compile.words.verbs import VerbAt, any_english
from ergos.kernel.triggers import Files

_PLACE: Final = (
    r"(?:to|into|onto|in|under|as|at|for)\s+(?:the |my |our |a |an |it )?(?:(?:\w+ ){0,2}(?:file|folder|sheet"
    r"|table|channel"
    r"|address|log|ledger|people|team|list)\s+(?:called |named )?)?"
)
_WISHED: Final = r"(?:should|must|shall|has to|have to|needs? to|ought to|is to|are to|will|can|may|gets? to|to)"
_GOES: Final = re.compile(
    rf"(?:\b{_WISHED}\s+(?:all |also |always |then |in turn )?(?:end up|go|come|land|wind up|arrive|live|appear"
    rf"|sit|be(?! \w{(2,)}(?:ed|nt|ept|ut|en|wn)\b))\b"
    r"|\b(?:goes|belongs?)\b(?= (?:\w+ ){0,4}?(?:to|into|in|under|onto)\b))"
    rf"[^,;]{{0,40}}?\s(?={_PLACE}[\ue001-\ue004\ue007#])|(?<=\w )go(?= (?:in|into|to|under"
    rf"|onto) )\s(?={_PLACE}[\ue001-\ue004\ue007#])",
    re.IGNORECASE,
)
_WANTED: Final = re.compile(
    r"\b(?:collected|gathered|stored|saved|kept|put|written|filed|noted|recorded|logged|added|copied|entered|sent"
    rf"|delivered|posted|forwarded|mailed|e-?mailed)\s+(?={_PLACE}[\ue001-\ue004\ue007#])",
    re.IGNORECASE,
)
_WISH: Final = re.compile(
    r"\W*(?:please |and |but )*(?:i|we)(?:'d| would)? (?:want|need|like|love|wish|expect|prefer)\b",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    rf"\W*(?:and |then |also |please |everything |it |all |that |result |results "
    rf"|the )*(?={_PLACE}[\ue001-\ue004\ue007#])",
    re.IGNORECASE,
)
_HAN_HEAD: Final = re.compile(
    r"\W*(?:都|一律|结果|内容|全部|最后|统一|再)*(?P<how>放在|放到|放进|放入|放|存在|存|进|入|归到|归入|落到"
    r"|落在|收到|给到|给|到|发)\s*(?=[\ue003\ue004\ue007#]++(?!\s*[的里中]))"
)
_FOR_WHOM: Final = re.compile(
    r"\b(?:for|to) (?:the |my |our |an? )?[\w ]{1,30}[:(]\s*\Z|(?:给|发给|报给|送)[\u4e00-\u9fff]{1,10}[:：（(]\s*\Z",
    re.IGNORECASE,
)
_RECEIVES: Final = re.compile(
    r"\ue003[^,;.\ue001-\ue008]{0,12}?\s*\b(?P<does>(?:(?:should|must|shall|ought to|has to|have to|needs? to"
    r"|is to|are to|wants? to)\s+(?:also )?"
    r"(?:get|receive|have|see|know|be (?:sent|told|informed|notified))|gets|receives)\b)",
    re.IGNORECASE,
)
"""As in "the board (board@x.org) should get the totals"."""
_COLUMNS: Final = re.compile(
    r"\W*(?:the |these are the |as )?(?:columns?|fields?|rows?|lines?)\s+(?=(?:of|in|for)\s+(?:the )?[\ue004])",
    re.IGNORECASE,
)
_HAN_GOES: Final = re.compile(
    r"(?P<names>[^，。；\n]{2,120}?)(?:都|一律|全部|统统|全)?(?:要|得|应该|应当|应|必须)?(?P<how>进到|进入|进"
    r"|放进|放入|放在|放到|放|归到|归入|落到|录到"
    r"|存到|存)\s*(?=\ue004)"
)
_ARROW: Final = re.compile(r"(?:→|⇒|-+>|=+>|>>)\s*\Z")
_LOG: Final = re.compile(r"\.(?:csv|tsv|xlsx?|ods|log)$", re.IGNORECASE)
_LISTED_INTO: Final = re.compile(rf"(?P<names>[^\ue001-\ue008.;]{{3,200}}?)\s(?={_PLACE}[\ue004])", re.IGNORECASE)
_WITH: Final = re.compile(
    r"[\ue004]\s*(?:with|including|together with|holding|listing|:)\s+(?P<names>[^.;]{3,300})", re.IGNORECASE
)
_VERSION: Final = re.compile(
    r"\b(?:put|turned|translated|rendered|converted) into\b|\b(?:versions?|translations?|editions?"
    r"|renderings?)\b|[日英中德法韩俄汉]文版?|[日英中德法韩俄汉]译(?:本|文|稿)|译本|译文|西班牙文版?"
)
_HAN_VERSION: Final = re.compile(r"[日英中德法韩俄]文?(?:版本?|译本|译文|译稿)")
_HAN_LANGUAGES: Final = {"日": "ja", "英": "en", "中": "zh", "德": "de", "法": "fr", "韩": "ko", "俄": "ru"}
_HAN_FORMS: Final = {"add": "加到", "save": "放到", "send": "发给", "share": "贴到"}
_SHORT_TO: Final = re.compile(r"(?:[A-Za-z']+ ){1,4}(?=to (?:the |my |our )?[\ue003\ue007])")
_OF_EACH: Final = re.compile(
    r"\b(?:it|them|everything|all|each|these|those|result|results|the rest|this"
    r"|that)\b",
    re.IGNORECASE,
)
_CHOSEN: Final = re.compile(r"\b(?:about|concerning|mentioning|regarding|related to|to do with)\b", re.IGNORECASE)


def follows_arrow(text: str, start: int) -> bool:
    """Whether an arrow stands before a place."""
    return _ARROW.search(text, max(0, start - 6), start) is not None


def read_destination(draft: Draft, start: int, begin: int, end: int) -> bool:
    """Read a clause that only says where something goes; `start`: with the words that lead to it."""
    text = draft.copy.text
    arrow = follows_arrow(text, start) or follows_arrow(text, begin)
    first = next(draft.copy.within(begin, end, "path", "mail", "url"), None)
    if arrow and (
        draft.copy.prose[begin : begin + 1] == "#"
        or (first is not None and not text[begin : first.start].strip(" 到入进至to"))
    ):
        return _goes(draft, (begin, begin), begin, end)
    if (
        first is not None
        and first.kind == "mail"
        and first.start == begin
        and _FOR_WHOM.search(text, max(0, begin - 60), begin)
    ):
        return _goes(draft, (begin, begin), begin, end)
    receives = _RECEIVES.search(text, begin, end)
    if receives is not None:
        said = Phrase(
            VerbAt("send", "send", receives.start("does"), receives.end()),
            (begin, receives.start("does")),
            (receives.end(), end),
        )
        act(draft, said)
        return True
    columns = _COLUMNS.match(text, start, end)
    if columns is not None and draft.actions and draft.actions[-1].value.verb == "extract":
        return _goes(draft, (start, start), columns.end(), end)
    han = _HAN_GOES.match(text, begin, end)
    if han is not None:
        return _goes(draft, (begin, han.end("names")), han.end(), end, han=True)
    goes = _GOES.search(text, start, end)
    if goes is not None and (goes.start() > begin or text[goes.start() : goes.start() + 2].lower() != "go"):
        return _goes(draft, (begin, max(begin, goes.start())), goes.end(), end)
    wanted = _WANTED.search(text, begin, end)
    if wanted is not None and _WISH.match(text, start, end) and wanted.start() > begin:
        return _goes(draft, (begin, wanted.start()), wanted.end(), end)
    listed_into = _LISTED_INTO.match(text, begin, end)
    if (
        listed_into is not None
        and first is not None
        and _LOG.search(first.text)
        and _names_before(draft, (begin, listed_into.end("names")))
    ):
        return _goes(draft, (begin, listed_into.end("names")), listed_into.end("names"), end)
    short = _SHORT_TO.match(text, begin, end)
    if short is not None and any_english(text, begin, short.end()) is None:
        return _goes(draft, (begin, begin), short.end(), end)
    head = _HEAD.match(text, start, end) or _HAN_HEAD.match(text, start, end)
    if (
        head is not None
        and first is not None
        and (draft.actions or first.kind == "mail" or _is_version(draft) or _of_sources(draft, first))
    ):
        return _goes(draft, (start, head.start()), head.end(), end, han=head.re is _HAN_HEAD)
    if head is not None and first is None and "#" in draft.copy.prose[head.end() : head.end() + 24]:
        return _goes(draft, (start, head.start()), head.end(), end)
    return False


def _of_sources(draft: Draft, atom: Atom) -> bool:
    return bool(draft.sources) and atom.kind == "path" and re.search(r"\.\w{1,5}$", atom.text) is not None


def _is_version(draft: Draft) -> bool:
    return bool(draft.output.get("language"))


def _goes(draft: Draft, before: Span, place: int, end: int, *, han: bool = False) -> bool:
    """Do with it what its destination says."""
    text = draft.copy.text
    atom = next(draft.copy.within(place, end, "path", "mail", "url"), None)
    verb = _verb_for(atom, draft.copy.prose[place:end])
    if verb is None:
        return False
    names = _names_before(draft, before)
    behind = _WITH.search(text, place, end) if verb.verb == "append" else None
    stop = end
    if behind is not None:
        names = listed(draft, *behind.span("names"), han=bool(HAN.search(text, *behind.span("names")))) or names
        stop = behind.start("names")
    head = VerbAt(verb.verb, _HAN_FORMS[verb.form] if han else verb.form, place, place, han=han)
    languages = [one for one in read_output(text, before[0], end) if one[0] == "language"]
    version = _HAN_VERSION.search(text, *before)
    if version is not None and not languages:
        languages = [("language", _HAN_LANGUAGES[version[0][0]], version.span())]
    if (
        verb.verb == "write"
        and atom is not None
        and not re.search(r"\.\w{1,5}$", atom.text)
        and not draft.actions
        and any(isinstance(one.value, Files) for one in draft.triggers)
        and not languages
    ):
        verb = VerbAt("copy", "keep a copy", 0, 0)
        head = VerbAt("copy", "keep a copy", place, place)
    if languages and verb.verb in {"write", "append", "send", "post"} and not has_worked(draft):
        for name, value, span in languages:
            draft.put(span, **{name: value})
        act(draft, Phrase(VerbAt("translate", "translate", place, place), before, (place, place)))
    elif not draft.actions and not names and verb.verb != "copy" and draft.sources and before[0] >= before[1]:
        _work(draft, place)
    elif _CHOSEN.search(text, *before) and not names and not draft.actions:
        act(draft, Phrase(VerbAt("filter", "pick", before[0], before[0]), (before[0], before[0]), before))
    elif names and verb.verb == "append" and not any(one.value.verb == "extract" for one in draft.actions):
        span = (min(before[0], place), end)
        _extract(draft, names, span)
    act(draft, Phrase(head, before, (place, stop), passive=not names))
    return True


def _work(draft: Draft, place: int) -> None:
    """Of what was only named, what is to go somewhere: chosen, where the words choose, else summed up."""
    text = draft.copy.text
    low = max(0, place - 200)
    verb = (
        VerbAt("filter", "pick", place, place)
        if _CHOSEN.search(text, low, place)
        else VerbAt("summarise", "summarise", place, place)
    )
    act(draft, Phrase(verb, (place, place), (place, place)))


def _extract(draft: Draft, names: tuple[str, ...], span: Span) -> None:
    draft.actions.append(Found(Action(verb="extract", object=", ".join(names)[:200], fields=names), span))


def _names_before(draft: Draft, before: Span) -> tuple[str, ...]:
    """Names of a list before a destination, or of the words just before that nothing understood."""
    text = draft.copy.text
    if before[1] <= before[0]:
        return pending(draft, before[0])
    if _OF_EACH.fullmatch(text[before[0] : before[1]].strip()):
        return ()
    names = listed(draft, *before, han=bool(HAN.search(text, *before)))
    return names if len(names) >= 2 and all(len(one) <= 24 and len(one.split()) <= 4 for one in names) else ()


def _verb_for(atom: Atom | None, said: str) -> VerbAt | None:
    if "#" in said[:24] and (atom is None or atom.kind != "mail"):
        return VerbAt("post", "share", 0, 0)
    if atom is None:
        return None
    if atom.kind == "mail":
        return VerbAt("send", "send", 0, 0)
    if atom.kind == "url":
        return VerbAt("post", "share", 0, 0)
    return VerbAt("append", "add", 0, 0) if _LOG.search(atom.text) else VerbAt("write", "save", 0, 0)


def read_version(draft: Draft, begin: int, end: int) -> bool:
    """As in "a German version of news.md", 有个日文版: it is translated."""
    text = draft.copy.text
    said = _VERSION.search(text, begin, end)
    if said is None:
        return False
    languages = [one for one in read_output(text, begin, end) if one[0] == "language"]
    if not languages or next(draft.copy.within(begin, end, "path", "url"), None) is None:
        return False
    for name, value, span in languages:
        draft.put(span, **{name: value})
    act(draft, Phrase(VerbAt("translate", "translate", begin, begin), (begin, begin), (begin, end)))
    return True
