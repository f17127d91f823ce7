"""Where the owner wants to be asked: "ask me before publishing", 发布前问我, "only after my OK", "above 1,000 EUR".

"No approval needed" gives nothing; an approval without a verb is for what leaves or changes something. Rules: pure; an
amount without a unit is a question. Must not know: how actions are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ergos.compile.intent import ActionVerb, ApprovalSaid, Condition, Span
from ergos.compile.words.conditions import left_of, read_condition, threshold
from ergos.compile.words.draft import Draft
from ergos.compile.words.gates import gate_in
from ergos.compile.words.verbs import VerbAt, any_english, han_verbs

NEAR_CHARS_MAX: Final = 6  # characters between a condition and the wish to be asked that is under it
BARE_CHARS_MAX: Final = 4  # characters of a verb by itself, 发出去: it names what is approved, and is no further action

_NO_APPROVAL: Final = re.compile(
    r"\b(?:no (?:need to ask|approvals?|confirmations?|questions?)(?: (?:is |are )?(?:needed|required"
    r"|necessary))?|(?:do not|don't|never|needn't|without) (?:need to )?ask(?:ing)?(?: me)?(?! "
    r"(?:before|first))|no need to (?:ask|check)|you (?:need not|don't (?:need|have) to) ask|without "
    r"asking)"
    r"|(?:不用|无需|不必|不需要|别|不要|不得)(?:再)?(?:每次都?)?我?(?:问我|审批|批准|确认|征求|请示"
    r"|我同意|经过我|经我|问)",
    re.IGNORECASE,
)

_ASK_EN: Final = re.compile(
    r"\b(?:last|final) (?:word|say)\b|\bgreen light\b|\bmy (?:say-so|nod|blessing)\b|"
    r"\bask(?:s|ing)? (?:for )?(?:me|us|my (?:permission|approval|ok|okay|consent|confirmation"
    r"|go-ahead)|permission|approval|before|first|confirmation)\b|\b(?:check|clear it|verify"
    r"|confirm)(?:ing|s)? (?:with|by) me\b|\bconsult(?:ing)? me\b|\brun(?:ning)? (?:it|them|that|everything"
    r"|this) (?:by|past) me\b"
    r"|\blet me (?:first )?(?:approve|confirm|see|check|review|look|read|decide|sign|have a look)\b"
    r"|\b(?:show|send|present) (?:it |them |me |the \w+ |everything |every \w+ |each \w+ |that "
    r"){1,3}(?:to me |for approval )?(?:first|before|beforehand|for (?:approval|sign-?off"
    r"|confirmation))"
    r"|\b(?:get|gets|getting|need|needs|requires?|require|wait for|waits for|want|seek|with|without"
    r"|after|until|only after|only with|subject to|pending|upon|unless you have|has) (?:first )?(?:my"
    r"|our) (?:ok|okay|approval|permission|sign-?off|yes|consent|confirmation|go-?ahead|blessing"
    r"|explicit (?:ok|approval|consent|permission))\b"
    r"|\bI(?:'ll| will|'d like to| would like to| want to| need to| must| have to| should)? ?(?:have "
    r"to |first )?(?:approve|confirm|sign off|be asked|okay it|ok it|be consulted|review|see it|see "
    r"them|check it|say yes|decide)\b|\b(?:after|once|until|unless|when|if) I(?:'ve| have)? "
    r"(?:approved?|confirmed?|said (?:yes|ok|so)|say (?:yes|so|ok)|signed off|sign off|okayed|agreed?"
    r"|checked|seen|give the (?:ok|go-ahead))\b"
    r"|\b(?:needs?|requires?|wait for|with|subject to|only with) (?:an |the |prior )?(?:approval"
    r"|confirmation|sign-?off)\b|\bonly if I (?:approve|agree|say|confirm)|\bwith(?:out)? asking me\b"
    r"|\bapproval (?:is )?(?:needed|required)\b|\bI (?:approve|sign off|decide|confirm)\b",
    re.IGNORECASE,
)

_ASK_ZH: Final = re.compile(
    r"没有?我的?(?:允许|同意|批准|许可|点头)|"
    r"(?:先|都|再|必须|得|要|请|来|均|应|需|须|一定)*(?:问我|问一下我|问问我|问我一声|问过我|请示我"
    r"|请示|征求我|征得我|跟我确认|和我确认|与我确认|找我确认|向我确认|向我请示"
    r"|跟我说一声再)(?:的?(?:同意|意见|许可))?"
    r"|(?:先|都|再|必须|得|要|请|需|须|需要|均|应|一定要|等|让|(?<!发)给|由|经过?|待|交|拿)+(?:我|本人)(?:的"
    r"|来|先|亲自|自己|点)*(?:批准|同意|确认|审核|审批|审阅|过目|点头|看过|看一?[看下眼]|看|签字|许可"
    r"|批|授权|过一遍|审一下|审|把关|拍板|决定|定)(?:一?下|了)?"
    r"|(?:经|未经|没有|没|得到|拿到|获得|征得)(?:过)?我(?:的)?(?:同意|批准|确认|许可|授权|审核|审批)"
    r"|我(?:先)?(?:同意|批准|确认|点头|看过|审核|审批|说可以|说行|审过|批了|过目|签字)(?:了|过"
    r"|通过)?(?:之?后|以后|才|再|了)|(?:需|需要|要|须|必须)(?:人工)?(?:审批|确认|批准|审核)|先(?:确认"
    r"|审批|问)(?!.*(?:他|她))|再问|要问|都问|我要(?:过目|确认|审批|批准|看|先看|审核)",
)

_SEES: Final = re.compile("[让给](?:我|本人)看")
_ORDER_ZH: Final = re.compile("[先再才后前等]")
"""Without an order in time, 让我看看 wants to be shown something, not to be asked."""
_BEFORE_EN: Final = re.compile(
    r"\b(?:before|prior to|each time before|every time before|ahead of|until|first before)\b", re.IGNORECASE
)

_ANYTHING: Final = re.compile(
    r"\b(?:before|prior to) (?:doing |you do |changing |touching |each |every |any )?(?:anything"
    r"|everything|any (?:action|step|change)|every (?:action|step|change)|each (?:action|step|change)"
    r"|you (?:act|do anything|change anything))\b(?!\s+(?:over|above|more|costing|bigger|larger|that"
    r"|beyond|is|worth))|动任何东西|做任何(?:事|操作|动作|改动)|任何(?:操作|动作|改动|事情?)(?:之?前"
    r"|都)|每一?步(?:之?前|都)|什么事?都(?:要)?(?:先)?问|凡事|所有操作",
    re.IGNORECASE,
)

_BEFORE_ZH: Final = re.compile(r"(?P<what>[^，,。；;、]{0,16}?)(?:之前|以前|前)")

_EVERY_ZH: Final = re.compile(r"(?:每次|每一次|每条|每封|每个|每笔|每一?[条封个笔])(?P<what>[^，,。；;]{0,12})")

_NOT_ASK: Final = re.compile(
    r"\bask(?:s|ing)? (?:me|us) (?:which|what|who|whether|how|where|about|for (?!permission|approval"
    r"|my|ok))|问我(?:怎么|该|哪|什么|是否|要不要|是不是|归|属于|想|有没有|如何)",
    re.IGNORECASE,
)


def read_approval(draft: Draft, start: int, end: int) -> bool:
    """A wish to be asked."""
    text = draft.copy.text
    if _NO_APPROVAL.search(text, start, end) and not re.search(
        r"\bwithout (?:asking me|my)\b|未经", text[start:end], re.IGNORECASE
    ):
        return True
    said = _ASK_EN.search(text, start, end) or _ASK_ZH.search(text, start, end)
    if said and _SEES.match(said[0]) and not _ORDER_ZH.search(text, start, end):
        said = None
    asked = said.span() if said else gate_in(text, start, end)
    if asked is None or _NOT_ASK.search(text, start, end):
        return False
    span = (start, end)
    conditions = _limits(draft, start, end, asked)
    if _ANYTHING.search(text, start, end):
        draft.approve(ApprovalSaid(before="anything"), span)
        return True
    verb = _asked_before(draft, start, end, asked)
    near = draft.when_span is not None and start - draft.when_span[1] <= NEAR_CHARS_MAX
    if not conditions and draft.when and (verb is None or near):
        conditions = draft.when
    if verb is None and not conditions:
        verb = last_outward(draft)
        if verb is None:
            draft.approve(ApprovalSaid(before="", when=()), span)  # settled when all actions are known
            return True
    draft.approve(ApprovalSaid(before=verb or "", when=conditions), span)
    return True


def _limits(draft: Draft, start: int, end: int, asked: Span) -> tuple[Condition, ...]:
    """'above 1,000 EUR', 'if the total is over 5', 'for anything over 100'."""
    text = draft.copy.text
    found = read_condition(draft.copy, start, end)
    found = tuple(
        one
        for one in found
        if one[1] not in {"contains", "==", "!="}
        or re.search(r"\b(?:if|when|unless)\b|如果|若", text[start:end], re.IGNORECASE)
    )
    limit = threshold(draft.copy, start, end)
    if limit is None:
        return tuple(one for one in found if one[1] in {"contains", "==", "!="} and one[0])
    (_, op, right), at, stop = limit
    if not re.search(r"[A-Za-z%\u3400-\u9fff]", right):
        _unit_missing(draft, (at, stop), right)
        if not re.search(r"\b(?:if|when)\b|如果|若|当|超过|大于", text[start:at] + text[at:stop], re.IGNORECASE):
            return ()
    low = asked[1] if asked[1] <= at else start
    left = left_of(draft.copy, low, at) if low < at else ""
    left = _named(left)
    return ((left, op, right),)


_NOT_NAMED: Final = re.compile(
    r"\b(?:ask|me|before|first|for|anything|everything|whenever|if|when|approval|all|any|over|is|are"
    r"|of|my|ok|invoices?|payments?|bills?|orders?|purchases?|sending|paying|it|need|needs|sign-?off"
    r"|approve|i|to|want|be|asked|entered|costs?|which|that|are|has|than|a|an|the|more|with|items?"
    r"|what|ones?|must|have|by|up|in|worth|purchase|payment|single|every|each|upwards|shall|get|requires?|blessing)\b",
    re.IGNORECASE,
)


def _named(left: str) -> str:
    """The quantity that was named, if one was."""
    if re.search(r"[\u3400-\u9fff]", left):
        return re.sub(
            r"(?:先|都|就|请|再|但|凡是?|对于?|任何|如果|若|每[笔次条个]|所有|的|里面?|其中|中|单笔|单张|单个"
            r"|[，,、\s])",
            "",
            left,
        )
    return " ".join(_NOT_NAMED.sub(" ", left).split())


def _unit_missing(draft: Draft, span: Span, number: str) -> None:
    text = draft.copy.text
    after = text[span[1] : span[1] + 10].strip()
    counted = re.match(r"(?:[a-z]{3,}|[个条件次页字分天人份行笔度公斤吨])", after)
    if not counted:
        draft.say("C204", span, ("USD", "EUR", "CNY"), number=number)


def _asked_before(draft: Draft, start: int, end: int, asked: Span) -> ActionVerb | None:
    """The verb that the wish is about, as it is among the actions where it can be."""
    text = draft.copy.text
    before = _BEFORE_EN.search(text, start, end)
    found: VerbAt | None = None
    if before:
        found = any_english(text, before.end(), end)
        if found is None:
            noun = re.search(
                r"\b(?:calendar|appointment)|(?P<send>\bmails?|messages?)|(?P<pub>\bpublication|release)"
                r"|(?P<pay>payments?)",
                text[before.end() : end],
                re.IGNORECASE,
            )
            if noun:
                return resolved(draft, "send" if noun["send"] else "publish" if noun["pub"] else "schedule")
        if found and found.form in {"do", "act"}:
            found = None
    if found is None:
        match = _BEFORE_ZH.search(text, start, end)
        every = _EVERY_ZH.search(text, start, end)
        for one in (match, every):
            verbs = han_verbs(text, *one.span("what")) if one else []
            if verbs:
                found = verbs[-1]
                break
            if one and "加" in one["what"]:
                return resolved(draft, "append")
    if found is None and not before:
        rest = [any_english(text, start, asked[0]), *han_verbs(text, start, asked[0])]
        found = next((verb for verb in rest if verb and verb.verb in _OUTWARD), None)
    if found is None:
        without = re.search(r"\b(?:without|until|unless)\b|未经|没有?我|才能?|再", text[start:end], re.IGNORECASE)
        rest = list(_english(text, start, start + without.start())) if without else []
        after = re.search(r"(?:再|才能?|方可)(?P<what>[^，,。；;]{0,10})", text[start:end])
        rest += han_verbs(text, start + after.start("what"), start + after.end("what")) if after else []
        rest += han_verbs(text, asked[1], end) + han_verbs(text, start, asked[0]) + list(_english(text, asked[1], end))
        found = next((verb for verb in rest if verb and verb.verb in _OUTWARD), None)
    if found is None or (
        found.verb not in _OUTWARD and all(one.value.verb != found.verb for one in draft.actions[-60:])
    ):
        return None
    return resolved(draft, found.verb)


def _english(text: str, start: int, end: int) -> Iterator[VerbAt]:
    """Every English verb of a stretch, in any form."""
    while verb := any_english(text, start, end):
        yield verb
        start = verb.end


_OUTWARD: Final[tuple[ActionVerb, ...]] = (
    "publish",
    "send",
    "post",
    "delete",
    "move",
    "run",
    "schedule",
    "append",
    "write",
    "copy",
)

_KINSHIP: Final[dict[ActionVerb, tuple[ActionVerb, ...]]] = {
    "send": ("send", "post", "notify"),
    "post": ("post", "publish", "send"),
    "publish": ("publish", "post"),
    "append": ("append", "schedule", "write"),
    "write": ("write", "append"),
    "notify": ("notify", "send", "post"),
    "brief": ("brief", "write", "summarise"),
    "move": ("move", "copy"),
    "run": ("run",),
    "delete": ("delete", "move"),
}


def resolved(draft: Draft, verb: ActionVerb) -> ActionVerb:
    """The action that is meant by a verb: 'before you send it' of what is posted."""
    done = [one.value.verb for one in draft.actions[-60:]]
    if verb in done:
        return verb
    for other in _KINSHIP.get(verb, ()):
        if other in done:
            return other
    return verb


def and_then(text: str, start: int, end: int) -> int:
    """Where it is said what is done once the owner agreed: 我批准之后发布 …; `end`: nowhere."""
    asked = _ASK_ZH.search(text, start, end)
    if asked is None:
        return end
    after = re.compile(r"(?:之后|以后|后|再|才能?|方可)").search(text, max(start, asked.end() - 2), end)
    if after is None or len(text[after.end() : end].strip()) <= BARE_CHARS_MAX:
        return end
    return after.end()


def last_outward(draft: Draft) -> ActionVerb | None:
    """The last action that leaves or changes something."""
    return next((one.value.verb for one in reversed(draft.actions[-60:]) if one.value.verb in _OUTWARD), None)
