"""Gates: every way an owner says that somebody has to agree first, and the net that lets none of them fall.

A gate is somebody of the owner's side, a word of assent, and an order in time: "hold it for my okay", 等我点头再发.
What names one and was read as nothing else is kept as the strictest wish: asked before anything.

Rules: pure, linear; a gate is never lost; too strict is a fault, too lax a breach. Must not know: how actions are read.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import ApprovalSaid, Span
from ergos.compile.words.clauses import sentences
from ergos.compile.words.draft import Draft

GATE_CHARS_MAX: Final = 2_000  # characters of a stretch that is looked at in one go; a gate is short
GATE_OVERLAP: Final = 200  # characters that two such stretches share
LEAD_CHARS_MAX: Final = 5  # characters before a Chinese gate that begins its clause
_ADDRESS: Final = re.compile("[\ue001-\ue004]")
GAP_CHARS_MAX: Final = 24  # characters between what joins a gate and the gate: "but you will need the …"
_BESIDE: Final = re.compile("[\ue001-\ue004]|\\bif\\b|\\d|如果|要是|超过", re.IGNORECASE)
"""What makes a clause more than a gate: an address, a condition, an amount."""
_NOUN: Final = (
    r"(?:approvals?|permission|consent|ok|okay|o\.k\.|nod|say-so|say so|blessing|go-?ahead|green light"
    r"|sign-?off|thumbs[- ]up|confirmation|clearance|authori[sz]ation|agreement|assent|signature|all-clear"
    r"|(?:last |final )?(?:word|say|decision)|(?:last |final )(?:look|check|review)|okays?|verdict|blessings|yes)"
)
_STRONG: Final = (
    r"(?:approved?|approves|confirm(?:s|ed)?|sign(?:s|ed)?(?: it| them| that| this)? off|sign-?off|okay(?:s|ed)?"
    r"|ok(?:'d|ed)?|nod(?:s|ded)?"
    r"|agreed?|agrees|authori[sz]e[sd]?|clear(?:s|ed)|clear (?:it|them|this|that|each|every)|vet(?:s|ted)?"
    r"|green-?light(?:s|ed)?|greenlit|consent(?:s|ed)?|bless(?:es|ed)?"
    r"|say (?:so|yes|ok|okay|go)|says (?:so|yes|ok|okay|go)|said (?:so|yes|ok|okay|go)|give[ns]? (?:it |you "
    r"|them )?(?:the |a |my |your )?(?:ok|okay|nod|go|green light"
    r"|all-clear|thumbs[- ]up|go-?ahead|blessing|word)|gave (?:it |you )?(?:the |a |my )?(?:ok|okay|nod|go|green light"
    r"|all-clear|thumbs[- ]up|go-?ahead|blessing|word)|sign (?:it|them|each|every))"
)
_LOOKS: Final = (
    r"(?:eyeball(?:ed)?|look(?:ed)?(?: it| them)? (?:over|at|through)|take a look|have a look|had a look|taken? a look"
    r"|review(?:ed|s)?|check(?:ed|s)?|double-check(?:ed|s)?|proofread|inspect(?:ed|s)?|go over|gone over|went over"
    r"|read(?: (?:it|them|through))?|see|seen|saw|verif(?:y|ied)|edit(?:ed)?|weigh(?:ed)? in|be (?:asked"
    r"|consulted)|been asked|replied|reply|answer(?:ed)?)"
)
_SIDE: Final = (
    r"(?:I|we|me|us|a human|humans?|a person|somebody|someone|the owner|(?:my|the|our) (?:boss|manager|editor"
    r"|supervisor|partner|wife|husband|lawyer|accountant|foreman|chef|director|head \w+|team lead|lead))"
)
_MODAL: Final = (
    r"(?:(?:'ve|'d|'ll| have| has| had| will| would| must| want| wants| need| needs| should| always| first| myself"
    r"| personally| like| love| rather| prefer| to| can| could| get| gets| got| a chance| the chance|"
    r" actually| explicitly| also| do| haven't| hasn't| have not| don't| didn't)){0,6}"
)
_STRONG_EN: Final = re.compile(
    rf"\b(?:my|our|mine|human|manual|(?:a|the|some) (?:human|person|owner)'s|from me|by me"
    rf"|[A-Z][a-z]+'s)(?: \w+)?? {_NOUN}\b"
    rf"|\b{_NOUN} (?:from|by|of) (?:me|us|[A-Z][a-z]+|(?:my|the|our) \w+|a human)\b"
    rf"|\b(?:the )?(?:last|final) (?:word|say|call|decision) (?:is|stays|rests|remains)? ?(?:mine|with me|to me)\b"
    rf"|\b(?:I|we) (?:want|get|keep|have|need|reserve|make|take)(?: to have)? the (?:last|final) (?:word|say|call"
    rf"|decision|check|look)\b"
    rf"|\b(?:thumbs[- ]up|green light|go-?ahead|all-clear)\b|\bhuman[- ]in[- ]the[- ]loop\b|\b(?:human"
    rf"|person) in the loop\b"
    rf"|\b(?:past|by|through|with|to) me (?:first|before|beforehand|every time|each time|prior)\b|\b(?:past"
    rf"|by) me\b(?=\s*(?:[,.;!]|$))"
    rf"|\b(?:wait|waits|waiting|hold|holds|holding|park|parks|parked|pause|pauses|held|sit|sits|stays? (?:put"
    rf"|in draft)|keep it)"
    rf"(?: \w+){{0,5}} (?:for|until|till|pending|unless) (?:(?:I|we|me|us)\b|my\b|our\b|an? (?:ok|okay|approval"
    rf"|answer|human)|approval|confirmation|sign-?off)"
    rf"|\b(?:nothing|never|no \w+|don't|do not|not)\b[^.;]{{0,40}}\b(?:without|unless|until|till) (?:me\b|my\b|I\b"
    rf"|we\b|our\b|approval|permission|an ok|asking|checking|consulting|clearing)"
    rf"|\b(?:once|when|if|unless|until|till|after|only if|only when|only once) (?:it(?:'s| is| has been)? "
    rf"|they are |this is |that is )?(?:approved|signed off|cleared|authori[sz]ed|okayed|green-?lit)\b"
    rf"|\b(?:must|should|shall|has to|have to|needs? to|to) be (?:approved|signed off|confirmed|authori[sz]ed"
    rf"|cleared|vetted|okayed|countersigned)\b"
    rf"|\b(?:after|upon|pending|subject to|requires?|needs?|with|without|awaits?) (?:an? |the |prior |explicit "
    rf"|human |manual |written )*(?:approval|sign-?off|authori[sz]ation|go-?ahead|clearance)\b"
    rf"|\bI(?:'ll| will| want to| would like to|'d like to| have to| must)? (?:be the one|decide|make the call"
    rf"|hit send|press send|pull the trigger|have to agree)\b"
    rf"|\b(?:don't|do not|never|not)\b[^.;]{{0,30}}\b(?:on your own|by yourself|on its own|by itself"
    rf"|off your own bat|unprompted|unsupervised|unattended|behind my back|unilaterally)\b"
    rf"|\b(?:clear|check|run|agree|confirm|align|discuss|settle|show|pass|verify|square)(?:s"
    rf"|ing)?(?: \w+){{0,3}}? (?:with|by|past|to) (?:\w+ ){{1,3}}?(?:first|before|beforehand|prior|in advance)\b"
    rf"|\bunless (?:I|we|anyone|anybody|somebody|someone|[A-Z]\w+) (?:objects?|vetoe?s?|says? (?:no|stop|otherwise)"
    rf"|complains?|disagrees?|stops? (?:it|you)|tells? you not)\b|\bveto\b"
    rf"|\b(?:if|provided|as long as) (?:I|we) (?:don't|do not|haven't) (?:object|veto|complain|say no)"
    rf"|\bif (?:nobody|no one) objects\b"
    rf"|\b(?:wait|hold|until|till|after|once|unless|pending|without|upon)\b[^.;]{{0,30}}\b(?:my"
    rf"|our) (?:\w+ )?(?:reply|answer|response|feedback|signal|cue|instructions?|stamp|comments?|call)\b"
    rf"|\brun(?:ning|s)? (?:it|them|that|this|everything|each \w+|every \w+) (?:by|past) (?:me|us)\b"
    rf"|\b(?<!you )(?<!it )(?<!agent )(?:has|have|needs?|ought|must|should)(?: to)? (?:first )?(?:{_LOOKS}"
    rf"|{_STRONG})\b[^.;]{{0,30}}\b(?:before|first|prior)\b"
    rf"|\b{_SIDE}{_MODAL} {_STRONG}\b",
    re.IGNORECASE,
)
_WEAK_EN: Final = re.compile(rf"(?<!before )(?<!that )(?<!so )\b{_SIDE}{_MODAL} {_LOOKS}\b", re.IGNORECASE)
_ORDER_EN: Final = re.compile(
    r"\b(?:beforehand|first(?! thing)|until|till|unless|once|without|prior|ahead of|pending|wait|hold"
    r"|only (?:after|when|once|if)|before(?! I\b))\b",
    re.IGNORECASE,
)
_MINE_ZH: Final = r"(?:我们?|本人|俺|咱)"
_ROLE_ZH: Final = r"(?:人工|真人|专人|老板|经理|主管|领导|负责人|上级|店长|主编|导师|财务|法务|班长|院长|校长|组长)"
_ASSENT_ZH: Final = (
    r"(?:同意|批准|许可|允许|点头|点了头|首肯|审批|审核|复核|审阅|过目|拍板|签字|放行|授权|核准|把关|发话|松口"
    r"|定夺|确认|认可"
    r"|核实|批示|签批|盖章|审定|审过|过审|敲定|看过|看完|批了|发了话|说了算)"
)
_LOOKS_ZH: Final = (
    r"(?:看一?[看眼下遍]|看了|瞄一?[眼下]|瞧一?[瞧眼下]|瞅一?[瞅眼下]|扫一眼|过一?[遍下眼]|检查|核对|校对"
    r"|审一?[下审]|读一遍|改一?[下改遍]|定|把一下关"
    r"|(?i:ok)|说行|说可以|说好|说发|回复|回话|答复|吭声|吱声|表态)"
)
_ZH: Final = re.compile(
    rf"(?:未经|没有?|没得到|没拿到|得到|拿到|获得|征得|取得|经过?|等|等到|待|须|需|需要|必须|得|要|由|交由?|让|请"
    rf"|凡|都|一律|先|拿给|交给|(?<![发送寄])给|除非|只有|须经|需经|应|应由)"
    rf"[^，。；,;\n]{{0,4}}?(?:{_MINE_ZH}|{_ROLE_ZH})(?:的|来|亲自|自己|本人|先|都|再|点个|点|明确|书面|这边"
    rf"|最后){{0,3}}{_ASSENT_ZH}"
    rf"|{_MINE_ZH}(?:的|来|亲自|自己|先|都|要|得|必须|须|没有?|不|还没|一?旦|最后|再|明确){{0,3}}{_ASSENT_ZH}(?:了"
    rf"|过|通过|完|之)*(?:之?后|以后|才|再|前|就别|的?话|，?(?:不要|别|不许|不得|不准|不能|就不))"
    rf"|{_MINE_ZH}(?:没有?|不|还没)(?:{_ASSENT_ZH}|{_LOOKS_ZH}|说)[^。；;\n]{{0,8}}(?:别|不要|不许|不得|不准|不能"
    rf"|不可|一律不)"
    rf"|{_ROLE_ZH}(?:的|来|亲自|先|都|要|得|必须|须|没有?|不|还没|最后){{0,3}}{_ASSENT_ZH}(?:了|过|通过|完"
    rf"|之)*(?:之?后|以后|才|再|前|就别)"
    rf"|(?:先|得|要|必须|须|都)(?:先)?(?:经过?|通过|过)我(?:这一?关|这里|这边|的手|手|同意)?"
    rf"|(?:先|必须|得|须|要)(?:让|给|请|由|交|经|拿给|发给)[^，。；,;\n]{{1,6}}?{_ASSENT_ZH}"
    rf"|(?:{_MINE_ZH}|没人|无人|大家)(?:都)?(?:不|没|没有|未|无)(?:反对|异议|意见|否决|表示反对)"
    rf"|(?:等|待|听)(?:到|着)?{_MINE_ZH}(?:的)?(?:一句话|消息|回音|信儿?|通知|电话|答复|回复|指示|命令|口令|话|回话)"
    rf"|(?:没|不|未|没有|先|必须|得|要)(?:先)?(?:跟|和|向|给|同|与){_MINE_ZH}(?:打个?招呼|说|商量|通个?气|报备|汇报"
    rf"|请示|核对|确认|对一下)"
    rf"|(?:主编|老板|经理|店长|编辑|班长|负责人)?[（(]?(?:就是)?我[)）]?(?:要|得|必须|须)(?:先)?{_ASSENT_ZH}"
    rf"|(?:得|须|必须|需|需要|要|要有|前提是|除非|只有|凡|等)[^，。；,;\n]{{0,8}}?(?:同意|批准|许可|点头|点过头"
    rf"|放行|签字|审批|过目|拍板|首肯|授权)"
    rf"|(?:得|须|必须|需要|要|要有|前提是|先)[^，。；,;\n]{{0,8}}?(?:审核|复核|校对|核对|审阅|检查|把关|看)(?:过"
    rf"|通过|完|无误)"
    rf"|{_MINE_ZH}(?:点过头|首肯过|放行过|批过)"
    rf"|人工(?:审核|审批|复核|确认|把关|核对|检查|审查)"
    rf"|(?:让|给|由|经|交|拿给)[^，。；,;\n]{{0,2}}{_MINE_ZH}(?:先|再|来|亲自|自己|这边|也"
    rf"|都){{0,2}}{_LOOKS_ZH}(?=[^。；;\n]{{0,12}}(?:再|才|后))"
    rf"|(?:等|等到|待|先|再)[^，。；,;\n]{{0,4}}{_MINE_ZH}(?:先|再|来|亲自|自己|这边|也|都){{0,2}}{_LOOKS_ZH}"
    rf"(?=[^。；;\n]{{0,12}}(?:再|才|后|$|[，。；,;\n]))(?<!给我定)"
    rf"|{_MINE_ZH}(?:先|再|来|亲自|都|要|得|必须|须){{1,3}}{_LOOKS_ZH}"
    rf"|{_MINE_ZH}{_LOOKS_ZH}(?:了|过|完)*(?:没问题)?(?:之?后|以后|才|再)"
    rf"|(?:发送?|发布|发出去?|删除?|提交|付款?|下单|推送|上线|修改|改动?|动手|执行|转账|群发|寄出?|出手"
    rf"|操作)[^，。；,;\n]{{0,6}}(?:之前|以前|前)"
    rf"[^，。；,;\n]{{0,6}}?(?:跟|和|向|给|让|告诉|知会|通知|与|问|叫|找|经|由){_MINE_ZH}"
    rf"|(?:不要|不得|别|不许|不能|不准|不可|切勿|禁止|勿|绝不)(?:擅自|私自|自作主张|自行|先斩后奏|自己做主|自己决定)"
    rf"|(?:最后|最终|一律|都|凡事|还是|要)(?:由|归|让)?{_MINE_ZH}(?:来)?(?:说了算|决定|定夺|拍板|做主|定)"
    rf"|(?:需|须|必须|应|要)(?:经|有|先)?(?:审批|批准|授权|审核通过)"
)
_NONE: Final = re.compile(
    r"\b(?:no (?:\w+ )?(?:approvals?|confirmations?|sign-?offs?|permission) (?:is |are )?(?:needed|required|necessary)"
    r"|(?:do not|don't|doesn't|needn't|never) (?:need|have|require|wait for"
    r"|bother with)(?: to)?(?: \w+)?? (?:approvals?|my|our|ask|confirmation|permission|me)"
    r"|(?<!not )without (?:asking|waiting for|needing) (?:me|my|for)|no need (?:to|for))\b"
    r"|(?:不用|无需|无须|不必|不需要|用不着|省得)[^，。；,;\n]{0,6}(?:我|审|批|确认|同意|过目|请示|问)",
    re.IGNORECASE,
)
_QUESTION_OF: Final = re.compile(
    r"\b(?:which|what|who|whether|how) (?:I|we)\b|\bthat (?:I|we)(?: have|'ve)? (?:already )?(?:approved|confirmed"
    r"|signed|okayed|cleared)\b|我(?:已经?)?(?:确认|同意|批准|审核)过?的"
)


def gate_in(text: str, start: int, end: int) -> Span | None:
    """Where a stretch says that somebody has to agree first; None: nowhere, or it says that nobody has to."""
    if _HINT.search(text, start, end) is None:
        return None
    found = _STRONG_EN.search(text, start, end) or _ZH.search(text, start, end)
    if found is None:
        found = _WEAK_EN.search(text, start, end)
        if found is not None and not _ORDER_EN.search(text, start, end):
            found = None
    if found is None or _NONE.search(text, start, end) or _QUESTION_OF.search(text, start, end):
        return None
    return found.span()


_HINT: Final = re.compile(
    r"\b(?:I|we|me|us|my|our|mine|human|person|somebody|someone|owner|manual|own|itself|yourself|approv|authori"
    r"|sign|clear"
    r"|nod|ok|okay|vet|confirm|countersign|green|thumbs|all-clear|go-?ahead|word|boss|back|un[a-z]+)|'s |我|俺|咱"
    r"|本人|先|须|要|必|得|需|前提|除非|只有|凡|等|工|人|板|理|管|导|负责"
    r"|上级|长|主编|财务|法务|批|授权|擅|私自|自|先斩",
    re.IGNORECASE,
)
"""A word without which there is no gate; looked for first because it is cheap."""
_TRAILING: Final = re.compile(
    r"\s*[,;—]\s*(?:but|and|though|yet|although|however)?\s+(?=\S)|\s+(?:but|though|although|yet)\s+"
    r"|(?:\s*,)?\s+(?:but |and )?(?:only |never |not |just )*(?:without|unless|until|till|after|once|when|pending"
    r"|subject to|with|if)\s",
    re.IGNORECASE,
)

_HELD: Final = re.compile(
    r"\W*(?:(?:and|but|also|please|so|then|you|it)\W+)*(?:(?:do|must|may|should|shall|can|will)(?: not|n't)|don't"
    r"|cannot|can't|never|no|not|nothing|nobody|hold|wait|keep"
    r"|pause|leave|park|ask|check|refrain|avoid|stop)\b",
    re.IGNORECASE,
)
"""What holds back by itself: it and the gate are one wish."""


def gate_behind(text: str, start: int, end: int) -> int:
    """Where a gate begins that follows what it is about: 'mail it, not without my say-so'; `end`: nowhere."""
    if end - start > GATE_CHARS_MAX or _HINT.search(text, start, end) is None:
        return end
    if _HELD.match(text, start, end):
        return end
    for match in _TRAILING.finditer(text, start + 1, end):
        gate = gate_in(text, match.start(), end)
        if gate is not None and gate[0] - match.end() < GAP_CHARS_MAX:
            return match.start()
    return end


def is_gate(text: str, start: int, end: int) -> bool:
    """Whether a clause is a gate and nothing else: it begins with one and names no address."""
    if (
        end - start > GATE_CHARS_MAX
        or _HINT.search(text, start, end) is None
        or _BESIDE.search(text, start, end)
        or gate_in(text, start, end) is None
    ):
        return False
    gate = _ZH.search(text, start, end) or _STRONG_EN.search(text, start, end)
    return gate is not None and gate.start() - start < (LEAD_CHARS_MAX if gate.re is _ZH else 3 * LEAD_CHARS_MAX)


_UNLESS: Final = re.compile(r"\W*(?:没|未|不经|除非|without\b|unless\b|until\b)", re.IGNORECASE)
_FORBIDS: Final = re.compile(
    r"不许|不准|不要|不得|不能|不可|别|禁止|\b(?:nothing|never|no|not|don't|nobody)\b", re.IGNORECASE
)
_PIECE: Final = re.compile(r"[^，,；;。\n]+")


def with_gates_whole(text: str, found: list[Span]) -> list[Span]:
    """The clauses of a sentence, with those joined again that are one Chinese gate: 我过目 + 后再发."""
    if (
        not found
        or found[-1][1] - found[0][0] > GATE_CHARS_MAX
        or _HINT.search(text, found[0][0], found[-1][1]) is None
    ):
        return found
    joined: list[Span] = []
    gates = [
        piece.span()
        for piece in _PIECE.finditer(text, found[0][0], found[-1][1])
        if (gate := _ZH.search(text, *piece.span())) is not None
        and gate.start() - piece.start() < LEAD_CHARS_MAX
        and _ADDRESS.search(text, *piece.span()) is None
    ]
    for start, end in found:
        whole = next((one for one in gates if one[0] <= start and end <= one[1]), None)
        if joined and (
            (whole is not None and whole[0] <= joined[-1][0])
            or (_UNLESS.match(text, *joined[-1]) and is_gate(text, *joined[-1]) and _FORBIDS.search(text, start, end))
        ):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def keep_gates(draft: Draft) -> None:
    """The net: what names a gate and was taken for something else, or nothing, is asked about before anything."""
    text = draft.copy.text
    kept = [one.span for one in draft.approvals]
    for start, end in sentences(text):
        low, gate = start, None
        while gate is None and low < end:
            gate = gate_in(text, low, min(end, low + GATE_CHARS_MAX))
            low += GATE_CHARS_MAX - GATE_OVERLAP
        if gate is not None and not any(a < end and start < b for a, b in kept):
            draft.approve(ApprovalSaid(before="anything"), (start, end))
