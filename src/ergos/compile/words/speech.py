"""What a clause says to do: its verbs, in English, Chinese or both, each with what stands around it.

Rules: pure; a verb counts where somebody could be told to do it, not inside a noun or a relative clause. Must not know:
triggers, consent.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.words.actions import act
from ergos.compile.words.atoms import HAN
from ergos.compile.words.draft import Draft
from ergos.compile.words.events import EVENT
from ergos.compile.words.output import form_of
from ergos.compile.words.phrases import Phrase
from ergos.compile.words.verbs import EN_STRONG, NOUN_TOO, VerbAt, any_english, english_at, han_verbs

VERBS_MAX: Final = 12  # verbs of one clause


def has_address(draft: Draft, start: int, end: int) -> bool:
    """Whether an address stands in a stretch."""
    return next(draft.copy.within(start, end, "url", "path", "mail"), None) is not None


def main_english(text: str, at: int, end: int, *, strong: bool = False) -> int:
    """Where the main clause begins behind a subordinate one that no comma ends."""
    event = EVENT.search(text, at, end)
    from_ = event.end() if event else at + 1
    for match in re.compile(r"(?<![\w'-])[A-Za-z]|[\u3400-\u9fff]+").finditer(text, from_, end):
        if HAN.match(match[0]):
            verbs = han_verbs(text, match.start(), end)
            return verbs[0].start if verbs else end
        verb = english_at(text, match.start(), end)
        if (
            verb is not None
            and (strong is False or verb.form in EN_STRONG)
            and text[verb.start : verb.end].lower() == verb.form
            and not re.search(
                r"\b(?:to|is|are|was|be|and|or|of|the|a|an|can|will|my|our|your|their|his|her|this|that|each|any"
                r"|no|for|with|from|in|on|at|by|not|price|who|which|research|if|s)\s+\Z",
                text[max(at, verb.start - 8) : verb.start],
                re.IGNORECASE,
            )
        ):
            return verb.start
        if DESTINED.match(text, match.start(), end):
            return match.start()
        if re.compile(r"ask (?:me|before|first)|check with me|never|do not|don't|let me").match(
            text, match.start(), end
        ):
            return match.start()
    return end


DESTINED: Final = re.compile(
    r"(?:should|must|shall|has to|have to|needs? to|ought to|is to|are to)\s+(?:all |also |always "
    r"|then )?(?:end up|go|come|land|wind up"
    r"|live|appear|be(?! \w{2,}(?:ed|nt|ept|ut|en|wn)\b))\b|(?:goes|belongs)\s+(?:\w+ ){0,3}?(?:to|into|in"
    r"|under|onto)\b"
    r"|(?:i|we)(?:'d| would)? (?:want|need|like|expect)\b|(?:i|we) (?:must|need to|want to|should|have to"
    r"|'d like to|would like to) (?:know|hear|be told|see)\b",
    re.IGNORECASE,
)


def read_actions(draft: Draft, begin: int, end: int) -> bool:
    """Everything that a clause says to do."""
    text = draft.copy.text
    head = english_at(text, begin, end, opening=True)
    verbs = _verbs_of(draft, begin, end, head)
    if not verbs and _HANDED.search(text[begin:end]):
        act(draft, Phrase(VerbAt("notify", "be told", begin, end), (begin, begin), (end, end)))
        return True
    if not verbs:
        return _passive(draft, begin, end) or _participle(draft, begin, end) or _question(draft, begin, end)
    low = begin
    verbs = verbs[:VERBS_MAX]
    for at, verb in enumerate(verbs):
        high = verbs[at + 1].start if at + 1 < len(verbs) else end
        act(draft, Phrase(verb, (low, verb.start), (verb.end, high)))
        low = high
    if _FOR_ME.search(text[begin:end]) and draft.actions and draft.actions[-1].value.verb not in {"notify", "send"}:
        act(draft, Phrase(VerbAt("notify", "告诉", end, end, han=True), (end, end), (end, end)))
    return True


_FOR_ME: Final = re.compile(r"[\u3400-\u9fff](?:给|发)我\Z")
_NOUN_GAP: Final = re.compile(r"(?:[\u3400-\u9fff\d\s]|[\ue005\ue006]){0,14}")

_PARTICIPLE: Final = re.compile(
    r"(?P<write>saved|stored|written|put|exported|kept|filed)|(?P<send>sent|mailed|e-?mailed"
    r"|delivered|forwarded)|(?P<post>posted|shared)|(?P<publish>published)|(?P<append>appended|added"
    r"|logged|recorded)",
    re.IGNORECASE,
)

_QUESTION: Final = re.compile(r"(?:what(?:'s|s| is| are| was)|how (?:much|many)|which|who)\b", re.IGNORECASE)

_SPOKEN_OF: Final = re.compile(
    r"\b(?:i|we|they|he|she|you|who|which|that|is|are|was|were|has|have|don't|not|it)\s*\Z|\b(?:i am"
    r"|i'm|this is|there is|there are|my \w+ (?:puts|is|has))\b",
    re.IGNORECASE,
)

_SUBJECT: Final = re.compile(
    r"(?:(?!please|also|then|just|always|never)[A-Za-z'-]+\s+){0,3}(?!always|hours|days|times|mornings|evenings"
    r"|mondays)[A-Za-z]+s\s+",
    re.IGNORECASE,
)
"""As in "Patients write to …": what others do is no command."""
_CUT_OF: Final = re.compile(r"(?:并且?|然后|再|和|，|,|、|后|来|去|\band\b|\bthen\b)\s*\Z")


def _verbs_of(draft: Draft, begin: int, end: int, head: VerbAt | None) -> list[VerbAt]:
    text = draft.copy.text
    if not HAN.search(text, begin, end):
        if head is None:
            main = main_english(text, begin - 1, end, strong=True)
            spoken = _SPOKEN_OF.search(text, begin, main) or _SUBJECT.fullmatch(text, begin, main)
            head = english_at(text, main, end) if main < end and not spoken else None
        return [head] if head is not None else []
    found: list[VerbAt] = [head] if head is not None else []
    for verb in han_verbs(text, head.end if head else begin, end):
        tail = text[verb.end : verb.end + 2]
        if tail[:1] == "的" and not re.search(r"(?:提取|总结)\Z", verb.form) and verb.end < end - 1:
            continue
        if (
            found
            and verb.form in {"看", "读", "查", "选", "写", "做", "记录", "出", "列"}
            and verb.start - found[-1].end <= 1
            and not _CUT_OF.search(text[begin : verb.start])
        ):
            continue
        if (
            found
            and verb.form in NOUN_TOO
            and found[-1].verb in {"brief", "send", "notify"}
            and _NOUN_GAP.fullmatch(text, found[-1].end, verb.start)
        ):
            continue
        if (
            found
            and found[-1].verb in {"notify", "ask"}
            and not _CUT_OF.search(text[begin : verb.start])
            and "我" in text[found[-1].end - 1 : verb.start]
            and verb.verb not in {"send", "append", "write", "post", "publish"}
        ):
            continue
        if re.match(r"(?:我)?看", text[verb.end : verb.end + 2]) and verb.verb == "notify":
            found.append(verb)
            break
        found.append(verb)
    return found


_KNOWING: Final = re.compile(
    r"\W*(?:and |so |then |please |also )*(?:i|we)(?:'d| would|'ll| will)? (?:must|need to|want to|should"
    r"|have to|like to"
    r"|love to|got? to|'ve got to)? ?(?:know|hear|find out|see it|be (?:told|notified|informed|alerted|pinged|warned)"
    r"|get (?:told|pinged|notified|an? (?:\w+ )?(?:message|note|mail|e-?mail|text|ping|alert|word|warning"
    r"|heads-?up|call"
    r"|notification)))\b|\W*(?:and |so |then |please )*(?:i|we)(?:'d| would)? (?:want|need|like|expect) (?:an?"
    r"|some) (?:\w+ )?(?:warning|alert|notification|ping|heads-?up"
    r"|reminder|message|call|text|note to me)\b|\W*(?:and )?(?:i|we) (?:got|get|am|were|was) (?:told|notified"
    r"|informed|alerted|pinged|warned)\b"
    r"|\W*(?:and )?(?:to|for) (?:me|us)(?: please)?\W*\Z|\W*(?:and )?(?:an? )?(?:quick |short )?(?:heads-?up"
    r"|ping|shout|nudge|word|notification|alert|message|note|text)"
    r"(?: (?:to|for) (?:me|us))?(?: please)?\W*\Z",
    re.IGNORECASE,
)


def read_knowing(draft: Draft, start: int, end: int) -> bool:
    """As in "I must know at once", "a ping to me": its owner is told."""
    match = _KNOWING.match(draft.copy.text, start, end)
    if match is None:
        return False
    act(draft, Phrase(VerbAt("notify", "be told", start, match.end()), (start, start), (match.end(), end)))
    return True


def _passive(draft: Draft, begin: int, end: int) -> bool:
    """As in "new files should be copied to a/, and the fields x and y added to b.csv"."""
    text = draft.copy.text
    if not BE_DONE.search(text, begin, end):
        return False
    low = at = begin
    found: list[tuple[VerbAt, int]] = []
    while (verb := any_english(text, at, end)) and len(found) < VERBS_MAX:
        at = verb.end
        if _DONE_TO.match(text, at, end) and text[verb.end - 1].lower() in "dnt":
            found.append((verb, low))
            low = at
    for place, (verb, start) in enumerate(found):
        high = end
        if place + 1 < len(found):
            divided = _AND.search(text, verb.end, found[place + 1][0].start)
            high = divided.start() if divided else found[place + 1][0].start
        before = start if not place else next((one.end() for one in _AND.finditer(text, start, verb.start)), start)
        act(draft, Phrase(verb, (before, verb.start), (verb.end, high), passive=True))
    return bool(found)


BE_DONE: Final = re.compile(
    r"\b(?:should|must|shall|is to|are to|has to|have to|needs? to|ought to|to|will|can) (?:all |also |always "
    r"|then )?be\b|\badded to\b",
    re.IGNORECASE,
)
_DONE_TO: Final = re.compile(r"\s+(?:to|into|in|by|under|from|as|on|at)\b|\s*\Z|\s*[,.]", re.IGNORECASE)
_AND: Final = re.compile(r"\band\b|,", re.IGNORECASE)


def _participle(draft: Draft, begin: int, end: int) -> bool:
    """As in "…, saved under a.md": what becomes of the result."""
    match = _PARTICIPLE.match(draft.copy.text, begin, end)
    if match is None or not match.lastgroup or not has_address(draft, begin, end):
        return False
    form = {"write": "save", "send": "send", "post": "share", "publish": "publish", "append": "append"}[match.lastgroup]
    head = english_at(form, 0, len(form), opening=True)
    if head is not None:
        act(draft, Phrase(VerbAt(head.verb, form, begin, match.end()), (begin, begin), (match.end(), end)))
    return head is not None


def _question(draft: Draft, begin: int, end: int) -> bool:
    """As in "What's the total of column net in q3.csv?": it is worked out."""
    text = draft.copy.text
    asked = _QUESTION.match(text, begin, end)
    if asked is None or not has_address(draft, begin, end):
        return False
    worked = re.search(
        r"\b(?:total|sum|average|mean|number|count|how many|how much|maximum|minimum|highest|lowest)\b",
        text[begin:end],
        re.IGNORECASE,
    )
    verb = VerbAt("compute", "compute", begin, asked.end()) if worked else VerbAt("notify", "tell", begin, asked.end())
    act(draft, Phrase(verb, (begin, begin), (asked.end(), end)))
    return True


_PIECES: Final = re.compile(
    r"(?:the |an? |one |two |three |four |five |a few |some |\d+ |short |brief |quick |half a )*(?:paragraphs?"
    r"|sentences?|lines|bullets?|bullet points?|blurb"
    r"|headlines?|rundown|round-?up|recap|gist|highlights|key points|takeaways|lowdown|write-?up)\s+(?:about|on"
    r"|of|from|for|with|covering)\b"
    r"|(?:[一两二三几]|\d+)(?:句话|段话|条要点|个要点)",
    re.IGNORECASE,
)
_HANDED: Final = re.compile(
    r"\b(?:it|them|that|this|these|those|the results?|the answer|the outcome) (?:over |on |back )?to (?:me|us)\W*\Z",
    re.IGNORECASE,
)


def read_wanted(draft: Draft, begin: int, end: int) -> bool:
    """As in "a digest of my mail", 日报一份: the result is named, and nothing else."""
    text = draft.copy.text
    if _PIECES.match(text, begin, end) and (
        has_address(draft, begin, end) or draft.sources or draft.triggers or draft.scheduled
    ):
        act(draft, Phrase(VerbAt("summarise", "summarise", begin, begin), (begin, begin), (begin, end)))
        return True
    form = form_of(text, begin, end, made=True)
    if re.search(r"\breminders?\b|提醒$", text[begin:end], re.IGNORECASE):
        act(draft, Phrase(VerbAt("notify", "remind", begin, begin), (begin, begin), (begin, begin)))
        return True
    if not form and re.search(r"\btranslations?\b", text[begin:end], re.IGNORECASE):
        form = "page"
        act(draft, Phrase(VerbAt("translate", "translate", begin, begin), (begin, begin), (begin, end)))
        return True
    if (
        not form
        or form in {"mail", "page"}
        or re.search(r"\b(?:is|are|was|have|has|am|lives?|sits?|stands?)\b", text[begin:end])
    ):
        return False
    verb = (
        VerbAt("translate", "translate", begin, begin)
        if re.search(r"\btranslations?\b|翻译", text[begin:end])
        else VerbAt("brief", "make", begin, begin)
    )
    act(draft, Phrase(verb, (begin, begin), (begin, end)))
    return True
